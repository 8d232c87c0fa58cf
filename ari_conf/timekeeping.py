"""The time that the controller goes by, when somebody sets the machine's clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from ari_conf.clock import SteadyClock, boot_id
from ari_conf.live import Keeper
from ari_conf.store import Row, Store

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
"""How often it is looked at the machine's clock."""

KEEP_SECONDS: Final = 60.0
"""How often it is kept how late it is."""

NOTICED_SECONDS: Final = 1.0
"""A clock that is set by less is followed without a word."""

DOUBT_SECONDS: Final = 86_400.0
"""A clock that is suddenly ahead by more is not believed, when something is to be removed for its age, for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """``zero`` is that of the clock, in the machine's run ``boot``; it was ``seen`` o'clock when this was kept."""

    boot: str
    zero: float
    seen: float
    doubted_until: float


_KEEPER: Final = Keeper("clock", _Kept)
_SID: Final = "clock"


class Timekeeper:
    """Lets ``clock`` follow the machine's, but only while nothing is ``in_use`` that is measured by it.

    What is up when the machine's clock is set goes on in the time before that, also in a later life of the controller: its
    durations, limits and retries are right. ``write`` takes what is to be kept.
    """

    def __init__(
        self,
        clock: SteadyClock,
        write: Callable[[Sequence[Row]], None],
        in_use: Callable[[], bool],
        *,
        boot: Callable[[], str] = boot_id,
    ) -> None:
        self._clock = clock
        self._write = write
        self._in_use = in_use
        self._boot = boot()
        self._doubted_until = clock.now()
        self._is_told = False

    @property
    def trusted(self) -> bool:
        """Whether what is old by this clock may be removed."""
        return self._clock.now() >= self._doubted_until

    @property
    def problem(self) -> str | None:
        """What is to be known of the machine's clock, in a few words; None if it is followed."""
        behind = self._clock.behind
        return f"set by {behind:+.0f} s while something was up" if abs(behind) >= NOTICED_SECONDS else None

    async def restore(self, store: Store) -> None:
        """Go on with the time of an earlier life, before anything else happens. Raises SQLAlchemy's errors."""
        kept = (await _KEEPER.read(store)).get(_SID)
        if kept is None:
            return
        self._doubted_until = kept.doubted_until
        if kept.boot and kept.boot == self._boot:
            self._clock.zero = kept.zero
        elif self._clock.now() < kept.seen:
            # A machine that has no clock of its own while it is off: nothing that is up may have begun in the future.
            self._clock.zero = kept.seen - self._clock.monotonic()
        elif self._clock.now() > kept.seen + DOUBT_SECONDS:
            self._doubt()

    async def keep(self) -> None:
        """Look after the clock, for ever."""
        clock = self._clock
        kept_at = -KEEP_SECONDS
        while True:
            followed = self._look()
            if followed or clock.monotonic() >= kept_at + KEEP_SECONDS:
                kept_at = clock.monotonic()
                kept = _Kept(boot=self._boot, zero=clock.zero, seen=clock.now(), doubted_until=self._doubted_until)
                self._write([_KEEPER.row(_SID, kept)])
            await clock.sleep_until(clock.monotonic() + LOOK_SECONDS)

    def _look(self) -> bool:
        """Tell whether the machine's clock was followed to another time."""
        behind = self._clock.behind
        is_set = abs(behind) >= NOTICED_SECONDS
        if self._in_use():
            if is_set and not self._is_told:
                log.error(
                    "the machine's clock was set; what is up goes on in the time before that until nothing is up",
                    by_seconds=round(behind),
                )
            elif self._is_told and not is_set:
                log.warning("the machine's clock was set back to the time that is gone by")
            self._is_told = is_set
            return False
        self._clock.follow()
        if is_set:
            log.warning("the machine's clock was set, and is followed", by_seconds=round(behind))
            if behind > DOUBT_SECONDS:
                self._doubt()
            self._doubted_until = min(self._doubted_until, self._clock.now() + DOUBT_SECONDS)
        self._is_told = False
        return is_set

    def _doubt(self) -> None:
        self._doubted_until = self._clock.now() + DOUBT_SECONDS
        log.warning(
            "it is later than it should be; nothing is removed for its age until the clock has said so for a while",
            seconds=round(DOUBT_SECONDS),
        )
