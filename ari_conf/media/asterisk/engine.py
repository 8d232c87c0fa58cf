"""The port ``MediaEngine`` carried out by an Asterisk."""

import asyncio
import contextlib
import itertools
from typing import Final

import structlog

from ari_conf.conference import AudioPlan
from ari_conf.media.port import (
    CallArrived,
    CallEnded,
    CallGoneError,
    DigitPressed,
    EngineBack,
    EngineEvent,
    EngineLost,
    EngineUnavailableError,
    RejectReason,
    Sound,
)
from ari_conf.sids import SidKind, new_sid

from .errors import AriFinalError, AriRefusedError
from .leg import Audio, Leg
from .link import AriAddress, AriLink
from .names import is_our_bridge
from .room import ENDS_WITHIN, RoomMixer
from .transport import JsonObject

log = structlog.get_logger(__name__)

_CAUSE_CODES: Final = {RejectReason.BUSY: "17", RejectReason.REJECTED: "1"}
"""Q.850: 17 is "user busy" (SIP 486), 1 "unallocated number" (SIP 404)."""

_CAUSE_TEXTS: Final = {
    0: "Normal Clearing",
    1: "Unallocated (unassigned) number",
    16: "Normal Clearing",
    17: "User busy",
    18: "No user responding",
    19: "User alerting, no answer",
    21: "Call rejected",
    31: "Normal, unspecified",
    32: "Circuit/channel congestion",
    38: "Network out of order",
    127: "Interworking, unspecified",
}
"""Q.850's words for the causes that Asterisk gives to SIP calls."""

_SOUNDS: Final = {Sound.SPECIAL_INFORMATION: ("tone:info", 1.2)}
"""Each sound as ARI names it, and how long it lasts in seconds; a tone goes on until it is stopped."""


