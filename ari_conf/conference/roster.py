"""Who is in a room, with what is counted along so that no rule has to walk over the participants."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from . import choices
from .model import CallbackEvent, Conference, Participant


def put_in(conference: Conference, participant: Participant) -> Conference:
    """Return the room with one more participant, who is not in it yet."""
    return replace(
        conference,
        participants=_with(conference.participants, participant),
        labels=(
            conference.labels
            if participant.label is None
            else MappingProxyType({**conference.labels, participant.label: participant.call_sid})
        ),
        starters=conference.starters + participant.start_conference_on_enter,
    )


def expect(conference: Conference, participant: Participant) -> Conference:
    """Return the room with somebody more who is expected, and whose label is taken."""
    labels = conference.labels
    if participant.label is not None:
        labels = MappingProxyType({**labels, participant.label: participant.call_sid})
    return replace(conference, expected=_with(conference.expected, participant), labels=labels)


def expect_no_more(conference: Conference, call_sid: str) -> Conference:
    """Return the room without somebody who was expected, if that call was; the label is free again."""
    if call_sid not in conference.expected:
        return conference
    expected = {sid: participant for sid, participant in conference.expected.items() if sid != call_sid}
    labels = {label: sid for label, sid in conference.labels.items() if sid != call_sid}
    return replace(conference, expected=MappingProxyType(expected), labels=MappingProxyType(labels))


def take_out(conference: Conference, participant: Participant) -> Conference:
    """Return the room without one of its participants; the label is free again."""
    remaining = dict(conference.participants)
    del remaining[participant.call_sid]
    labels = conference.labels
    if participant.label is not None:
        labels = MappingProxyType({label: sid for label, sid in labels.items() if label != participant.label})
    return replace(
        conference,
        participants=MappingProxyType(remaining),
        labels=labels,
        starters=conference.starters - participant.start_conference_on_enter,
    )


def changed(conference: Conference, participant: Participant) -> Conference:
    """Return the room with one of its participants as it is now; ``start_conference_on_enter`` and the label do not change."""
    return replace(conference, participants=_with(conference.participants, participant))


def numbered(conference: Conference, event: CallbackEvent) -> tuple[Conference, int | None]:
    """Give the next ``SequenceNumber`` to an event, if it is subscribed to."""
    callback = conference.settings.status_callback
    if callback is None or event not in callback.events:
        return conference, None
    number = conference.last_sequence_number + 1 if conference.last_sequence_number else choices.FIRST_SEQUENCE_NUMBER
    return replace(conference, last_sequence_number=number), number


def _with(participants: Mapping[str, Participant], participant: Participant) -> Mapping[str, Participant]:
    return MappingProxyType({**participants, participant.call_sid: participant})
