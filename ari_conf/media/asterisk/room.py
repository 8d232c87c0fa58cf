"""One room's bridge: brought, step by step, from what it is into what the plan says.

Only this task touches the room's bridge, one request at a time, for Asterisk does not take parallel changes of a bridge well.
Every step may be repeated harmlessly; a step about a channel that is gone is passed over, since its end is told by an event.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from ari_conf.conference import AudioPlan, InMix, Waiting
from ari_conf.media.port import EngineUnavailableError

from .errors import AriRefusedError
from .leg import Audio, Leg
from .link import AriLink
from .names import mixing_bridge

log = structlog.get_logger(__name__)

ALWAYS_SOFTMIX: Final = "mixing,video_sfu"
"""A plain ``mixing`` bridge of two sends nothing to one while the other is muted, and a whisper would not be heard."""

MUSIC_CLASS: Final = "ari_conf"
"""The class in musiconhold.conf whose music plays for those who wait."""

GONE: Final = frozenset({400, 404, 409, 412, 422})
"""Answers to a request about a channel that mean: it is not there any more, no longer ours, or about to end."""

ENDS_WITHIN: Final = 1.0
"""Seconds in which the end of a channel is told after a request about it was refused."""


class RoomMixer:
    """Keeps one room's audio as planned. ``legs`` are all calls by Call SID, kept by the engine."""

    def __init__(self, link: AriLink, conference_sid: str, legs: Mapping[str, Leg]) -> None:
        self.bridge_id = mixing_bridge(link.address.app, conference_sid)
        self.bridge_exists = False
        self._link = link
        self._legs = legs
        self._plan = AudioPlan(conference_sid, {})
        self._members: dict[str, Leg] = {}
        self._waiters: list[tuple[AudioPlan, asyncio.Future[None]]] = []
        self._worker: asyncio.Task[None] | None = None
        self._dirty = False

    @property
    def idle(self) -> bool:
        """Whether nothing is left of the room and nothing is being done."""
        return self._worker is None and not self._plan.placements and not self.bridge_exists

    def apply(self, plan: AudioPlan) -> asyncio.Future[None]:
        """Want ``plan`` from now on; the future is done when it, or a newer one, is in force."""
        self._plan = plan
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((plan, done))
        self.repair()
        return done

    def repair(self) -> None:
        """Bring about the plan (again): what is there may no longer be what we made."""
        self._dirty = True
        if self._worker is None:
            self._worker = asyncio.create_task(self._work(), name=f"room {self._plan.conference_sid}")

    async def stop(self) -> None:
        """Stop working on the room; whoever waits for a plan is let go."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait({self._worker})
        self._let_go(len(self._waiters))

    async def _work(self) -> None:
        try:
            while self._dirty:
                self._dirty = False
                waiting = len(self._waiters)
                await self._bring_about(self._plan)
                self._let_go(waiting)
        except EngineUnavailableError as error:
            log.warning(
                "the audio of a room has to wait for Asterisk", conference_sid=self._plan.conference_sid, cause=str(error)
            )
        except Exception as error:  # whoever waits must not wait for ever
            log.exception(
                "the audio of a room could not be arranged", conference_sid=self._plan.conference_sid, cause=str(error)
            )
            self._let_go(len(self._waiters))
        finally:
            self._worker = None

    def _let_go(self, count: int) -> None:
        done, self._waiters = self._waiters[:count], self._waiters[count:]
        for _plan, future in done:
            if not future.done():
                future.set_result(None)

    async def _bring_about(self, plan: AudioPlan) -> None:
        placed = {self._legs[sid]: placement for sid, placement in plan.placements.items() if sid in self._legs}
        mixed = {leg: placement for leg, placement in placed.items() if isinstance(placement, InMix)}
        present = [leg for leg in self._members.values() if leg.call_sid in self._legs]
        await self._take_out([leg for leg in present if leg.bridge_id == self.bridge_id and leg not in mixed])
        audio = dict.fromkeys([*present, *mixed], Audio.NOTHING)
        audio |= {leg: _program(placement) for leg, placement in placed.items() if isinstance(placement, Waiting)}
        # Who has left stays a member until nothing is played to them any more, or a repetition would not know of it.
        self._members = {leg.call_sid: leg for leg in [*present, *placed]}
        async with asyncio.TaskGroup() as group:
            for leg, wanted in audio.items():
                if leg.audio is not wanted:
                    group.create_task(self._send(leg, wanted))
        self._members = {leg.call_sid: leg for leg in placed}
        if placed and not self.bridge_exists:
            await self._make_bridge()
        await self._put_in(mixed)
        if not plan.placements and self.bridge_exists:
            await self._destroy_bridge()

    async def _send(self, leg: Leg, wanted: Audio) -> None:
        """Change what a channel outside the bridge is sent."""
        before, leg.audio = leg.audio, Audio.UNKNOWN
        try:
            if before in {Audio.MUSIC, Audio.UNKNOWN} and wanted is not Audio.MUSIC:
                await self._link.call("channels", "stopMoh", channelId=leg.channel_id)
            if before in {Audio.SILENCE, Audio.UNKNOWN} and wanted is not Audio.SILENCE:
                await self._link.call("channels", "stopSilence", channelId=leg.channel_id)
            if wanted is Audio.MUSIC:
                await self._link.call("channels", "startMoh", channelId=leg.channel_id, mohClass=MUSIC_CLASS)
            elif wanted is Audio.SILENCE:
                await self._link.call("channels", "startSilence", channelId=leg.channel_id)
        except AriRefusedError as error:
            if error.status not in GONE:
                raise
        leg.audio = wanted

    async def _make_bridge(self) -> None:
        try:
            await self._link.call("bridges", "createWithId", bridgeId=self.bridge_id, type=ALWAYS_SOFTMIX)
        except AriRefusedError as error:
            if error.status != 409:
                raise
        self.bridge_exists = True

    async def _destroy_bridge(self) -> None:
        try:
            await self._link.call("bridges", "destroy", bridgeId=self.bridge_id)
        except AriRefusedError as error:
            if error.status != 404:
                raise
        self.bridge_exists = False

    async def _take_out(self, legs: list[Leg]) -> None:
        for leg in legs:
            try:
                await self._link.call("bridges", "removeChannel", bridgeId=self.bridge_id, channel=leg.channel_id)
            except AriRefusedError as error:
                if error.status not in GONE:
                    raise
            leg.bridge_id = None

    async def _put_in(self, mixed: Mapping[Leg, InMix]) -> None:
        """Add whoever is missing. Added again, a member takes the new ``mute``; ``channels/mute`` would not undo this one."""
        for muted in (False, True):
            wanted = [leg for leg, to in mixed.items() if to.muted is muted]
            changed = [leg for leg in wanted if leg.bridge_id != self.bridge_id or leg.muted is not muted]
            if changed:
                await self._add(changed, muted=muted)

    async def _add(self, legs: list[Leg], *, muted: bool) -> None:
        try:
            await self._link.call(
                "bridges",
                "addChannel",
                bridgeId=self.bridge_id,
                channel=",".join(leg.channel_id for leg in legs),
                mute="true" if muted else "false",
            )
        except AriRefusedError as error:
            await self._mend(error, legs, muted=muted)
            return
        for leg in legs:
            leg.bridge_id, leg.muted = self.bridge_id, muted

    async def _mend(self, error: AriRefusedError, legs: list[Leg], *, muted: bool) -> None:
        """Find out why calls could not be added: the bridge is gone, or one of them is and Asterisk refuses them all."""
        if error.status not in GONE:
            raise error
        if error.status == 404 and self.bridge_exists:
            log.warning("a room's bridge was destroyed by somebody else; it is made anew", bridge=self.bridge_id)
            self.bridge_exists = False
            for leg in self._members.values():
                leg.bridge_id = None
            self._dirty = True
        elif len(legs) > 1:
            for leg in legs:
                await self._add([leg], muted=muted)
        else:
            asyncio.get_running_loop().call_later(ENDS_WITHIN, self._tell_left_out, legs[0], str(error))

    def _tell_left_out(self, leg: Leg, cause: str) -> None:
        if not leg.ended.is_set() and leg.call_sid in self._plan.placements and leg.bridge_id != self.bridge_id:
            log.error("a call could not be put into its room", call_sid=leg.call_sid, cause=cause)


def _program(placement: Waiting) -> Audio:
    return Audio.SILENCE if placement.program.url == "" else Audio.MUSIC
