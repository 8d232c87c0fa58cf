"""Participants as they are answered. Conferences are immutable, so what has been written of one is kept until it changes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Final
from weakref import WeakKeyDictionary

from ari_conf.calls import Call, Control, PendingParticipant
from ari_conf.conference import Conference, Participant
from ari_conf.rooms import Notes, Rooms
from ari_conf.webhooks import CallStatus

from .operation import Body
from .paging import Key
from .reading import account_path, dated

_STATUS: Final = {
    CallStatus.QUEUED: "queued",
    CallStatus.INITIATED: "connecting",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "connecting",
}
"""What the status of a call that has not joined yet is called here; one that is over has failed."""


class ParticipantBody(Body):
    """A participant. ``queue_time``, in milliseconds, is told of one that has just been created.

    ``talking`` is ours. It is false as well where that is not to be known (``[conferences] detect_talking``).
    """

    account_sid: str
    call_sid: str
    call_sid_to_coach: str | None
    coaching: bool
    conference_sid: str
    date_created: str
    date_updated: str
    end_conference_on_exit: bool
    hold: bool
    label: str | None
    muted: bool
    queue_time: str | None
    start_conference_on_enter: bool
    status: str
    talking: bool
    uri: str


@dataclass(frozen=True)
class Present:
    """Somebody who is in a conference, or is being called into it. Times are in seconds since 1970 (UTC)."""

    account_sid: str
    conference_sid: str
    participant: Participant
    status: str
    created_at: float
    updated_at: float
    talking: bool = False

    @cached_property
    def key(self) -> Key:
        """Where this one stands in a list."""
        return self.created_at, self.participant.call_sid

    @cached_property
    def body(self) -> ParticipantBody:
        """What is answered; made once."""
        return self.just_created(queue_time=None)

    def just_created(self, queue_time: str | None) -> ParticipantBody:
        """Return the same with the time, in milliseconds, that the call waits to be placed."""
        participant = self.participant
        account = account_path(self.account_sid)
        return ParticipantBody(
            account_sid=self.account_sid,
            call_sid=participant.call_sid,
            call_sid_to_coach=participant.call_sid_to_coach,
            coaching=participant.coaching,
            conference_sid=self.conference_sid,
            date_created=dated(self.created_at),
            date_updated=dated(self.updated_at),
            end_conference_on_exit=participant.end_conference_on_exit,
            hold=participant.hold,
            label=participant.label,
            muted=participant.muted,
            queue_time=queue_time,
            start_conference_on_enter=participant.start_conference_on_enter,
            status=self.status,
            talking=self.talking,
            uri=f"{account}/Conferences/{self.conference_sid}/Participants/{participant.call_sid}.json",
        )


KEY: Final[Callable[[Present], Key]] = attrgetter("key")
BODY: Final[Callable[[Present], ParticipantBody]] = attrgetter("body")


class Presence:
    """Who is in running conferences, or is being called into them."""

    def __init__(self, rooms: Rooms, control: Control) -> None:
        self._rooms = rooms
        self._control = control
        self._listed: WeakKeyDictionary[Notes, tuple[Conference, dict[str, Present]]] = WeakKeyDictionary()
        """What was listed last of a conference, by its journal, with which it goes."""

    def everybody(self, conference: Conference) -> list[Present]:
        """Return all of them: in the order of their keys, but those who are being called last."""
        there = self._those_there(conference)
        called = [
            _called(conference, one)
            for one in self._control.pending(conference.sid)
            if one.call.sid not in conference.participants
        ]
        return [*there.values(), *called]

    def find(self, conference: Conference, call_sid: str) -> Present | None:
        """Return the one whose call it is."""
        participant = conference.participants.get(call_sid)
        if participant is not None:
            return _there(conference, participant, self._rooms.journal_of(conference.sid))
        called = (one for one in self._control.pending(conference.sid) if one.call.sid == call_sid)
        return next((_called(conference, one) for one in called), None)

    def _those_there(self, conference: Conference) -> dict[str, Present]:
        journal = self._rooms.journal_of(conference.sid)
        known, before = self._listed.get(journal, (None, {}))
        if known is conference:
            return before
        there = []
        for call_sid, participant in conference.participants.items():
            one = before.get(call_sid)
            if (
                one is None
                or one.participant is not participant
                or one.talking is not (call_sid in conference.talking)
                or one.updated_at != journal.updated_at[call_sid]
            ):
                one = _there(conference, participant, journal)
            there.append(one)
        there.sort(key=KEY)
        listed = {one.participant.call_sid: one for one in there}
        self._listed[journal] = conference, listed
        return listed


def _there(conference: Conference, participant: Participant, journal: Notes) -> Present:
    call_sid = participant.call_sid
    return Present(
        account_sid=conference.account_sid,
        conference_sid=conference.sid,
        participant=participant,
        status="connected",
        created_at=journal.joined_at[call_sid],
        updated_at=journal.updated_at[call_sid],
        talking=call_sid in conference.talking,
    )


def status_of(call: Call) -> str:
    """Return what the status of a call that is to join is called here."""
    return _STATUS.get(call.status, "failed")


def _called(conference: Conference, pending: PendingParticipant) -> Present:
    status, since = status_of(pending.call), pending.created_at
    return Present(conference.account_sid, conference.sid, pending.participant, status, since, since)
