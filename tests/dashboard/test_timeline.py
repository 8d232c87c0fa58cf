"""The timeline of conferences that were led by hand: what is drawn, and which callback belongs to what."""

from dataclasses import replace
from typing import Any

from ari_conf.conference import (
    AddFailed,
    ConferenceSettings,
    EndConference,
    Exit,
    Expect,
    Join,
    Leave,
    Modify,
    Participant,
    ParticipantCallStatus,
    SetHold,
    SetMuted,
    SetRecordingPaused,
    Talking,
)
from ari_conf.dashboard.segments import segments, union, within
from ari_conf.dashboard.timeline import MOST_EVENTS, Kept, Person, Timeline, timeline
from ari_conf.dashboard.views import head, head_of_row
from ari_conf.rooms.journal import conference_row
from ari_conf.store import CallRow, DeliveryRow, EventRow
from tests.store.rows import delivery

from .past import Past


def person(made: Timeline, call_sid: str) -> Person:
    (found,) = (one for one in made["people"] if one["call_sid"] == call_sid)
    return found


def without_details(event: EventRow) -> EventRow:
    """Return an event as it was kept before it had details."""
    return replace(event, data={})


def test_who_was_there_and_what_they_did() -> None:
    past = Past()
    past.do(
        Join(Participant("CA1", label="ann", muted=True)),
        Join(Participant("CA2")),  # 2: it starts
        SetMuted("CA1", muted=False),
        Talking("CA1", talking=True),
        SetHold("CA1", hold=True),  # 5: which ends the talk
        SetHold("CA1", hold=False),
        Modify("CA2", coaching=True, call_sid_to_coach="CA1"),
        Leave("CA1", Exit.HUNG_UP),  # 8
        Join(Participant("CA1", label="boss")),
    )
    ann, coach = past.timeline()["people"]
    assert (ann["call_sid"], ann["label"]) == ("CA1", "boss")
    assert [tuple(stay.values()) for stay in ann["stays"]] == [
        (1.0, 8.0, "participant_hung_up", 2.0),
        (9.0, None, None, 9.0),
    ]
    assert (ann["muted"], ann["talk"], ann["hold"]) == ([(1.0, 3.0)], [(4.0, 5.0)], [(5.0, 6.0)])
    assert coach["coaching"] == [{"from": 7.0, "to": None, "call_sid_to_coach": "CA1"}]
    assert ann["coached"] == [(7.0, 8.0), (9.0, None)]


def test_a_conference_that_is_over_has_no_open_end() -> None:
    past = Past()
    past.do(
        Join(Participant("CA1", muted=True), ConferenceSettings(record=True)),
        Join(Participant("CA2", hold=True)),
        SetRecordingPaused(paused=True),
        SetRecordingPaused(paused=False),
        EndConference(),
    )
    made = past.timeline()
    assert (made["begin"], made["end"]) == (0.0, 5.0)
    assert person(made, "CA1")["muted"] == [(1.0, 5.0)]
    assert person(made, "CA2")["hold"] == [(2.0, 5.0)]
    (recording,) = made["recordings"]
    assert recording["segments"] == [(2.0, 3.0), (4.0, 5.0)]


def test_who_was_called_and_did_not_come() -> None:
    past = Past()
    past.do(Join(Participant("CA1")), Expect(Participant("CA2", label="bob", muted=True)))
    past.do(AddFailed("CA2", ParticipantCallStatus.BUSY))
    bob = person(past.timeline(), "CA2")
    assert [tuple(stay.values()) for stay in bob["stays"]] == [(3.0, 3.0, "participant_add_failed", 3.0)]
    assert (bob["label"], bob["muted"]) == ("bob", [])


def test_a_room_that_has_never_begun() -> None:
    past = Past()
    past.do(*(Join(Participant(call_sid, start_conference_on_enter=False)) for call_sid in ("CA1", "CA2")), Leave("CA2"))
    waits = [stay["waited_until"] for one in past.timeline()["people"] for stay in one["stays"]]
    assert waits == [None, 3.0]
    past.do(Leave("CA1"))
    waits = [stay["waited_until"] for one in past.timeline()["people"] for stay in one["stays"]]
    assert waits == [4.0, 3.0]


