"""One call of the local engine: where it is, what it says, and what it hears while it is in no mix."""

from collections import deque
from collections.abc import Callable

import numpy as np

from ari_conf.audio import Samples
from ari_conf.conference import Coaching, InMix, Placement
from ari_conf.media.port import CallGoneError

from .keypad import Dialling
from .line import Line
from .reception import Reception
from .recorder import CallRecorder
from .sources import Playback, Source


class Call:
    """A call and where its audio goes: in no room (``placement`` is None), apart from one, or in its mix.

    ``placed`` tells a call that the engine made from one that came. ``playbacks`` are heard outside of the mix, one after the
    other; ``overlays`` in the mix, over it. ``said`` is where the next frame of its voice is put, if anybody takes it.
    ``detect_talking`` is for as long as the call is in no mix.
    """

    __slots__ = (
        "answered",
        "detect_talking",
        "diallings",
        "line",
        "mix_sid",
        "overlays",
        "placed",
        "placement",
        "playbacks",
        "program",
        "reception",
        "recorders",
        "said",
        "sid",
        "silent_frames",
        "talking",
    )

    def __init__(self, sid: str, line: Line, frame_length: int, *, placed: bool = False) -> None:
        self.sid = sid
        self.line = line
        self.placed = placed
        self.answered = False
        self.mix_sid: str | None = None
        self.placement: Placement | None = None
        self.program: Source | None = None
        self.playbacks: deque[Playback] = deque()
        self.overlays: list[Playback] = []
        self.diallings: deque[Dialling] = deque()
        self.recorders: dict[str, CallRecorder] = {}
        self.reception: Reception | None = None
        self.said: Samples = np.zeros(frame_length, np.int16)
        self.detect_talking = False
        self.talking = False
        self.silent_frames = 0
        self.set_jitter_buffer(0.0)

    @property
    def in_mix(self) -> bool:
        """Tell whether the call hears its room."""
        return self.answered and isinstance(self.placement, InMix | Coaching)

    @property
    def heard(self) -> bool:
        """Tell whether its room hears the call."""
        return self.answered and isinstance(self.placement, InMix) and not self.placement.muted

    @property
    def whispers_to(self) -> str | None:
        """Return the Call SID of the only one who hears the call, if it is such a call."""
        if self.answered and isinstance(self.placement, Coaching) and not self.placement.muted:
            return self.placement.call_sid_to_coach
        return None

    @property
    def speak(self) -> Callable[[Samples], None]:
        """What writes the next 20 ms of what comes from the caller."""
        return self.line.speak if self.reception is None else self.reception.speak

    @property
    def hear(self) -> Callable[[Samples], None]:
        """What takes the next 20 ms of what the caller hears, after ``said`` has been filled for this tick."""
        return self._hear_and_record if self.recorders else self.line.hear

    def set_jitter_buffer(self, seconds: float) -> None:
        """Use a new jitter buffer; 0 is none."""
        plain = not seconds and self.line.transit is None
        self.reception = None if plain else Reception(self.line, len(self.said), seconds)

    def place(self, mix_sid: str | None, placement: Placement | None, program: Source | None) -> None:
        """Put the call elsewhere; what is played there and is not to be heard any more is cut off."""
        self.mix_sid, self.placement, self.program = mix_sid, placement, program
        # The rules do not let anybody talk on who is muted, apart or elsewhere.
        self.talking = False
        if isinstance(placement, InMix | Coaching):
            self.detect_talking = False
            over: deque[Playback] | list[Playback] = self.playbacks
        else:
            over = self.overlays
        for playback in over:
            playback.cut_off()
        over.clear()

    def flush(self) -> None:
        """Bring what has been recorded so far to the disk."""
        for recorder in self.recorders.values():
            recorder.flush()

    def give_up(self) -> None:
        """Let those who wait for sounds and keys know that the call has ended."""
        waits = [(playback.done, "a sound was being played to it") for playback in (*self.playbacks, *self.overlays)]
        waits += [(dialling.done, "keys were being pressed for it") for dialling in self.diallings]
        for done, what in waits:
            if not done.done():
                done.set_exception(CallGoneError(f"call {self.sid} ended while {what}"))

    def press_on(self) -> None:
        """Let 20 ms pass for the keys that are to be pressed at the other side."""
        while self.diallings and self.diallings[0].done.done():
            self.diallings.popleft()
        if self.diallings:
            self.diallings[0].pass_frame(self.line.pressed)

    def current_source(self) -> Source | None:
        """Return what a call outside of the mix hears now; None is silence."""
        while self.playbacks and self.playbacks[0].done.done():
            self.playbacks.popleft()
        return self.playbacks[0] if self.playbacks else self.program

    def _hear_and_record(self, frame: Samples) -> None:
        for recorder in self.recorders.values():
            recorder.take(self.said, frame)
        self.line.hear(frame)