class AsteriskEngine:
    """Rooms on an Asterisk. One instance is one Stasis application."""

    def __init__(self, address: AriAddress, *, rest_over_websocket: bool | None = None) -> None:
        self.events: asyncio.Queue[EngineEvent] = asyncio.Queue()
        self._link = AriLink(
            address,
            on_event=self._on_event,
            on_lost=self._on_lost,
            on_back=self._on_back,
            rest_over_websocket=rest_over_websocket,
        )
        self._legs: dict[str, Leg] = {}
        self._by_channel: dict[str, Leg] = {}
        self._rooms: dict[str, RoomMixer] = {}
        self._playback_numbers = itertools.count(1)
        self._compared = asyncio.Event()
        self._final = False

    @property
    def version(self) -> str:
        """What the Asterisk calls its version, empty before ``start``."""
        return self._link.version

    async def start(self) -> None:
        """Connect, clear away what an earlier life has left, and take over the calls that are waiting in our application."""
        await self._link.connect()
        try:
            channels = await self._our_channels()
            await self._destroy_roomless_bridges()
        except BaseException:
            await self._link.close()
            raise
        for channel in channels:
            log.info("a call from before the start is taken as if it arrived now", channel=channel["id"])
            self._on_stasis_start(channel, audio=Audio.UNKNOWN)
        self._link.keep()

    async def stop(self) -> None:
        """Disconnect; bridges and channels stay as they are."""
        await asyncio.gather(*(room.stop() for room in self._rooms.values()))
        await self._link.close()

    async def answer(self, call_sid: str) -> None:
        """Answer the call."""
        leg = self._leg(call_sid)
        if not leg.answered:
            await self._about_call(leg, "channels", "answer", channelId=leg.channel_id)
            leg.answered = True

    async def reject(self, call_sid: str, reason: RejectReason) -> None:
        """Turn the call down with the SIP status that belongs to ``reason``."""
        leg = self._leg(call_sid)
        await self._about_call(leg, "channels", "hangup", channelId=leg.channel_id, reason_code=_CAUSE_CODES[reason])

    async def hang_up(self, call_sid: str) -> None:
        """End the call, if there still is one."""
        with contextlib.suppress(CallGoneError):
            leg = self._leg(call_sid)
            await self._about_call(leg, "channels", "hangup", channelId=leg.channel_id)

    async def play(self, call_sid: str, sound: Sound) -> None:
        """Play ``sound`` to a call that is in no room; return when it has been played."""
        leg = self._leg(call_sid)
        media, seconds = _SOUNDS[sound]
        playback_id = f"{call_sid}.{next(self._playback_numbers)}"
        await self._about_call(leg, "channels", "playWithId", channelId=leg.channel_id, playbackId=playback_id, media=media)
        await asyncio.sleep(seconds)
        with contextlib.suppress(AriRefusedError):
            await self._link.call("playbacks", "stop", playbackId=playback_id)

    def apply(self, plan: AudioPlan) -> asyncio.Future[None]:
        """Make the audio of one room what ``plan`` says."""
        self._rooms = {sid: room for sid, room in self._rooms.items() if not room.idle}
        room = self._rooms.get(plan.conference_sid)
        if room is None:
            room = self._rooms[plan.conference_sid] = RoomMixer(self._link, plan.conference_sid, self._legs)
        return room.apply(plan)

    def _leg(self, call_sid: str) -> Leg:
        try:
            return self._legs[call_sid]
        except KeyError:
            raise CallGoneError(f"call {call_sid} has ended") from None

    async def _about_call(self, leg: Leg, resource: str, operation: str, **parameters: str) -> None:
        """Carry out an operation that may be repeated; if the connection breaks, do it (again) when it is back."""
        while leg.call_sid in self._legs:
            try:
                await self._link.call(resource, operation, **parameters)
            except AriRefusedError as error:
                if error.status == 404:
                    self._end(leg.channel_id)
                elif not await _ends_soon(leg):
                    raise
            except EngineUnavailableError:
                if self._final:
                    raise
                self._compared.clear()
                await self._compared.wait()
            else:
                return
        raise CallGoneError(f"call {leg.call_sid} has ended")

    def _on_event(self, event: JsonObject) -> None:
        match event["type"]:
            case "StasisStart":
                self._on_stasis_start(event["channel"])
            case "ChannelHangupRequest":
                leg = self._by_channel.get(event["channel"]["id"])
                if leg is not None:
                    leg.hangup_cause = _CAUSE_TEXTS.get(event.get("cause", 16), f"cause {event.get('cause')}")
            case "StasisEnd" | "ChannelDestroyed":
                self._end(event["channel"]["id"])
            case "ChannelDtmfReceived":
                leg = self._by_channel.get(event["channel"]["id"])
                if leg is not None:
                    self.events.put_nowait(DigitPressed(leg.call_sid, event["digit"]))

    def _on_stasis_start(self, channel: JsonObject, audio: Audio = Audio.NOTHING) -> None:
        if channel["id"] in self._by_channel:
            return  # the same event again, or a call that was found by looking before its event was read
        if channel["dialplan"]["exten"] == "h":
            return  # a dialplan pattern of one letter matches the hang-up extension too
        leg = Leg(new_sid(SidKind.CALL), channel["id"], answered=channel["state"] == "Up", audio=audio)
        self._legs[leg.call_sid] = self._by_channel[leg.channel_id] = leg
        caller = channel["caller"]["number"] or channel["caller"]["name"] or "anonymous"
        self.events.put_nowait(CallArrived(leg.call_sid, from_=_printable(caller), to=_printable(channel["dialplan"]["exten"])))

    def _end(self, channel_id: str, cause: str | None = None) -> None:
        leg = self._by_channel.pop(channel_id, None)
        if leg is not None:
            del self._legs[leg.call_sid]
            leg.ended.set()
            self.events.put_nowait(CallEnded(leg.call_sid, cause or leg.hangup_cause))

    def _on_lost(self, cause: Exception) -> None:
        self._final = isinstance(cause, AriFinalError)
        if self._final:
            self._compared.set()  # nobody shall wait for what will not come
        else:
            self._compared.clear()
        self.events.put_nowait(EngineLost(str(cause), final=self._final))

    async def _on_back(self, gap_seconds: float, asterisk_restarted: bool) -> None:  # noqa: FBT001
        """Compare what is with what we believed, tell what ended meanwhile, and let the rooms go on."""
        channels = {} if asterisk_restarted else {channel["id"]: channel for channel in await self._our_channels()}
        for channel_id in [known for known in self._by_channel if known not in channels]:
            self._end(channel_id, "Asterisk was restarted" if asterisk_restarted else "ended while we were disconnected")
        await self._look_into_bridges()
        await self._destroy_roomless_bridges()
        for channel in channels.values():
            self._on_stasis_start(channel)
        self.events.put_nowait(EngineBack(gap_seconds))
        self._compared.set()
        for room in self._rooms.values():
            room.repair()

    async def _look_into_bridges(self) -> None:
        bridges = {bridge["id"]: bridge["channels"] for bridge in (await self._link.call("bridges", "list")).json()}
        where = {channel_id: bridge_id for bridge_id, channels in bridges.items() for channel_id in channels}
        for leg in self._legs.values():
            leg.bridge_id = where.get(leg.channel_id)
        for room in self._rooms.values():
            room.bridge_exists = room.bridge_id in bridges

    async def _our_channels(self) -> list[JsonObject]:
        """Return the callers' channels that are in our application now."""
        app = self._link.address.app
        try:
            channels = (await self._link.call("channels", "list")).json()
        except AriRefusedError as error:
            if error.status < 500:
                raise
            channels = await self._channels_one_by_one(app)
        return [channel for channel in channels if _is_in_application(channel, app)]

    async def _channels_one_by_one(self, app: str) -> list[JsonObject]:
        """Look at each channel alone, and end those that Asterisk cannot describe.

        A dialled name that is not UTF-8 is written into no event, and spoils the list of channels as long as the call is there.
        """
        channels = []
        for channel_id in (await self._link.call("applications", "get", applicationName=app)).json()["channel_ids"]:
            try:
                channels.append((await self._link.call("channels", "get", channelId=channel_id)).json())
            except (AriRefusedError, ValueError) as error:  # an error status, or success with an empty body
                log.warning("a call that Asterisk cannot describe is ended", channel=channel_id, cause=str(error))
                with contextlib.suppress(AriRefusedError):
                    await self._link.call("channels", "hangup", channelId=channel_id)
        return channels

    async def _destroy_roomless_bridges(self) -> None:
        """Remove bridges of ours that no room has: from before the start, or made by a request whose answer was lost."""
        rooms = {room.bridge_id for room in self._rooms.values()}
        for bridge in (await self._link.call("bridges", "list")).json():
            if is_our_bridge(self._link.address.app, bridge["id"]) and bridge["id"] not in rooms:
                log.info("a bridge that belongs to no room is removed", bridge=bridge["id"])
                with contextlib.suppress(AriRefusedError):
                    await self._link.call("bridges", "destroy", bridgeId=bridge["id"])


async def _ends_soon(leg: Leg) -> bool:
    """Tell whether a call about which something was refused is about to end: Asterisk refuses before it tells."""
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            await leg.ended.wait()
    except TimeoutError:
        return False
    return True


def _printable(text: str) -> str:
    """Return what somebody has dialled, or calls themselves, without control characters."""
    return "".join(character for character in text if character.isprintable())


def _is_in_application(channel: JsonObject, app: str) -> bool:
    dialplan = channel["dialplan"]
    return bool(dialplan.get("app_name") == "Stasis" and dialplan.get("app_data", "").split(",")[0] == app)
