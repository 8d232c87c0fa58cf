"""One room: brought, step by step, from what it is into what the plan says.

Only this task arranges the room, one request at a time to its bridge. Every step may be repeated harmlessly; a step about a
channel that is gone is passed over, since its end is told by an event.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from typing import Final

import structlog

from ari_conf.conference import Apart, AudioPlan, Coaching, InMix, Placement, RecordingState
from ari_conf.media.port import EngineUnavailableError, RecordingFinished
from ari_conf.spans import NO_SPAN, current_span, within

from . import leg_audio, names
from .bridge import Bridge
from .coach import Coach
from .errors import ENDS_WITHIN
from .leg import Audio, Leg
from .link import AriLink
from .patience import AGAIN_AFTER, Patience
from .playback import Playback, Playbacks
from .recording import Recordings
from .room_recording import RoomRecording
from .snoops import Snoops

log = structlog.get_logger(__name__)


_END_SECONDS: Final = 2.0
"""How long a stopping engine waits for a room that is over to be gone."""


class RoomMixer:
    """Keeps one room's audio as planned. ``legs`` are all calls by Call SID, kept by the engine; ``tell`` tells its events.

    While ``patience`` is not ready, plans are kept until ``resume``.
    """

    def __init__(
        self,
        link: AriLink,
        patience: Patience,
        mix_sid: str,
        legs: Mapping[str, Leg],
        *,
        snoops: Snoops,
        playbacks: Playbacks,
        recordings: Recordings,
        tell: Callable[[RecordingFinished], None],
    ) -> None:
        self.bridge = Bridge(link, names.mixing_bridge(link.address.app, mix_sid), watched=True)
        self.plays: set[Playback] = set()
        self._link = link
        self._patience = patience
        self._legs = legs
        self._snoops = snoops
        self._playbacks = playbacks
        self._recordings = recordings
        self._tell = tell
        self.recording = RoomRecording(self.bridge, recordings, mix_sid, self.resume)
        self._plan = AudioPlan(mix_sid, {})
        self._members: dict[str, Leg] = {}
        self._coaches: dict[str, Coach] = {}
        self._waiters: list[asyncio.Future[None]] = []
        self._wanted_by = NO_SPAN
        self._due = False
        self._worker: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is left of the room and nothing is being done, or to be done."""
        working = self._due or self._worker is not None
        return not (working or self._plan.placements or self.bridge.exists or self._coaches)

    @property
    def call_sids(self) -> Collection[str]:
        """Those who are in the plan."""
        return self._plan.placements.keys()

    @property
    def bridge_ids(self) -> set[str]:
        """The bridges of the room and of its coaches."""
        return {self.bridge.id, *(coach.bridge_id for coach in self._coaches.values())}

    @property
    def deserted(self) -> bool:
        """Whether nobody is in the mix, or is to be in it for longer."""
        mixed = (self._members.get(sid) for sid, to in self._plan.placements.items() if isinstance(to, InMix))
        return not any(
            leg.bridge_id == self.bridge.id and not leg.hanging_up for leg in mixed if leg and leg.call_sid in self._legs
        )

    def placement(self, call_sid: str) -> Placement | None:
        """Return where the plan has a call."""
        return self._plan.placements.get(call_sid)

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":
        """Want ``plan`` from now on; the future is done when it, or a newer one, is in force."""
        self._plan = plan
        if (wanted_by := current_span()) is not NO_SPAN:
            self._wanted_by = wanted_by
        self.recording.asked |= _recording(plan) is not RecordingState.OFF
        for call_sid, placement in plan.placements.items():
            leg = self._legs.get(call_sid)
            if leg is not None:
                # At once, and not when all that is being done for an older plan is over.
                for playback in tuple(leg.whispers if isinstance(placement, Apart) else leg.plays):
                    self._playbacks.stop(playback)
        return self.settled()

    def settled(self) -> "asyncio.Future[None]":
        """Return a future that is done when the latest plan is in force."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(done)
        self.resume()
        return done

    def resume(self) -> None:
        """Compare with the plan (again), and do what is left to be done."""
        self._due = True
        self._not_again()
        if self._worker is None and self._patience.ready:
            self._worker = asyncio.create_task(self._work(), name=f"room {self._plan.mix_sid}")

    def take_over(self, channel_ids: Collection[str], bridges: Mapping[str, list[str]]) -> None:
        """Go on with the coaches that an earlier life of ours has left, as far as the plan has them."""
        for call_sid, placement in self._plan.placements.items():
            leg = self._legs.get(call_sid)
            if leg is not None and isinstance(placement, Coaching):
                coach = self._coaches[call_sid] = Coach(self._link, self._snoops, leg, self.resume)
                coached = self._legs.get(placement.call_sid_to_coach)
                if coached is not None:
                    coach.take_over(coached, channel_ids, bridges)

    def compare(self, bridges: Mapping[str, list[str]], inside: Iterable[Leg]) -> None:
        """Take over which bridges there are, and which calls are in the mix that are not to be in another one."""
        self.bridge.exists = self.bridge.id in bridges
        self._members |= {leg.call_sid: leg for leg in inside}
        for coach in self._coaches.values():
            coach.compare(bridges)

    async def stop(self) -> None:
        """Stop working on the room, but see one that is over to its end; whoever waits for a plan is let go."""
        if self._worker is not None and not self._plan.placements:
            await asyncio.wait({self._worker}, timeout=_END_SECONDS)
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait({self._worker})
        self._not_again()
        self._let_go(len(self._waiters))

    async def _work(self) -> None:
        again = False
        try:
            while self._due:
                self._due = False
                waiting = len(self._waiters)
                wanted_by, self._wanted_by = self._wanted_by, NO_SPAN
                with within(wanted_by):
                    await self._bring_about(self._plan)
                self._let_go(waiting)
        except EngineUnavailableError as error:
            self._due = True
            # The connection may be there all the same, and then nobody says that it is back.
            self._again = asyncio.get_running_loop().call_later(AGAIN_AFTER, self.resume)
            log.warning("the audio of a room has to wait for Asterisk", mix_sid=self._plan.mix_sid, cause=str(error))
        except Exception as error:  # whoever waits must not wait for ever
            log.exception("the audio of a room could not be arranged", mix_sid=self._plan.mix_sid, cause=str(error))
            if self._due:  # what was asked for meanwhile may well be possible
                again = True
            else:
                self._let_go(len(self._waiters))
        finally:
            self._worker = None
        if again:
            self.resume()

    def _not_again(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def _let_go(self, count: int) -> None:
        done, self._waiters = self._waiters[:count], self._waiters[count:]
        for future in done:
            if not future.done():
                future.set_result(None)

    async def _bring_about(self, plan: AudioPlan) -> None:
        placed = {
            self._legs[sid]: self._possible(placement, plan) for sid, placement in plan.placements.items() if sid in self._legs
        }
        mixed = {leg: placement for leg, placement in placed.items() if isinstance(placement, InMix)}
        coaching = {leg: placement for leg, placement in placed.items() if isinstance(placement, Coaching)}
        present = [leg for leg in self._members.values() if leg.call_sid in self._legs]
        if _recording(plan) is RecordingState.PAUSED:
            await self.recording.bring_about(RecordingState.PAUSED)
        elif _recording(plan) is RecordingState.OFF:
            await self._end_recording()
        await self._clear_ears(placed, [leg for leg in present if leg not in placed])
        for leg in present:
            if leg.bridge_id == self.bridge.id and leg not in mixed:
                await self.bridge.remove(leg.channel_id)
                leg.bridge_id = None
        await self._dismiss({leg.call_sid for leg in coaching})
        # Who has left stays a member until nothing of ours is on the call any more, or a repetition would not know of it.
        self._members = {leg.call_sid: leg for leg in [*present, *placed]}
        await self._send(present, placed)
        await self._open_microphones(present, placed)
        # At once, for who comes is heard the sooner.
        await _together([self._fill(placed, mixed), self._detect_talking(present, placed, wanted=plan.detect_talking)])
        self._members = {leg.call_sid: leg for leg in placed}
        if _recording(plan) is RecordingState.ON and self.bridge.exists:
            await self.recording.bring_about(RecordingState.ON)
        await _together([self._coach(leg, to.call_sid_to_coach) for leg, to in coaching.items()])
        if not plan.placements:
            await self._playbacks.stop_all(self.plays)
            await self.bridge.destroy()

    def _possible(self, placement: Placement, plan: AudioPlan) -> Placement:
        """Return the placement, or another for a coach while the coached has ended and the plan does not know it yet."""
        if isinstance(placement, Coaching):
            coached = placement.call_sid_to_coach
            if coached not in self._legs or not isinstance(plan.placements.get(coached), InMix):
                return InMix(muted=True)
        return placement

    async def _clear_ears(self, placed: Mapping[Leg, Placement], gone: Iterable[Leg]) -> None:
        """Stop what is played to those who go into the mix, for a channel does nothing else meanwhile."""
        for leg, placement in placed.items():
            await self._playbacks.stop_all(leg.whispers if isinstance(placement, Apart) else leg.plays)
        for leg in gone:
            await self._playbacks.stop_all(leg.whispers)

    async def _dismiss(self, still_coaching: set[str]) -> None:
        for call_sid in self._coaches.keys() - still_coaching:
            await self._coaches[call_sid].stop()
            del self._coaches[call_sid]

    async def _send(self, present: Iterable[Leg], placed: Mapping[Leg, Placement]) -> None:
        wanted = dict.fromkeys([*present, *placed], Audio.NOTHING)
        # A sound takes the place of music and silence, which do not go on after it by themselves.
        wanted |= {leg: _program(to) for leg, to in placed.items() if isinstance(to, Apart) and not leg.plays}
        changes = {leg: audio for leg, audio in wanted.items() if leg.audio is not audio}
        await _together(leg_audio.send(self._link, leg, audio) for leg, audio in changes.items())

    async def _open_microphones(self, present: Iterable[Leg], placed: Mapping[Leg, Placement]) -> None:
        """Open and close microphones, before anybody is put in: who is muted is not heard for a moment either."""
        muted = {leg: False for leg in present if leg not in placed}
        muted |= {leg: to.muted for leg, to in placed.items() if not isinstance(to, Apart)}
        changes = {leg: one for leg, one in muted.items() if leg.muted is not one}
        await _together(leg_audio.mute(self._link, leg, muted=one) for leg, one in changes.items())

    async def _fill(self, placed: Collection[Leg], mixed: Iterable[Leg]) -> None:
        if placed:
            await self.bridge.make()
        await self._put_in(mixed)

    async def _put_in(self, mixed: Iterable[Leg]) -> None:
        newcomers = {leg.channel_id: leg for leg in mixed if leg.bridge_id != self.bridge.id}
        for leg in newcomers.values():
            # Asterisk would wait for it, and do nothing meanwhile that anybody asks over the same connection.
            await leg.key_up()
        there = await self.bridge.add(list(newcomers))
        for channel_id, leg in newcomers.items():
            if channel_id in there:
                leg.bridge_id = self.bridge.id
            elif self.bridge.exists:
                asyncio.get_running_loop().call_later(ENDS_WITHIN, self._tell_left_out, leg)
        if newcomers and not self.bridge.exists:
            for leg in self._members.values():
                leg.bridge_id = None
            self._due = True

    def _tell_left_out(self, leg: Leg) -> None:
        if not leg.ended.is_set() and isinstance(self.placement(leg.call_sid), InMix) and leg.bridge_id != self.bridge.id:
            log.error("a call could not be put into its room", call_sid=leg.call_sid)

    async def _coach(self, leg: Leg, coached_sid: str) -> None:
        coached = self._legs.get(coached_sid)
        if coached is None:  # ended while the rest was arranged
            self._due = True
            return
        coach = self._coaches.get(leg.call_sid)
        if coach is None:
            coach = self._coaches[leg.call_sid] = Coach(self._link, self._snoops, leg, self.resume)
        if not await coach.coach(coached):
            self._due = True

    async def _detect_talking(self, present: Iterable[Leg], placed: Mapping[Leg, Placement], *, wanted: bool) -> None:
        # Begun anew with each unmuting: else somebody who talked before would not be told again.
        detected = dict.fromkeys(present, False)
        detected |= {leg: wanted and isinstance(to, InMix) and not to.muted for leg, to in placed.items()}
        changes = {leg: one for leg, one in detected.items() if leg.detects_talking is not one}
        await _together(leg_audio.detect_talking(self._link, leg, wanted=one) for leg, one in changes.items())

    async def _end_recording(self) -> None:
        await self.recording.end()
        if self.recording.asked:
            self.recording.asked = False
            self._recordings.hand_over(self._hand_over())

    async def _hand_over(self) -> None:
        self._tell(await self.recording.hand_over())


async def _together(work: Iterable[Coroutine[None, None, None]]) -> None:
    """Do things about different channels at once, each to its end; then raise the first error, if there was one."""
    for outcome in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def _recording(plan: AudioPlan) -> RecordingState:
    return plan.recording if plan.placements else RecordingState.OFF


def _program(placement: Apart) -> Audio:
    """Return what we send by ourselves: what another address holds is played by somebody who reads it."""
    return Audio.MUSIC if placement.program.url is None else Audio.SILENCE
