"""Whatever has happened in rooms, and whenever the controller is killed: the next life knows what was committed."""

import asyncio
import contextlib
import inspect
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ari_conf.conference import (
    Announce,
    AnnouncementOver,
    AudioProgram,
    CallbackEvent,
    Command,
    Conference,
    ConferenceSettings,
    EndConference,
    Exit,
    Modify,
    Participant,
    ParticipantCallStatus,
    SetHold,
    SetMuted,
    StatusCallback,
    Talking,
    audio_plan,
)
from ari_conf.rooms import Caller
from ari_conf.rooms.live import Notes, kept_rooms
from ari_conf.store import EventRow
from ari_conf.twilio_codes import TwilioError
from tests.memory_store import MemoryStore

from .house import ACCOUNT, House

CALLS = tuple(f"CA{number}" for number in range(5))
INVITED = tuple(f"CB{number}" for number in range(3))
SONG = AudioProgram("http://app.example/song")
NAMES = st.sampled_from(("Red", "Red", "Blue"))
ANYBODY = st.sampled_from((*CALLS[:3], *CALLS[:3], *CALLS, *INVITED))
FLAG = st.booleans()
MAYBE = st.none() | FLAG

Step = Callable[[House], object]


@st.composite
def people(draw: st.DrawFn, calls: tuple[str, ...]) -> Participant:
    return Participant(
        draw(st.sampled_from(calls)),
        label=draw(st.sampled_from((None, None, "ann", "bob"))),
        muted=draw(FLAG),
        start_conference_on_enter=draw(FLAG),
        end_conference_on_exit=draw(st.sampled_from((False, False, False, True))),
        wait=draw(st.sampled_from((AudioProgram(), SONG))),
        coaching=(coached := draw(st.sampled_from((None, None, None, None, *CALLS[:2])))) is not None,
        call_sid_to_coach=coached,
    )


@st.composite
def conference_settings(draw: st.DrawFn) -> ConferenceSettings:
    events = draw(st.sampled_from((frozenset(CallbackEvent), frozenset({CallbackEvent.SPEAKER, CallbackEvent.JOIN}))))
    callback = draw(st.sampled_from((None, StatusCallback("http://app.example/events", "GET", events))))
    return ConferenceSettings(callback, draw(st.sampled_from((3, 250))), record=draw(FLAG))


def join(name: str, participant: Participant, wanted: ConferenceSettings) -> Step:
    def step(house: House) -> None:
        if house.rooms.resume(participant.call_sid) is None:
            house.rooms.join(Caller(ACCOUNT, {"From": participant.call_sid}), name, participant, wanted)

    return step


def expect(name: str, participant: Participant, wanted: ConferenceSettings) -> Step:
    def step(house: House) -> None:
        known = {sid for conference in house.rooms.conferences for sid in (*conference.participants, *conference.expected)}
        if participant.call_sid not in known:
            house.rooms.expect(ACCOUNT, name, participant, wanted)

    return step


def command(name: str, asked: Command) -> Step:
    def step(house: House) -> None:
        conference = house.rooms.find(ACCOUNT, name)
        if conference is not None:
            house.rooms.command(conference.sid, asked)

    return step


def pause_recording(name: str, paused: bool) -> Step:  # noqa: FBT001
    async def step(house: House) -> None:
        conference = house.rooms.find(ACCOUNT, name)
        with contextlib.suppress(TwilioError):
            sid = house.recordings.current(ACCOUNT, conference_sid=conference.sid if conference else "CF0").sid
            await (house.recordings.pause(sid) if paused else house.recordings.resume(sid))

    return step


COMMANDS: st.SearchStrategy[Any] = st.one_of(
    st.builds(SetMuted, ANYBODY, FLAG),
    st.builds(SetHold, ANYBODY, FLAG, st.sampled_from((AudioProgram(), SONG))),
    st.builds(Modify, ANYBODY, end_conference_on_exit=MAYBE, coaching=MAYBE, call_sid_to_coach=st.none() | ANYBODY),
    st.builds(Talking, ANYBODY, FLAG),
    st.builds(Announce, st.just(SONG), st.none() | ANYBODY),
    st.builds(AnnouncementOver, st.just(SONG), st.none() | ANYBODY),
)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(join, NAMES, people(CALLS + INVITED), conference_settings()),
    st.builds(join, NAMES, people(CALLS + INVITED), conference_settings()),
    st.builds(expect, NAMES, people(INVITED), conference_settings()),
    st.builds(lambda sid, exit_: lambda house: house.rooms.leave(sid, exit_), st.sampled_from(CALLS), st.sampled_from(Exit)),
    st.builds(lambda sid: lambda house: house.rooms.add_failed(sid, ParticipantCallStatus.BUSY), st.sampled_from(INVITED)),
    st.builds(command, NAMES, COMMANDS),
    st.builds(command, NAMES, COMMANDS),
    st.builds(command, NAMES, COMMANDS),
    st.builds(command, NAMES, COMMANDS),
    st.builds(command, NAMES, COMMANDS),
    st.builds(pause_recording, NAMES, FLAG),
    st.builds(command, NAMES, st.just(EndConference())),
)


