"""Rooms: their plans, and what belongs to a room as a whole, its recording and the sounds that are played to everybody."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ari_conf.conference import AudioPlan, AudioProgram, Coaching, InMix, OnHold, Placement, RecordingState, Waiting
from ari_conf.media.port import RecordingFinished

from .call import Call
from .recorder import Recorder
from .sources import Playback, Source


@dataclass(slots=True)
class Room:
    """A room for as long as it has participants; ``plan`` is the one in force."""

    plan: AudioPlan
    recorder: Recorder | None = None
    sounds: list[Playback] = field(default_factory=list)

    @property
    def mixed(self) -> bool:
        """Tell whether there is somebody to hear what is played to the room: a participant in the mix, or the recording."""
        return self.records or any(isinstance(place, InMix | Coaching) for place in self.plan.placements.values())

    @property
    def records(self) -> bool:
        """Tell whether the mix is being recorded now."""
        return self.plan.recording is RecordingState.ON and self.recorder is not None


class Rooms:
    """The rooms that have participants, and the plans that come into force with the next frame."""

    def __init__(
        self,
        programs: Callable[[AudioProgram], Source | None],
        recorders: Callable[[str], Recorder],
        tell: Callable[[RecordingFinished], None],
    ) -> None:
        """Take what is heard instead of a room from ``programs``, what writes a recording of some name from ``recorders``."""
        self.rooms: dict[str, Room] = {}
        self._programs = programs
        self._recorders = recorders
        self._tell = tell
        self._plans: dict[str, tuple[AudioPlan, list[asyncio.Future[None]]]] = {}

    @property
    def pending(self) -> bool:
        """Tell whether a plan waits for ``enforce``."""
        return bool(self._plans)

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":
        """Let ``plan`` be enforced next, instead of an older one for the same room; return what is done when it has been."""
        _, waiting = self._plans.pop(plan.mix_sid, (plan, []))
        self._plans[plan.mix_sid] = plan, waiting
        return self._when_in_force(plan.mix_sid)

    async def in_force(self) -> None:
        """Return when the plans that were applied so far are in force: who is in a mix can be told from then on."""
        if self._plans:
            await self._when_in_force(next(reversed(self._plans)))

    def enforce(self, calls: Mapping[str, Call]) -> None:
        """Put ``calls``, by Call SID, where the pending plans want them."""
        plans, self._plans = self._plans, {}
        for plan, futures in plans.values():
            self._enforce(plan, calls)
            for future in futures:
                if not future.done():
                    future.set_result(None)

    def flush(self) -> None:
        """Bring what has been recorded so far to the disk."""
        for room in self.rooms.values():
            if room.recorder is not None:
                room.recorder.flush()

    def _when_in_force(self, mix_sid: str) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._plans[mix_sid][1].append(future)
        return future

    def _enforce(self, plan: AudioPlan, calls: Mapping[str, Call]) -> None:
        mix_sid = plan.mix_sid
        for call in calls.values():
            if call.mix_sid == mix_sid and call.sid not in plan.placements:
                self._place(call, None, None)
        for call_sid, placement in plan.placements.items():
            if call_sid in calls:
                self._place(calls[call_sid], mix_sid, placement)
        room = self.rooms.setdefault(mix_sid, Room(plan))
        room.plan = plan
        if plan.recording is RecordingState.OFF or not plan.placements:
            if room.recorder is not None:
                self._tell(room.recorder.finish())
                room.recorder = None
        elif room.recorder is None:
            room.recorder = self._recorders(mix_sid)
        if not plan.placements:
            for sound in room.sounds:
                sound.cut_off()
            del self.rooms[mix_sid]

    def _place(self, call: Call, mix_sid: str | None, placement: Placement | None) -> None:
        if (call.mix_sid, call.placement) != (mix_sid, placement):
            program = self._programs(placement.program) if isinstance(placement, Waiting | OnHold) else None
            call.place(mix_sid, placement, program)
