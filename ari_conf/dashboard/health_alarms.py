"""What is wrong, in words that say what it means for those who talk, and what helps. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ari_conf.health import Phase, counted

from .health_measures import Milliseconds

EVENT_LAG_MS: Final = 200.0
"""From here on people notice: whoever presses a key or hangs up waits for it, and a mute is late by a word."""

ARI_LATENCY_MS: Final = 100.0
"""Asterisk on the same machine answers within a few milliseconds, and a join takes several requests one after the other."""

FEWEST_FOR_A_PERCENTILE: Final = 50
"""Of fewer in a minute, a single slow one would be the 99th percentile, and an alarm."""

OLDEST_OWED_SECONDS: Final = 60.0
"""An application that is restarted is back by then; the attempts go on for hours."""

GIVEN_UP_SECONDS: Final = 600.0
"""For how long it is told that callbacks were given up: long enough to be seen after a walk to the coffee machine."""

MOST_WAITING_ROWS: Final = 5000
"""A database that keeps up has a few hundred at most; memory counts much later."""

LEAST_FREE_SHARE: Final = 0.10
LEAST_FREE_BYTES: Final = 2 * 1024**3
"""Both have to be fallen short of: a tenth of a large disk lasts, and so do 2 GB of a small one: 35 hours of recordings."""

FULL_BYTES: Final = 200 * 1024**2
"""With less, recordings and the database are about to fail."""


class Level(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Something does not work, or is lost."""
    WARNING = "warning"
    """It will get worse, or is worse than it could be."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """``name`` tells one alarm from another while its text changes."""

    name: str
    level: Level
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The disk on which something is; ``what`` is its name in a sentence."""

    what: str
    path: str
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What alarms are made of. What somebody is not to know is left at what is no alarm.

    Durations are in seconds but for percentiles; those are of ``lags`` and ``requests`` within the last minute.
    """

    phase: Phase
    connected: bool
    lag: Milliseconds | None = None
    lags: int = 0
    latency: Milliseconds | None = None
    requests: int = 0
    oldest_owed: float = 0.0
    given_up: int = 0
    database: str = ""
    database_problem: str | None = None
    waiting_rows: int = 0
    disks: Sequence[Disk] = field(default=())
    clock: str | None = None
    engine_warnings: Sequence[str] = ()


def alarms(facts: Facts) -> list[Alarm]:
    """Return what is wrong, the worst first."""
    found = [*_of_the_engine(facts), *_of_callbacks(facts), *_of_what_is_kept(facts), *_of_the_controller(facts)]
    return sorted(found, key=lambda alarm: alarm.level is not Level.ERROR)


def _of_the_engine(facts: Facts) -> Iterator[Alarm]:
    if not facts.connected:
        yield Alarm(
            "engine-lost",
            Level.ERROR,
            "There is no connection to Asterisk: those who talk go on, but nobody comes in, and nothing can be changed. "
            "See that Asterisk runs and that ARI answers at [asterisk] url; the connection comes back by itself.",
        )
    if facts.latency is not None and facts.requests >= FEWEST_FOR_A_PERCENTILE and facts.latency["p99"] > ARI_LATENCY_MS:
        yield Alarm(
            "ari-latency",
            Level.WARNING,
            f"Asterisk takes {facts.latency['p99']:.0f} ms for one request in a hundred: joining and muting are slow. "
            "See how busy its machine is, and the network between it and this one.",
        )
    for number, warning in enumerate(facts.engine_warnings):
        yield Alarm(f"engine-warning-{number}", Level.WARNING, _sentence(warning))


def _of_callbacks(facts: Facts) -> Iterator[Alarm]:
    if facts.given_up:
        yield Alarm(
            "callbacks-given-up",
            Level.ERROR,
            f"{counted(facts.given_up, 'callback')} {'was' if facts.given_up == 1 else 'were'} given up within the last "
            f"{GIVEN_UP_SECONDS / 60:.0f} minutes: the application does not know what happened. "
            "The page of callbacks has the reason; mend it, and send them again there.",
        )
    if facts.oldest_owed > OLDEST_OWED_SECONDS:
        yield Alarm(
            "callbacks-owed",
            Level.WARNING,
            f"The oldest callback has been owed for {_duration(facts.oldest_owed)}: the application does not accept it. "
            "See on the page of callbacks what it answers, and whether it runs; attempts go on by themselves.",
        )


def _of_what_is_kept(facts: Facts) -> Iterator[Alarm]:
    if facts.database_problem is not None:
        yield Alarm(
            "database-failing",
            Level.ERROR,
            f"The database {facts.database} does not take what it is given: {facts.database_problem}. Calls go on, and what "
            "happens waits in memory; if the controller ends now, it is lost. See that the database runs and has room.",
        )
    if facts.waiting_rows > MOST_WAITING_ROWS:
        yield Alarm(
            "database-behind",
            Level.WARNING,
            f"{facts.waiting_rows} rows wait for the database, which does not keep up: a crash would lose them. "
            "See how busy its disk is.",
        )
    for disk in facts.disks:
        full = disk.free_bytes < FULL_BYTES
        if full or (disk.free_bytes < LEAST_FREE_BYTES and disk.free_bytes < LEAST_FREE_SHARE * disk.total_bytes):
            yield Alarm(
                f"disk-of-{disk.what}",
                Level.ERROR if full else Level.WARNING,
                f"The disk of the {disk.what} has {disk.free_bytes / 1024**2:.0f} MB left ({disk.path}): "
                "without room nothing more is recorded or kept. Delete what is not needed, or make it larger.",
            )


def _of_the_controller(facts: Facts) -> Iterator[Alarm]:
    if facts.lag is not None and facts.lags >= FEWEST_FOR_A_PERCENTILE and facts.lag["p99"] > EVENT_LAG_MS:
        yield Alarm(
            "event-lag",
            Level.WARNING,
            f"One event in a hundred waits {facts.lag['p99']:.0f} ms before it is handled: keys, mutes and hang-ups are late. "
            "See what else uses this machine's processor, and how many calls there are.",
        )
    if facts.clock is not None:
        yield Alarm(
            "clock",
            Level.WARNING,
            f"The machine's clock was {facts.clock}: the times shown go on as before until nothing is up. "
            "Let it be kept by NTP, so that it is never set.",
        )
    if facts.phase is Phase.DRAINING:
        yield Alarm(
            "draining",
            Level.WARNING,
            "No new calls are taken: the controller was told to stop, and waits until those that are up have ended.",
        )
    if facts.phase is Phase.STOPPING:
        yield Alarm("stopping", Level.WARNING, "The controller stops; those who talk go on, and the next start finds them.")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