def test_events_of_earlier_versions_say_less_and_what_can_be_told_is_told() -> None:
    past = Past()
    past.do(
        Join(Participant("CA1", muted=True)),
        Join(Participant("CA2", hold=True)),
        Join(Participant("CA3", coaching=True, call_sid_to_coach="CA1")),
        SetMuted("CA1", muted=False),
    )
    made = past.timeline([without_details(event) for event in past.events])
    assert person(made, "CA1")["muted"] == [(1.0, 4.0)]  # for it was unmuted
    assert person(made, "CA2")["hold"] == [(2.0, None)]  # for it is on hold lastly
    assert person(made, "CA3")["coaching"] == [{"from": 3.0, "to": None, "call_sid_to_coach": "CA1"}]
    assert person(past.timeline([]), "CA2")["hold"] == [(2.0, None)]


def test_a_conference_whose_end_nobody_noted_is_over_since_something_happened_last() -> None:
    past = Past()
    past.do(Join(Participant("CA1")), Join(Participant("CA2")), Talking("CA1", talking=True), SetMuted("CA2", muted=True))
    lost = head_of_row(conference_row(past.state, 0.0))
    made = timeline(lost, Kept(participants=past.stays, calls={}, events=past.events), 99.0)
    assert made["end"] == 4.0
    assert person(made, "CA1")["talk"] == [(3.0, 4.0)]
    assert person(made, "CA2")["stays"][0]["left_at"] == 4.0


def callback(number: int, **more: Any) -> DeliveryRow:
    return replace(delivery(number), url="https://bob:sesame@app.example/", **more)


def test_callbacks_are_found_by_what_they_tell() -> None:
    past = Past()
    past.do(Join(Participant("CA1"), ConferenceSettings(record=True)), Join(Participant("CA2")))
    told = [replace(event, sequence_number=event.number * 2) for event in past.events[:2]]
    call = CallRow(sid="CA1", account_sid="AC1", from_="+1", to="room", direction="inbound", status="x", created_at=0.0)
    recording = past.recording
    assert recording is not None
    kept = Kept(
        participants=past.stays,
        calls={"CA1": call},
        recordings=[recording],
        events=[*told, *past.events[2:]],
        callbacks=[
            callback(1, parameters={"SequenceNumber": "4", "StatusCallbackEvent": "participant-join"}),
            callback(2, kind="recording", parameters={"RecordingSid": "RE1", "RecordingStatus": "in-progress"}),
            callback(3, kind="recording", parameters={"RecordingSid": "RE2", "RecordingStatus": "in-progress"}),
        ],
    )
    made = timeline(head(past.state), kept, 3.0)
    first, second, start, recorded = made["events"]
    assert (first["callback"], start["callback"], recorded["callback"]) == (None, None, None)
    assert second["callback"] is not None
    assert (second["callback"]["token"], second["callback"]["url"]) == ("token-1", "https://app.example/")
    assert [one["event"] for one in made["recordings"][0]["callbacks"]] == ["in-progress"]
    assert (person(made, "CA1")["from"], person(made, "CA2")["from"]) == ("+1", "")


def test_the_last_events_are_listed_and_all_are_drawn() -> None:
    past = Past()
    past.do(Join(Participant("CA1")), Join(Participant("CA2")))
    for _ in range(MOST_EVENTS):
        past.do(Talking("CA1", talking=True), Talking("CA1", talking=False))
    made = past.timeline()
    assert made["events_truncated"]
    assert [event["number"] for event in made["events"]] == list(range(MOST_EVENTS + 4, 2 * MOST_EVENTS + 4))
    assert len(person(made, "CA1")["talk"]) == MOST_EVENTS
    assert not past.timeline(past.events[-MOST_EVENTS:])["events_truncated"]


def test_segments() -> None:
    assert segments([(1.0, True), (2.0, True), (3.0, False), (3.0, True), (4.0, False)], 0.0, 9.0, initially=False) == [
        (1.0, 4.0)
    ]
    assert segments([(5.0, True), (5.0, False), (12.0, True)], 0.0, 9.0, initially=False) == []
    assert segments([(-1.0, True)], 0.0, None, initially=False) == [(0.0, None)]
    assert union([(5.0, None), (1.0, 2.0), (2.0, 3.0), (0.0, 1.5), (6.0, 7.0)]) == [(0.0, 3.0), (5.0, None)]
    assert within([(1.0, None)], [(0.0, 2.0), (3.0, None)]) == [(1.0, 2.0), (3.0, None)]
