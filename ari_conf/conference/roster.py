"""Who is in a room, with what is counted along so that no rule has to walk over the participants."""

from types import MappingProxyType
from typing import TypeVar

from . import choices
from .immutable import replace
from .model import CallbackEvent, Conference, Participant

T = TypeVar("T")


def put_in(conference: Conference, participant: Participant) -> Conference:
    """Return the room with one more participant, who is not in it yet."""
    return replace(
        conference,
        participants=_with(conference.participants, participant.call_sid, participant),
        labels=_labelled(conference, participant),
        coaches=_coaching(conference, participant),
        starters=conference.starters + participant.start_conference_on_enter,
    )


def counted(conference: Conference) -> Conference:
    """Return the room with what is counted along worked out from those who are in it and those who are expected."""
    present, expected = conference.participants.values(), conference.expected.values()
    return replace(
        conference,
        labels=MappingProxyType({one.label: one.call_sid for one in (*present, *expected) if one.label is not None}),
        coaches=MappingProxyType({one.call_sid: one.coached for one in present if one.coached is not None}),
        starters=sum(one.start_conference_on_enter for one in present),
    )


def expect(conference: Conference, participant: Participant) -> Conference:
    """Return the room with somebody more who is expected, and whose label is taken."""
    expected = _with(conference.expected, participant.call_sid, participant)
    return replace(conference, expected=expected, labels=_labelled(conference, participant))


def expect_no_more(conference: Conference, call_sid: str) -> Conference:
    """Return the room without somebody who was expected, if that call was; the label is free again."""
    participant = conference.expected.get(call_sid)
    if participant is None:
        return conference
    expected = _without(conference.expected, call_sid)
    return replace(conference, expected=expected, labels=_without(conference.labels, participant.label))


def take_out(conference: Conference, participant: Participant) -> Conference:
    """Return the room without one of its participants; the label is free again."""
    return replace(
        conference,
        participants=_without(conference.participants, participant.call_sid),
        labels=_without(conference.labels, participant.label),
        coaches=_without(conference.coaches, participant.call_sid),
        starters=conference.starters - participant.start_conference_on_enter,
    )


def changed(
    conference: Conference, participant: Participant, event: CallbackEvent | None = None
) -> tuple[Conference, int | None]:
    """Return the room with one of its participants as it is now, and the number of the event that tells so.

    ``start_conference_on_enter``, the label, and whom it coaches do not change.
    """
    number = _number(conference, event)
    conference = replace(
        conference,
        participants=_with(conference.participants, participant.call_sid, participant),
        last_sequence_number=number or conference.last_sequence_number,
    )
    return conference, number


def coached(conference: Conference, participant: Participant) -> Conference:
    """Return the room with whom one of its participants coaches as that is now."""
    return replace(conference, coaches=_coaching(conference, participant))


def talks(conference: Conference, call_sid: str, since: float | None) -> tuple[Conference, int | None]:
    """Return the room where somebody talks, or no longer does, and the number of the event that tells so."""
    number = _number(conference, CallbackEvent.SPEAKER)
    before = conference.talking
    talking = _without(before, call_sid) if since is None else _with(before, call_sid, since)
    return replace(conference, talking=talking, last_sequence_number=number or conference.last_sequence_number), number


def numbered(conference: Conference, event: CallbackEvent) -> tuple[Conference, int | None]:
    """Give the next ``SequenceNumber`` to an event, if it is subscribed to."""
    number = _number(conference, event)
    return replace(conference, last_sequence_number=number) if number else conference, number


def _number(conference: Conference, event: CallbackEvent | None) -> int | None:
    callback = conference.settings.status_callback
    if callback is None or event not in callback.events:
        return None
    return conference.last_sequence_number + 1 if conference.last_sequence_number else choices.FIRST_SEQUENCE_NUMBER


def _labelled(conference: Conference, participant: Participant) -> MappingProxyType[str, str]:
    if participant.label is None:
        return conference.labels
    return _with(conference.labels, participant.label, participant.call_sid)


def _coaching(conference: Conference, participant: Participant) -> MappingProxyType[str, str]:
    if participant.coached is None:
        return _without(conference.coaches, participant.call_sid)
    return _with(conference.coaches, participant.call_sid, participant.coached)


def _with(mapping: MappingProxyType[str, T], key: str, value: T) -> MappingProxyType[str, T]:
    # Not ``{**mapping}``: a proxy is copied at once by itself alone, and else key by key.
    return MappingProxyType(mapping | {key: value})


def _without(mapping: MappingProxyType[str, T], key: str | None) -> MappingProxyType[str, T]:
    if key is None or key not in mapping:
        return mapping
    copied = mapping.copy()
    del copied[key]
    return MappingProxyType(copied)
