"""The port ``MediaEngine`` carried out by an Asterisk."""

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import structlog

from ari_conf.conference import AudioPlan
from ari_conf.media.levels import OnLevels
from ari_conf.media.port import (
    CallGoneError,
    DigitPressed,
    EngineBack,
    EngineEvent,
    EngineLost,
    KnownCall,
    KnownRecording,
    Meter,
    OutgoingCall,
    RejectReason,
    Sound,
    SoundFile,
    TalkingChanged,
    TimedQueue,
    Track,
)

from . import jitter_buffers, leg_audio, names
from .arrivals import arrival, call_sid_of
from .call_recording import CallRecordings
from .causes import NORMAL, text_of
from .control import CallControl
from .dial_strings import DialStrings
from .errors import AriFinalError
from .jitter_buffers import JitterBuffers
from .leg import Leg
from .legs import Legs
from .levels import Levels
from .link import AriAddress, AriLink
from .outgoing import Outgoing
from .patience import Patience
from .playback import Playbacks
from .player import Player
from .recording import Recordings
from .recovery import Recovery
from .room import RoomMixer
from .snoops import Snoops
from .sounds import Sounds
from .transport import JsonObject

log = structlog.get_logger(__name__)

_SETTLE_SECONDS: Final = 5.0
"""How long ``stop`` waits for recordings that are being fetched."""

_DIAL_STRINGS: Final = DialStrings()


