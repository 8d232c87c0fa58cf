"""The rules of a room alone: events a second, in rooms of 3 and of 250.

An event is a command with all that the controller asks of the rules for it, the revised audio plan included. Of 100 there are
78 people who begin or cease to talk, 8 who are muted or unmuted, 6 put on hold or taken off it, 2 who begin or cease to coach,
3 who leave and 3 who join; hardly more than a tenth of the room talk at once, or are muted, or on hold. An application is told
everything. The plain way to write the rules walks over everybody and plans everybody anew. Before measuring, both tell the same
and plan the same, event by event.

``python -m benchmarks.rules [--quick] [--once]``
"""

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ari_conf.conference import (
    AudioPlan,
    CallbackEvent,
    Command,
    Conference,
    ConferenceEvent,
    ConferenceSettings,
    Join,
    Leave,
    Modify,
    Participant,
    SetHold,
    SetMuted,
    StatusCallback,
    Talking,
    audio_plan,
    handle,
    new_conference,
    revised,
)

from . import rules_plainly
from .findings import Efforts, Line, at_least, at_most, run
from .measure import Figure, in_turns

SIZES = SMALL, LARGE = 3, 250
SETTINGS = ConferenceSettings(StatusCallback("http://127.0.0.1/events", events=frozenset(CallbackEvent)))
PLAINLY = "the plain way"


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, commands in one measure, and how many of them the plain way is given."""

    rounds: int
    commands: int
    plainly: int


EFFORTS = Efforts(full=Effort(15, 20_000, 2_000), quick=Effort(5, 10_000, 500), once=Effort(1, 300, 100))


class Crowd:
    """A room of one size, as far as one has to know it to give commands that change something."""

    def __init__(self, size: int) -> None:
        self._random = random.Random(size)
        self.present = [f"CA{number:032x}" for number in range(size)]
        self._last = size
        self._on: dict[str, set[str]] = {"talking": set(), "muted": set(), "hold": set()}
        self._coach: str | None = None

    def begin(self) -> Iterator[Command]:
        return (Join(Participant(call_sid), SETTINGS) for call_sid in self.present)

    def go_on(self) -> Iterator[Command]:
        """Give hundreds of commands without end."""
        kinds = [self._talk] * 78 + [self._mute] * 8 + [self._hold] * 6 + [self._coaching] * 2 + [self._leave] * 3
        while True:
            self._random.shuffle(kinds)
            for kind in kinds:
                yield from kind()

    def _somebody(self, what: str) -> tuple[str, bool]:
        if len(self._on[what]) > len(self.present) // 10:
            # Most people listen, and are heard if they talk, most of the time.
            able = sorted(self._on[what])
        elif what == "talking":
            silent = self._on["muted"] | self._on["hold"] | {self._coach}
            able = [call_sid for call_sid in self.present if call_sid not in silent]
        else:
            able = self.present
        call_sid = self._random.choice(able or self.present)
        self._on[what] ^= {call_sid}
        return call_sid, call_sid in self._on[what]

    def _talk(self) -> Iterator[Command]:
        yield Talking(*self._somebody("talking"))

    def _mute(self) -> Iterator[Command]:
        call_sid, muted = self._somebody("muted")
        self._on["talking"].discard(call_sid)
        yield SetMuted(call_sid, muted)

    def _hold(self) -> Iterator[Command]:
        call_sid, hold = self._somebody("hold")
        self._on["talking"].discard(call_sid)
        yield SetHold(call_sid, hold)

    def _coaching(self) -> Iterator[Command]:
        if self._coach is not None:
            yield Modify(self._coach, coaching=False)
            self._coach = None
            return
        able = [call_sid for call_sid in self.present if call_sid not in self._on["hold"]]
        if len(able) > 1:
            self._coach, coached = self._random.sample(able, 2)
            self._on["talking"].discard(self._coach)
            yield Modify(self._coach, coaching=True, call_sid_to_coach=coached)

    def _leave(self) -> Iterator[Command]:
        call_sid = self.present.pop(self._random.randrange(len(self.present)))
        for which in self._on.values():
            which.discard(call_sid)
        if self._coach == call_sid:
            self._coach = None
        yield Leave(call_sid)
        self._last += 1
        self.present.append(f"CA{self._last:032x}")
        yield Join(Participant(self.present[-1]), SETTINGS)


class Ours:
    """Does with the rules what ``Rooms`` does with them."""

    def __init__(self) -> None:
        self.conference: Conference = new_conference(sid="CF", account_sid="AC", friendly_name="room", now=0.0)
        self.plan = audio_plan(self.conference)

    def do(self, command: Command) -> tuple[ConferenceEvent, ...]:
        before = self.conference
        self.conference, events = handle(before, command, 1.0)
        if not isinstance(command, Talking):
            self.plan, _ = revised(self.plan, before, self.conference, command)
        return events


class Plainly:
    def __init__(self) -> None:
        self.room = rules_plainly.PlainRoom("CF")
        self.plan: AudioPlan = rules_plainly.audio_plan(self.room)

    def do(self, command: Command) -> tuple[ConferenceEvent, ...]:
        self.room, events = rules_plainly.handle(self.room, command, 1.0)
        if not isinstance(command, Talking):
            self.plan = rules_plainly.audio_plan(self.room)
        return events


def script(size: int, length: int) -> tuple[list[Command], list[Command]]:
    """Return the commands that fill a room, and those that are measured."""
    crowd = Crowd(size)
    begin, going_on = list(crowd.begin()), crowd.go_on()
    return begin, [next(going_on) for _ in range(length)]


def check(begin: Sequence[Command], commands: Sequence[Command]) -> None:
    ours, plainly = Ours(), Plainly()
    idle = 0
    for command in [*begin, *commands]:
        events = ours.do(command)
        assert events == plainly.do(command), command
        idle += not events
        assert ours.plan == plainly.plan, command
        assert list(ours.plan.placements) == list(plainly.plan.placements), command
    assert idle <= len(commands) * 0.1, "commands that change nothing are no events"


def seconds_each(rival: Callable[[], Ours | Plainly], begin: Sequence[Command], commands: Sequence[Command]) -> float:
    room = rival()
    for command in begin:
        room.do(command)
    gc.collect()
    do, began = room.do, time.thread_time()
    for command in commands:
        do(command)
    return (time.thread_time() - began) / len(commands)


def measure(effort: Effort) -> list[Line]:
    rivals: dict[str, Callable[[], float]] = {}
    for size in SIZES:
        begin, commands = script(size, effort.commands)
        check(begin, commands[: effort.plainly])
        rivals[f"ours {size}"] = partial(seconds_each, Ours, begin, commands)
        rivals[f"theirs {size}"] = partial(seconds_each, Plainly, begin, commands[: effort.plainly])
    figures = in_turns(rivals, effort.rounds)
    lines = []
    for size in SIZES:
        ours, theirs = (per_second(figures[f"{whose} {size}"]) for whose in ("ours", "theirs"))
        lines += [
            Line(f"events in a room of {size}", ours, "/s", reach=at_least(100_000)),
            Line(f"events in a room of {size}, against {PLAINLY}", ours, "/s", PLAINLY, theirs),
        ]
    large, small = (Figure(tuple(1e6 * one for one in figures[f"ours {size}"].rounds)) for size in (LARGE, SMALL))
    cost = f"an event in a room of {LARGE}"
    return [*lines, Line(cost, large, "µs", f"a room of {SMALL}", small, reach=at_most(1.5))]


def per_second(figure: Figure) -> Figure:
    return Figure(tuple(1 / one for one in figure.rounds))


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measure)
