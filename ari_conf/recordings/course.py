"""The course of a recording: when it ran, when it was paused, and where silence has to stand for that. Pure."""

from dataclasses import dataclass, replace

from .recording import PauseBehavior


@dataclass(frozen=True, slots=True)
class Gap:
    """Silence of ``seconds`` that belongs where ``after`` seconds have been recorded (other gaps not counted)."""

    after: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Course:
    """All moments are on one monotonic clock, in seconds; nothing is recorded during a pause.

    ``went_on`` is when it began or went on last, ``recorded`` what had been recorded by then. ``paused`` is since when it has
    been paused, None while it runs.
    """

    went_on: float
    recorded: float = 0.0
    paused: float | None = None
    behavior: PauseBehavior = PauseBehavior.SKIP
    gaps: tuple[Gap, ...] = ()

    def pause(self, now: float, behavior: PauseBehavior) -> "Course":
        """Return the course with a pause from now on."""
        return replace(self, paused=now, behavior=behavior, recorded=self.recorded + (now - self.went_on))

    def resume(self, now: float) -> "Course":
        """Return the course that goes on now."""
        return replace(self, went_on=now, paused=None, gaps=self.until(now))

    def until(self, now: float) -> tuple[Gap, ...]:
        """Return the silence that is to be put in if it ends now, in order."""
        if self.paused is None or self.behavior is PauseBehavior.SKIP:
            return self.gaps
        return (*self.gaps, Gap(self.recorded, now - self.paused))

    def moved(self, seconds: float) -> "Course":
        """Return the course on a clock that is ahead by so many seconds."""
        return replace(self, went_on=self.went_on + seconds, paused=None if self.paused is None else self.paused + seconds)