def known(house: House) -> dict[str, tuple[Conference, Notes]]:
    """Return what the rooms are now; what changes of itself is copied."""
    return {
        conference.sid: (conference, copied(house.rooms.journal_of(conference.sid))) for conference in house.rooms.conferences
    }


def copied(notes: Notes) -> Notes:
    return replace(
        notes,
        joined_at=dict(notes.joined_at),
        updated_at=dict(notes.updated_at),
        voice_parameters={call_sid: dict(parameters) for call_sid, parameters in notes.voice_parameters.items()},
    )


def plainly(notes: Notes) -> dict[str, Any]:
    return {field: getattr(notes, field) for field in Notes.__slots__}


async def check(house: House, commits: int, expected: dict[str, tuple[Conference, Notes]]) -> None:
    """Compare what a later life finds after so many commits with what the rooms were then."""
    found = await kept_rooms(MemoryStore(rows for rows, _ in house.ledger.commits[:commits]))
    assert [conference.sid for conference, _, _ in found] == list(expected)
    for conference, notes, _ in found:
        as_it_was, noted = expected[conference.sid]
        # Since when they talk is not kept: the later life tells at once that they have ceased.
        assert conference == replace(as_it_was, talking=conference.talking)
        assert list(conference.talking) == list(as_it_was.talking)
        assert list(conference.participants) == list(as_it_was.participants)
        assert list(conference.expected) == list(as_it_was.expected)
        assert plainly(notes) == plainly(noted)


async def happen(step: Step, house: House) -> None:
    done = step(house)
    if inspect.iscoroutine(done):
        await done


async def live(steps: list[Step]) -> House:
    """Let the steps happen, kill the controller after each of them in thought, and return the house as it is then."""
    house = House()
    everything = ConferenceSettings(StatusCallback("http://app.example/events", events=frozenset(CallbackEvent)), record=True)
    first = [join("Red", Participant(call_sid), everything) for call_sid in ("CA0", "CA1", "CA2")]
    for step in first + steps:
        await house.clock.let_pass(1.0)
        await happen(step, house)
        await check(house, len(house.ledger.commits), known(house))
    return house


async def next_life(house: House) -> House:
    after = House()
    await after.clock.let_pass(house.clock.now() - after.clock.now() + 60.0)
    store = MemoryStore(rows for rows, _ in house.ledger.commits)
    await after.recordings.restore(store)
    await after.rooms.restore(store)
    return after


def settled(conference: Conference) -> Conference:
    """Return a conference without what a later life tells as ended."""
    return replace(conference, talking=MappingProxyType({}), last_sequence_number=0)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=25, max_size=50))
def test_after_any_commands_the_next_life_knows_the_rooms(steps: list[Step]) -> None:
    asyncio.run(_knows_the_rooms(steps))


async def _knows_the_rooms(steps: list[Step]) -> None:
    house = await live(steps)
    after = await next_life(house)
    assert [settled(one) for one in after.rooms.conferences] == [settled(one) for one in house.rooms.conferences]
    for conference in house.rooms.conferences:
        restored = after.rooms.find(ACCOUNT, conference.friendly_name)
        assert restored is not None
        first = house.rooms.journal_of(conference.sid).events
        told = [row for row in after.ledger.rows(EventRow) if row.conference_sid == conference.sid]
        assert [row.number for row in told] == list(range(first + 1, first + 1 + len(told)))
        numbers = [row.sequence_number for row in told if row.sequence_number is not None]
        assert numbers == list(range(conference.last_sequence_number + 1, conference.last_sequence_number + 1 + len(numbers)))
        assert restored.last_sequence_number == conference.last_sequence_number + len(numbers)
        assert not restored.talking
        assert not after.rooms.journal_of(conference.sid).announcements
        plans = [plan for plan, _ in after.engine.plans if plan.mix_sid == conference.sid]
        assert plans[-1] == audio_plan(restored)
        placed = {call_sid: after.sounds.placed[call_sid] for call_sid in restored.participants}
        assert placed == plans[-1].placements
        for call_sid in restored.participants:
            stay = after.rooms.resume(call_sid)
            assert stay is not None
            assert stay.conference_sid == conference.sid
            assert after.sounds.met[call_sid] == {"From": call_sid}
    # What was mended is committed too: a third life finds nothing to be mended.
    commits = [*house.ledger.commits, *after.ledger.commits]
    after.ledger.commits = commits
    await check(after, len(commits), known(after))
    third = await next_life(after)
    assert third.rooms.conferences == after.rooms.conferences
    assert third.ledger.commits == []


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=15, max_size=25), st.lists(STEPS, min_size=10, max_size=15))
def test_a_next_life_goes_on_as_if_there_had_been_none(before: list[Step], afterwards: list[Step]) -> None:
    asyncio.run(_goes_on(before, afterwards))


async def _goes_on(before: list[Step], afterwards: list[Step]) -> None:
    house = await live(before)
    after = await next_life(house)
    after.ledger.commits = [*house.ledger.commits, *after.ledger.commits]
    for step in afterwards:
        await after.clock.let_pass(1.0)
        await happen(step, after)
        await check(after, len(after.ledger.commits), known(after))
    for conference in after.rooms.conferences:
        after.rooms.command(conference.sid, EndConference())
    left = MemoryStore(rows for rows, _ in after.ledger.commits).live
    assert not [row for row in left.values() if row.kind != "recording"]
