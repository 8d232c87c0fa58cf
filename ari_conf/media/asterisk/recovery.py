"""After a gap: what Asterisk has is compared with what we believe. A gap may be of the connection, or of our own life.

What ended meanwhile is told; what is there and needed goes on as it is; what nobody needs is removed.
"""

import asyncio
from collections.abc import Iterable, Mapping

import structlog

from ari_conf.media.port import KnownCall, KnownRecording

from . import leg_audio, names
from .arrivals import call_sid_of
from .bridge import destroy_unknown_bridges, list_bridges
from .call_recording import CallRecordings
from .channels import callers_among, list_channels
from .errors import AriRefusedError
from .leg import Audio, Leg
from .legs import Legs
from .link import AriLink
from .outgoing import Outgoing
from .playback import Playbacks
from .recording import Recordings
from .room import RoomMixer
from .snoops import Snoops
from .transport import JsonObject

log = structlog.get_logger(__name__)


class Recovery:
    """Each method returns the channels of callers whom nobody knows yet. Raises ``EngineError`` if Asterisk is lost."""

    def __init__(
        self,
        link: AriLink,
        legs: Legs,
        rooms: Mapping[str, RoomMixer],
        *,
        outgoing: Outgoing,
        snoops: Snoops,
        playbacks: Playbacks,
        recordings: Recordings,
        call_recordings: CallRecordings,
    ) -> None:
        self._link = link
        self._legs = legs
        self._rooms = rooms
        self._outgoing = outgoing
        self._snoops = snoops
        self._playbacks = playbacks
        self._recordings = recordings
        self._call_recordings = call_recordings
        self._known_recordings: list[tuple[KnownRecording, str]] = []

    def remember(self, calls: Iterable[KnownCall], recordings: Iterable[KnownRecording]) -> None:
        """Know calls of an earlier life of ours: those that have come, by their Call SIDs alone until they are seen."""
        for call in calls:
            if call.call_sid in self._legs.by_sid:
                continue  # this engine itself has stopped and starts again
            leg = self._outgoing.remember(call) if call.placed else Leg(call.call_sid, call.call_sid, call.answered)
            self._legs.add(_of_unknown_audio(leg))
            self._known_recordings += [(recording, call.call_sid) for recording in call.recordings]
        self._known_recordings += [(recording, "") for recording in recordings]

    async def after_start(self) -> list[JsonObject]:
        """Go on with what an earlier life of ours has left."""
        found = await list_channels(self._link)
        bridges = await self._look("ended while ari_conf was not running", found)
        await self._take_over_recordings()
        channel_ids = [channel["id"] for channel in found]
        for room in self._rooms.values():
            room.take_over(channel_ids, bridges)
        await self._compare(found, bridges)
        await self._outgoing.clear_away()
        strangers = self._strangers(found)
        for channel in strangers:
            log.info("a call from before the start is taken as if it arrived now", channel=channel["id"])
        left = [_of_unknown_audio(Leg("", one["id"], answered=True)) for one in strangers if one["state"] == "Up"]
        planned = self._planned()
        await asyncio.gather(*(self._quiet(leg, keep=leg.call_sid in planned) for leg in [*self._legs, *left]))
        return strangers

    async def after_gap(self, *, asterisk_restarted: bool) -> list[JsonObject]:
        """Go on with what was there before the connection broke."""
        found = [] if asterisk_restarted else await list_channels(self._link)
        words = "Asterisk was restarted" if asterisk_restarted else "ended while we were disconnected"
        bridges = await self._look(words, found)
        await self._recordings.compare()
        await self._compare(found, bridges)
        return self._strangers(found)

    async def _look(self, words: str, found: list[JsonObject]) -> dict[str, list[str]]:
        """Tell which calls have ended and how far others have come; return which channels are in which bridges."""
        callers = callers_among(found, self._link.address.app)
        for channel in callers:
            self._recognise(channel)
        there = {one["id"]: one for one in callers}
        there |= {one["id"]: one for one in found if one["id"] in self._outgoing.channel_ids}
        for channel_id in self._legs.by_channel.keys() - there.keys() - self._outgoing.to_be_dialled:
            self._legs.end(channel_id, words)
        self._outgoing.compare(there)
        return {bridge["id"]: bridge["channels"] for bridge in await list_bridges(self._link)}

    def _recognise(self, channel: JsonObject) -> None:
        leg = self._legs.by_sid.get(call_sid_of(channel))
        if leg is not None:
            self._legs.found(leg, channel["id"])
            leg.answered = leg.answered or channel["state"] == "Up"

    async def _take_over_recordings(self) -> None:
        known, self._known_recordings = self._known_recordings, []
        for recording, call_sid in known:
            room = self._rooms.get(recording.name)
            if room is None:
                await self._call_recordings.take_over(recording, self._legs.by_sid.get(call_sid))
            else:
                room.recording.asked = True
        for room in self._rooms.values():
            await room.recording.take_over()

    async def _compare(self, found: Iterable[JsonObject], bridges: Mapping[str, list[str]]) -> None:
        bridge_of = {channel_id: bridge_id for bridge_id, channels in bridges.items() for channel_id in channels}
        await self._snoops.compare([one["id"] for one in found if one["id"] not in self._outgoing.channel_ids], bridge_of)
        await self._playbacks.compare()
        known = {bridge_id for room in self._rooms.values() for bridge_id in room.bridge_ids}
        for leg in self._legs:
            bridge_id = bridge_of.get(leg.channel_id, "")
            leg.bridge_id = bridge_id if bridge_id in known else None
            if leg.audio is Audio.UNKNOWN and names.is_ours(self._link.address.app, bridge_id):
                leg.audio = Audio.NOTHING  # it would not have been put in otherwise
        planned = self._planned()
        for mix_sid, room in self._rooms.items():
            inside = [leg for leg in self._legs if leg.bridge_id == room.bridge.id]
            room.compare(bridges, [leg for leg in inside if planned.get(leg.call_sid, mix_sid) == mix_sid])
        await destroy_unknown_bridges(self._link, known=known)

    def _planned(self) -> dict[str, str]:
        """Return which calls are in a plan, and in that of which mix."""
        return {call_sid: mix_sid for mix_sid, room in self._rooms.items() for call_sid in room.call_sids}

    def _strangers(self, found: list[JsonObject]) -> list[JsonObject]:
        callers = callers_among(found, self._link.address.app)
        return [channel for channel in callers if channel["id"] not in self._legs.by_channel]

    async def _quiet(self, leg: Leg, *, keep: bool) -> None:
        """Stop what an earlier life of ours has left playing to a call, and more if no plan says what the call hears."""
        if leg.audio is Audio.UNKNOWN:
            await self._playbacks.stop_unknown(leg.channel_id)
        if not leg.answered or keep or leg.bridge_id is not None:
            return  # a room sees to what it is to hear
        try:
            await leg_audio.send(self._link, leg, Audio.NOTHING)
            await leg_audio.mute(self._link, leg, muted=False)
            await leg_audio.detect_talking(self._link, leg, wanted=False)
        except AriRefusedError as error:
            log.warning("what a call hears is not as it should be", channel=leg.channel_id, cause=str(error))


def _of_unknown_audio(leg: Leg) -> Leg:
    leg.audio, leg.muted, leg.detects_talking = Audio.UNKNOWN, None, None
    return leg
