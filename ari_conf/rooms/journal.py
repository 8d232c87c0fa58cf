"""What the database is told of a room, and which callbacks are owed: with every command, all of it together."""

import contextlib
from collections.abc import Sequence
from typing import Final, get_args

from ari_conf.conference import (
    AnnouncementDue,
    AnnouncementEnded,
    AnnouncementOver,
    Command,
    Conference,
    ConferenceEnded,
    ConferenceEvent,
    ConferenceStarted,
    Participant,
    ParticipantHoldChanged,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantModified,
    ParticipantMuteChanged,
    ParticipantSpeechChanged,
    RecordingState,
    ToldEvent,
    callback_parameters,
    event_name,
)
from ari_conf.store import ConferenceRow, EventRow, ParticipantRow, Row
from ari_conf.webhooks import CallbackKind, Ledger, Owed, redacted

from .live import Announcement, Kept, Notes

_TOLD: Final = get_args(ToldEvent)

RECORDING_START: Final = "recording-start"
RECORDING_PAUSE: Final = "recording-pause"
RECORDING_RESUME: Final = "recording-resume"
"""Kinds of events that no application is told as events of the conference; that a recording ends with it is told by its end."""

_FLAGS: Final = ("muted", "hold", "coaching", "start_conference_on_enter", "end_conference_on_exit")

_Change = ParticipantJoined | ParticipantLeft | ParticipantMuteChanged | ParticipantHoldChanged | ParticipantModified


class Journal:
    """Keeps what happens in one room, and what it is thereby."""

    def __init__(self, ledger: Ledger, notes: Notes, kept: Kept | None = None) -> None:
        self.notes = notes
        self._ledger = ledger
        self._kept = kept or Kept()
        self._has_row = kept is not None

    def note(
        self, before: Conference, conference: Conference, command: Command, events: Sequence[ConferenceEvent], now: float
    ) -> None:
        """Keep what ``command`` has made of the conference, and owe the callbacks for it."""
        notes = self.notes
        told = [event for event in events if isinstance(event, _TOLD)]
        rows: list[Row] = []
        # Who calls somebody into a new conference gets its SID at once, long before anything happens there.
        changes = [event for event in told if not isinstance(event, ParticipantSpeechChanged)]
        if changes or (conference.expected and not self._has_row):
            self._has_row = True
            notes.changed_at = changes[-1].at if changes else conference.created_at
            rows.append(conference_row(conference, notes.changed_at))
        for event in told:
            notes.events += 1
            rows.append(_event_row(conference.sid, event, notes.events))
            if isinstance(event, _Change):
                rows.append(self._participant_row(conference.sid, event))
        if (kind := _recording_event(before, conference)) is not None:
            notes.events += 1
            rows.append(EventRow(conference_sid=conference.sid, number=notes.events, kind=kind, at=now))
        self._note_announcements(command, events)
        rows += self._kept.rows(conference, notes)
        if rows:
            self._ledger.commit(rows, _owed(conference, told))

    def _note_announcements(self, command: Command, events: Sequence[ConferenceEvent]) -> None:
        notes = self.notes
        if isinstance(command, AnnouncementOver):
            running = list(notes.announcements)
            with contextlib.suppress(ValueError):
                running.remove(Announcement(command.program, command.call_sid))
            notes.announcements = tuple(running)
        due = [Announcement(event.program, event.call_sid) for event in events if isinstance(event, AnnouncementDue)]
        if due:
            notes.announcements = (*notes.announcements, *due)

    def _participant_row(self, conference_sid: str, event: _Change) -> ParticipantRow:
        participant = event.participant
        call_sid, notes = participant.call_sid, self.notes
        if isinstance(event, ParticipantJoined):
            notes.joined_at[call_sid] = event.at
        # Who was expected and does not come has never joined.
        joined_at = notes.joined_at.get(call_sid, event.at)
        notes.updated_at[call_sid] = event.at
        left = event if isinstance(event, ParticipantLeft) else None
        if left:
            notes.joined_at.pop(call_sid, None)
            del notes.updated_at[call_sid]
        return ParticipantRow(
            conference_sid=conference_sid,
            call_sid=participant.call_sid,
            joined_at=joined_at,
            updated_at=event.at,
            label=participant.label,
            muted=participant.muted,
            hold=participant.hold,
            coaching=participant.coaching,
            call_sid_to_coach=participant.call_sid_to_coach,
            start_conference_on_enter=participant.start_conference_on_enter,
            end_conference_on_exit=participant.end_conference_on_exit,
            left_at=left.at if left else None,
            reason_left=left.reason.value if left else None,
        )


def _owed(conference: Conference, events: Sequence[ToldEvent]) -> list[Owed]:
    callback = conference.settings.status_callback
    if callback is None:
        return []
    return [
        Owed(
            account_sid=conference.account_sid,
            kind=CallbackKind.CONFERENCE,
            lane=conference.sid,
            url=callback.url,
            method=callback.method,
            parameters=callback_parameters(conference, event),
        )
        for event in events
        if event.sequence_number is not None
    ]


def conference_row(conference: Conference, updated_at: float) -> ConferenceRow:
    """Return a conference as the database keeps it; ``updated_at`` is when it has changed last."""
    return ConferenceRow(
        sid=conference.sid,
        account_sid=conference.account_sid,
        friendly_name=conference.friendly_name,
        status=conference.status.value,
        region=conference.settings.region,
        created_at=conference.created_at,
        updated_at=updated_at,
        started_at=conference.started_at,
        ended_at=conference.ended_at,
        reason_ended=conference.reason_ended.value if conference.reason_ended else None,
        call_sid_ending=conference.call_sid_ending_conference,
    )


def _event_row(conference_sid: str, event: ToldEvent, number: int) -> EventRow:
    participant = None if isinstance(event, ConferenceStarted | ConferenceEnded) else event.participant
    return EventRow(
        conference_sid=conference_sid,
        number=number,
        kind=event_name(event),
        at=event.at,
        call_sid=participant.call_sid if participant else None,
        sequence_number=event.sequence_number,
        data=_details(event),
    )


def _recording_event(before: Conference, conference: Conference) -> str | None:
    """Return what has become of the conference's recording, as a kind of event; None if nothing, or if it ended with it."""
    match before.recording, conference.recording:
        case RecordingState.OFF, RecordingState.ON:
            return RECORDING_START
        case RecordingState.ON, RecordingState.PAUSED:
            return RECORDING_PAUSE
        case RecordingState.PAUSED, RecordingState.ON:
            return RECORDING_RESUME
        case _:
            return None


def _details(event: ToldEvent) -> dict[str, str]:
    match event:
        case ConferenceEnded():
            return {"reason": event.reason.value}
        case ParticipantJoined():
            return _label_of(event.participant) | _flags_of(event.participant)
        case ParticipantModified():
            return _flags_of(event.participant)
        case ParticipantLeft():
            return {
                "reason": event.reason.value,
                "call_status": event.call_status.value,
                **_label_of(event.participant),
            }
        case AnnouncementEnded():
            failure = {} if event.failure is None else {"failure": event.failure}
            return {"announce_url": redacted(event.program.url or "")} | failure
        case _:
            return {}


def _label_of(participant: Participant) -> dict[str, str]:
    return {} if participant.label is None else {"label": participant.label}


def _flags_of(participant: Participant) -> dict[str, str]:
    flags = {name: "true" if getattr(participant, name) else "false" for name in _FLAGS}
    return flags if participant.call_sid_to_coach is None else flags | {"call_sid_to_coach": participant.call_sid_to_coach}