class AsteriskEngine:
    """Rooms on an Asterisk. One instance is one Stasis application.

    ``sounds`` is the folder of the sounds that are played, ``recordings`` the one where finished recordings are put. Asterisk
    fetches sounds from ``media_url``, where somebody serves that folder; without one it reads them in the folder itself.
    ``dial_strings`` say how numbers, names and SIP URIs are dialled there.
    """

    outlives_us = True

    def __init__(
        self,
        address: AriAddress,
        *,
        sounds: Path,
        recordings: Path,
        media_url: str = "",
        dial_strings: DialStrings = _DIAL_STRINGS,
        rest_over_websocket: bool | None = None,
    ) -> None:
        self.events: TimedQueue[EngineEvent] = TimedQueue()
        self._link = AriLink(
            address,
            on_event=self._on_event,
            on_lost=self._on_lost,
            on_back=self._on_back,
            rest_over_websocket=rest_over_websocket,
        )
        self._legs = Legs(self.events.put_nowait)
        self._rooms: dict[str, RoomMixer] = {}
        self._patience = Patience()
        self._stopped = False
        self._jitter_buffers = JitterBuffers.WORK
        self._control = CallControl(self._link, self._patience, self._legs)
        self._outgoing = Outgoing(self._link, self._patience, self._legs, dial_strings, self.events.put_nowait)
        self._playbacks = Playbacks(self._link)
        self._snoops = Snoops(self._link)
        self._recordings = Recordings(self._link, self._patience, recordings)
        self._call_recordings = CallRecordings(self._link, self._snoops, self._recordings, self.events.put_nowait)
        self._levels = Levels(self._link, self._snoops, self._legs.by_sid)
        self._sounds = Sounds(sounds, media_url)
        self._player = Player(self._link, self._patience, self._sounds, self._playbacks, self._snoops, self._rooms)

        self._recovery = Recovery(
            self._link,
            self._legs,
            self._rooms,
            outgoing=self._outgoing,
            snoops=self._snoops,
            playbacks=self._playbacks,
            recordings=self._recordings,
            call_recordings=self._call_recordings,
        )

    @property
    def version(self) -> str:
        """What the Asterisk calls its version, empty before ``start``."""
        return self._link.version

    @property
    def warnings(self) -> Sequence[str]:
        """That callers have no jitter buffers, if this Asterisk would lose voices behind them."""
        return (jitter_buffers.HARM,) if self._jitter_buffers is JitterBuffers.DO_HARM else ()

    def measure(self, meter: Meter) -> None:
        """Let ``meter``, too, be told how long requests to Asterisk take, and its events wait."""
        self._link.meters.append(meter)

    def remember(self, calls: Sequence[KnownCall], recordings: Sequence[KnownRecording] = ()) -> None:
        """Know the calls again that were up when an earlier life of the controller ended."""
        self._recovery.remember(calls, recordings)

    async def start(self) -> None:
        """Connect, go on with what an earlier life has left, and take the calls that are waiting in our application."""
        self._stopped = False
        self._sounds.prepare()
        self._recordings.prepare()
        await self._link.connect()
        try:
            await self._look_for_jitter_buffers()
            callers = await self._recovery.after_start()
        except BaseException:
            await self._link.close()
            raise
        for channel in callers:
            self._on_stasis_start(channel)
        self._go_on()
        self._link.keep()

    async def stop(self) -> None:
        """Disconnect; bridges and channels stay as they are. What has been recorded is fetched before."""
        self._stopped = True
        await asyncio.gather(*(room.stop() for room in self._rooms.values()))
        await self._recordings.settle(_SETTLE_SECONDS)
        await self._levels.stop()
        await self._outgoing.stop()
        await self._snoops.settled()
        await self._link.close()
        self._patience.lost(final=False)

    async def place(self, call: OutgoingCall) -> None:
        """Begin to call somebody."""
        await self._outgoing.place(call)

    async def ring(self, call_sid: str) -> None:
        """Let a caller hear that it rings."""
        await self._control.ring(self._legs.get(call_sid))

    async def answer(self, call_sid: str) -> None:
        """Answer the call."""
        await self._control.answer(self._legs.get(call_sid))

    async def reject(self, call_sid: str, reason: RejectReason) -> None:
        """Turn the call down with the SIP status that belongs to ``reason``."""
        await self._control.reject(self._legs.get(call_sid), reason)

    async def hang_up(self, call_sid: str) -> None:
        """End the call, if there still is one."""
        with contextlib.suppress(CallGoneError):
            await self._control.hang_up(self._legs.get(call_sid))

    async def send_digits(self, call_sid: str, digits: str) -> None:
        """Press keys at a call's other side."""
        await self._control.send_digits(self._legs.get(call_sid), digits)

    async def detect_talking(self, call_sid: str, *, wanted: bool) -> None:
        """Have it told when somebody outside the mixes talks."""
        await self._player.settled(leg := self._legs.get(call_sid))
        if not self._player.is_to_be_in_mix(leg):
            await self._patience.until_done(lambda: leg_audio.detect_talking(self._link, leg, wanted=wanted))
            self._legs.get(call_sid)

    async def play(self, call_sid: str, sound: Sound | SoundFile) -> None:
        """Play to a call that is in no mix; return when it has been played, or the call goes into one."""
        await self._player.to_call(self._legs.get(call_sid), sound)

    async def play_to_participant(self, call_sid: str, sound: SoundFile) -> None:
        """Play to one participant over what it hears in the mix; return when it has been played, or the call leaves the mix."""
        await self._player.to_participant(self._legs.get(call_sid), sound)

    async def play_to_room(self, mix_sid: str, sound: Sound | SoundFile) -> None:
        """Play to everybody in a room's mix, coaches included."""
        room = self._rooms.get(mix_sid)
        if room is not None:
            await self._player.to_room(room, sound)

    async def set_jitter_buffer(self, call_sid: str, milliseconds: int) -> None:
        """Smooth what comes from a caller, if this Asterisk can."""
        leg = self._legs.get(call_sid)
        if self._jitter_buffers is JitterBuffers.WORK or not milliseconds:
            await self._patience.until_done(lambda: leg_audio.set_jitter_buffer(self._link, leg, milliseconds))
        self._legs.get(call_sid)

    async def record(self, call_sid: str, name: str, *, track: Track = Track.BOTH, dual: bool = False) -> None:
        """Record a call; ``name`` may have letters, digits, ``.``, ``_`` and ``-``."""
        leg = self._legs.get(call_sid)
        await self._patience.until_done(lambda: self._call_recordings.start(leg, name, track=track, dual=dual))

    async def pause_recording(self, name: str) -> None:
        """Record nothing of a call from now on."""
        await self._patience.until_done(lambda: self._call_recordings.pause(name))

    async def resume_recording(self, name: str) -> None:
        """Go on with the recording of a call."""
        await self._patience.until_done(lambda: self._call_recordings.resume(name))

    async def stop_recording(self, name: str) -> None:
        """End the recording of a call."""
        await self._patience.until_done(lambda: self._call_recordings.stop(name))

    def watch_levels(self, call_sids: Collection[str], on_levels: OnLevels) -> None:
        """Have it told how loud these calls speak, the first 25 of them."""
        self._levels.watch(call_sids, on_levels)

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":
        """Make the audio of one room what ``plan`` says."""
        if self._stopped:
            return asyncio.get_running_loop().create_future()
        for sid in [sid for sid, room in self._rooms.items() if room.idle]:
            del self._rooms[sid]
        room = self._rooms.get(plan.mix_sid)
        if room is None:
            room = self._rooms[plan.mix_sid] = RoomMixer(
                self._link,
                self._patience,
                plan.mix_sid,
                self._legs.by_sid,
                snoops=self._snoops,
                playbacks=self._playbacks,
                recordings=self._recordings,
                tell=self.events.put_nowait,
            )
        return room.apply(plan)

    def _on_event(self, event: JsonObject) -> None:
        match event["type"]:
            case "PlaybackFinished":
                self._playbacks.finished(event["playback"]["id"], failed=event["playback"]["state"] == "failed")
            case "RecordingStarted" | "RecordingFinished" | "RecordingFailed":
                self._recordings.on_event(event)
            case "StasisStart":
                self._on_stasis_start(event["channel"])
            case "StasisEnd" | "ChannelDestroyed":
                self._on_end(event)
            case _:
                channel = event.get("channel") or event.get("peer") or {}
                leg = self._legs.by_channel.get(channel.get("id", ""))
                if leg is not None:
                    self._on_event_of_call(leg, event)

    def _on_event_of_call(self, leg: Leg, event: JsonObject) -> None:
        match event["type"]:
            case "Dial":
                self._outgoing.on_dial(leg, event["dialstatus"])
            case "ChannelHangupRequest":
                leg.hanging_up = True
                soft = event.get("soft", False)
                # The "cause" of a hang-up on request is no cause but Asterisk's flag for that.
                leg.hangup_cause = text_of(NORMAL if soft else event.get("cause", NORMAL))
                if leg.placed is not None:
                    leg.placed.on_hangup_request(soft=soft, status=event.get("tech_cause"))
            case "ChannelDtmfReceived":
                self.events.put_nowait(DigitPressed(leg.call_sid, event["digit"]))
            case "ChannelTalkingStarted" | "ChannelTalkingFinished":
                self.events.put_nowait(TalkingChanged(leg.call_sid, talking=event["type"] == "ChannelTalkingStarted"))

    def _on_stasis_start(self, channel: JsonObject) -> None:
        if names.is_ours(self._link.address.app, channel["id"]):
            self._snoops.on_start(channel["id"])
            self._outgoing.on_start(channel["id"])
            self._levels.on_start(channel["id"])
        else:
            self._on_caller(channel)

    def _on_caller(self, channel: JsonObject) -> None:
        if channel["id"] in self._legs.by_channel:
            return  # the same event again, or a call that was found by looking before its event was read
        if channel["dialplan"]["exten"] == "h":
            return  # a dialplan pattern of one letter matches the hang-up extension too
        leg = Leg(call_sid_of(channel), channel["id"], answered=channel["state"] == "Up")
        # Read first: a leg whose arrival cannot be told would be nobody's.
        arrived = arrival(leg.call_sid, channel)
        self._legs.add(leg)
        self.events.put_nowait(arrived)

    def _on_end(self, event: JsonObject) -> None:
        channel_id = event["channel"]["id"]
        self._snoops.on_end(channel_id)
        leg = self._legs.by_channel.get(channel_id)
        if leg is not None and leg.placed is not None and not leg.answered:
            if event["type"] == "StasisEnd":
                return  # why nobody has answered is told when the channel is gone
            leg.hangup_cause = text_of(event["cause"])
        self._legs.end(channel_id, cause=event.get("cause"))

    def _on_lost(self, cause: Exception) -> None:
        final = isinstance(cause, AriFinalError)
        self._patience.lost(final=final)
        self._snoops.on_lost()
        self._levels.on_lost()
        self.events.put_nowait(EngineLost(str(cause), final=final))

    async def _on_back(self, gap_seconds: float, asterisk_restarted: bool) -> None:  # noqa: FBT001
        """Tell what ended meanwhile and who arrived, and let the rooms go on."""
        await self._look_for_jitter_buffers()
        callers = await self._recovery.after_gap(asterisk_restarted=asterisk_restarted)
        for channel in callers:
            self._on_stasis_start(channel)
        self.events.put_nowait(EngineBack(gap_seconds))
        self._go_on()

    async def _look_for_jitter_buffers(self) -> None:
        before, self._jitter_buffers = self._jitter_buffers, await jitter_buffers.look(self._link)
        if before is not self._jitter_buffers is JitterBuffers.DO_HARM:
            log.warning(jitter_buffers.HARM, version=self._link.version)

    def _go_on(self) -> None:
        self._patience.back()
        for room in self._rooms.values():
            room.resume()
        self._levels.go_on()
