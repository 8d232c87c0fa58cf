"""What happened in a conference, as it is drawn: who was there and talked, was muted, on hold, coached; all events. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, TypedDict

from ari_conf.conference import ConferenceStatus
from ari_conf.recordings.recording import RUNNING
from ari_conf.rest.callbacks import callback_fields
from ari_conf.rooms.journal import RECORDING_PAUSE, RECORDING_RESUME
from ari_conf.store import CallRow, DeliveryRow, EventRow, ParticipantRow, RecordingRow
from ari_conf.webhooks import CallbackKind

from .segments import Segment, segments, union, within
from .stays import Stay, stays_of
from .views import ConferenceHead

MOST_EVENTS: Final = 2_000
"""So many are listed, the last ones; more are not read by anybody, and a page that has them all stutters."""

Coaching = TypedDict("Coaching", {"from": float, "to": float | None, "call_sid_to_coach": str})


class StayView(TypedDict):
    """A stay; ``waited_until`` is None while it waits for the start, ``joined_at`` if it has not waited."""

    joined_at: float
    left_at: float | None
    reason_left: str | None
    waited_until: float | None


class Person(TypedDict("_Addresses", {"from": str, "to": str})):
    """A call that was in the conference, or was to be, with all its stays."""

    call_sid: str
    label: str | None
    direction: str
    stays: list[StayView]
    talk: list[Segment]
    muted: list[Segment]
    hold: list[Segment]
    coached: list[Segment]
    coaching: list[Coaching]


class RecordingView(TypedDict):
    """A recording of the conference; ``segments`` are when something came into it, ``seconds`` the length of the file."""

    sid: str
    status: str
    started_at: float
    seconds: int | None
    source: str
    segments: list[Segment]
    callbacks: list[Mapping[str, Any]]


class EventView(TypedDict):
    """An event, with the callback that told it to the application, if one did."""

    number: int
    event: str
    at: float
    call_sid: str | None
    sequence_number: int | None
    details: Mapping[str, str]
    callback: Mapping[str, Any] | None


class Timeline(TypedDict):
    """A conference from ``begin`` to ``end`` (None: it runs)."""

    conference: ConferenceHead
    now: float
    begin: float
    end: float | None
    people: list[Person]
    recordings: list[RecordingView]
    events: list[EventView]
    events_truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was kept of a conference. ``events`` are all of them, in order; ``calls`` are by their SIDs."""

    participants: Sequence[ParticipantRow] = ()
    calls: Mapping[str, CallRow]
    recordings: Sequence[RecordingRow] = ()
    events: Sequence[EventRow] = ()
    callbacks: Sequence[DeliveryRow] = ()


def timeline(head: ConferenceHead, kept: Kept, now: float) -> Timeline:
    """Return what happened in a conference, as it is at ``now``."""
    end = _end(head, kept)
    people = _people(kept, end)
    coaching = {call_sid: [turn for stay in stays for turn in stay.coaching()] for call_sid, stays in people.items()}
    coached: dict[str, list[Segment]] = defaultdict(list)
    for turns in coaching.values():
        for whom, when in turns:
            coached[whom].append(when)
    by_number, by_recording = _callbacks(kept.callbacks)
    listed = kept.events[-MOST_EVENTS:]
    return Timeline(
        conference=head,
        now=now,
        begin=min([head["created_at"], *(row.joined_at for row in kept.participants)]),
        end=end,
        people=[
            _person(
                stays,
                kept.calls.get(call_sid),
                [_stay(stay, head["started_at"], end) for stay in stays],
                union(within(coached[call_sid], [stay.span for stay in stays])),
                coaching[call_sid],
            )
            for call_sid, stays in people.items()
        ],
        recordings=_recordings(kept, end, by_recording),
        events=[_event(row, by_number) for row in listed],
        events_truncated=len(listed) < len(kept.events),
    )


def _end(head: ConferenceHead, kept: Kept) -> float | None:
    if head["status"] != ConferenceStatus.COMPLETED or head["ended_at"] is not None:
        return head["ended_at"]
    # Nobody was there to note the end: it is over since something happened last.
    happened = [row.updated_at for row in kept.participants] + [row.at for row in kept.events[-1:]]
    return max([head["created_at"], *happened])


def _people(kept: Kept, end: float | None) -> dict[str, list[Stay]]:
    """Return everybody's stays by Call SID, in order of the first joins."""
    rows: dict[str, list[ParticipantRow]] = defaultdict(list)
    for row in sorted(kept.participants, key=lambda row: row.joined_at):
        rows[row.call_sid].append(row)
    events: dict[str, list[EventRow]] = defaultdict(list)
    for event in kept.events:
        if event.call_sid is not None:
            events[event.call_sid].append(event)
    return {call_sid: stays_of(of_call, events[call_sid], end) for call_sid, of_call in rows.items()}


def _person(
    stays: Sequence[Stay],
    call: CallRow | None,
    views: list[StayView],
    coached: list[Segment],
    coaching: Sequence[tuple[str, Segment]],
) -> Person:
    row = stays[-1].row
    return {
        "call_sid": row.call_sid,
        "label": row.label,
        "from": call.from_ if call else "",
        "to": call.to if call else "",
        "direction": call.direction if call else "",
        "stays": views,
        "talk": [one for stay in stays for one in stay.talk()],
        "muted": [one for stay in stays for one in stay.muted()],
        "hold": [one for stay in stays for one in stay.hold()],
        "coached": coached,
        "coaching": [{"from": begin, "to": end, "call_sid_to_coach": whom} for whom, (begin, end) in coaching],
    }


def _stay(stay: Stay, started_at: float | None, end: float | None) -> StayView:
    joined_at, left_at = stay.span
    began = end if started_at is None else started_at
    ends = [at for at in (began, left_at) if at is not None]
    return StayView(
        joined_at=joined_at,
        left_at=left_at,
        reason_left=stay.row.reason_left,
        waited_until=max(joined_at, min(ends)) if ends else None,
    )


def _recordings(kept: Kept, end: float | None, callbacks: Mapping[str, list[Mapping[str, Any]]]) -> list[RecordingView]:
    changes = [
        (event.at, event.kind == RECORDING_RESUME) for event in kept.events if event.kind in {RECORDING_PAUSE, RECORDING_RESUME}
    ]
    rows = sorted(kept.recordings, key=lambda row: row.started_at)
    # One that begins takes the place of the one before, of an earlier life of the controller.
    following = (row.started_at for row in rows[1:])
    found = []
    for row, next_begins in zip_longest(rows, following):
        over = None if row.status in RUNNING else row.updated_at
        ends = [at for at in (end, next_begins, over) if at is not None]
        until = max(row.started_at, min(ends)) if ends else None
        since = [change for change in changes if change[0] >= row.started_at]
        found.append(
            RecordingView(
                sid=row.sid,
                status=row.status,
                started_at=row.started_at,
                seconds=row.duration,
                source=row.source,
                segments=segments(since, row.started_at, until, initially=True),
                callbacks=callbacks.get(row.sid, []),
            )
        )
    return found


def _callbacks(rows: Sequence[DeliveryRow]) -> tuple[dict[str, Mapping[str, Any]], dict[str, list[Mapping[str, Any]]]]:
    """Return the callbacks of events by the sequence number, and those of recordings by the Recording SID, in order."""
    by_number: dict[str, Mapping[str, Any]] = {}
    by_recording: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.created_at):
        if row.kind == CallbackKind.CONFERENCE:
            by_number[row.parameters.get("SequenceNumber", "")] = callback_fields(row)
        elif row.kind == CallbackKind.RECORDING:
            by_recording[row.parameters.get("RecordingSid", "")].append(callback_fields(row))
    return by_number, by_recording


def _event(row: EventRow, callbacks: Mapping[str, Mapping[str, Any]]) -> EventView:
    return EventView(
        number=row.number,
        event=row.kind,
        at=row.at,
        call_sid=row.call_sid,
        sequence_number=row.sequence_number,
        details=row.data,
        callback=None if row.sequence_number is None else callbacks.get(str(row.sequence_number)),
    )
