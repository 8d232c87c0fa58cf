"""Participants of a conference: list, fetch, change, remove, and call somebody in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ari_conf.calls import Control, ControlError, PendingParticipant
from ari_conf.conference import (
    Conference,
    Exit,
    Participant,
)
from ari_conf.rooms import Rooms
from ari_conf.twilio_codes import Code
from ari_conf.webhooks import CallStatus

from .adding import CreateParticipant, participant_request, refuse_coaching
from .changing import ParticipantUpdate, changes, rehearse
from .choices import NEWEST_PARTICIPANT_FIRST
from .conferences import Conferences
from .errors import NotFound, RestError
from .operation import Asked, Body, Listing, Operation, Segment
from .paging import Key, Page, Paging, in_memory, paginate
from .parameters import Flag, P, Parameters
from .reading import dated

_CALL_SID: Final = re.compile(r"CA[0-9a-f]{32}")

_STATUS: Final = {
    CallStatus.QUEUED: "queued",
    CallStatus.INITIATED: "connecting",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "connecting",
}
"""What the status of a call that has not joined yet is called here; one that is over has failed."""


class ParticipantBody(Body):
    """A participant. ``queue_time``, in milliseconds, is told of one that has just been created."""

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
    uri: str


class ParticipantFilter(Paging):
    """Which participants."""

    muted: Flag | None = None
    hold: Flag | None = None
    coaching: Flag | None = None


@dataclass(frozen=True, slots=True)
class _Present:
    """Somebody who is in a conference, or is being called into it."""

    participant: Participant
    status: str
    created_at: float
    updated_at: float


class Participants:
    """Those of running conferences; a conference that is over has none."""

    def __init__(self, conferences: Conferences, rooms: Rooms, control: Control) -> None:
        self._conferences = conferences
        self._rooms = rooms
        self._control = control

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        all_, item = "/Conferences/{ConferenceSid}/Participants", "/Conferences/{ConferenceSid}/Participants/{CallSid}"
        who = {"CallSid": Segment("The participant's Call SID, or its label (percent-encoded)")}
        room = {
            "ConferenceSid": Segment("The SID of a running conference, or a name; a conference of it is made if there is none")
        }
        return [
            Operation(
                name="ListParticipant",
                method="GET",
                path=all_,
                handler=self.list,
                parameters=ParticipantFilter,
                summary="List the participants of a conference",
                answer=Listing("participants", ParticipantBody),
            ),
            Operation(
                name="CreateParticipant",
                method="POST",
                path=all_,
                handler=self.create,
                parameters=CreateParticipant,
                summary="Call somebody into a conference",
                answer=ParticipantBody,
                status=201,
                segments=room,
            ),
            Operation(
                name="FetchParticipant",
                method="GET",
                path=item,
                handler=self.fetch,
                summary="Fetch a participant",
                answer=ParticipantBody,
                segments=who,
            ),
            Operation(
                name="UpdateParticipant",
                method="POST",
                path=item,
                handler=self.update,
                parameters=ParticipantUpdate,
                summary="Mute, hold, announce to, or otherwise change a participant",
                answer=ParticipantBody,
                segments=who,
            ),
            Operation(
                name="DeleteParticipant",
                method="DELETE",
                path=item,
                handler=self.delete,
                summary="Remove a participant from the conference",
                segments=who,
            ),
        ]

    async def list(self, asked: Asked[ParticipantFilter]) -> Page:
        """Return a page of a conference's participants; none if it is over."""
        conference = self._conferences.running(asked.account.sid, asked.path["ConferenceSid"])
        if conference is None:
            await self._conferences.find(asked.account.sid, asked.path["ConferenceSid"])
        wanted = asked.parameters
        found = [
            one
            for one in (self._present(conference) if conference else [])
            if wanted.muted in {None, one.participant.muted}
            and wanted.hold in {None, one.participant.hold}
            and wanted.coaching in {None, one.participant.coaching}
        ]
        source = in_memory(found, _key, newest_first=NEWEST_PARTICIPANT_FIRST)
        return await paginate(wanted, source, _key, lambda one: _body(asked, asked.path["ConferenceSid"], one))

    async def create(self, asked: Asked[CreateParticipant]) -> ParticipantBody:
        """Begin to call somebody, and return the participant at once."""
        account_sid, name = asked.account.sid, asked.path["ConferenceSid"]
        refuse_coaching(self._rooms.find(account_sid, name), asked.parameters)
        conference_sid, call = await self._control.add_participant(account_sid, name, participant_request(asked.parameters))
        conference = self._conferences.running(account_sid, conference_sid)
        one = self._find(conference, call.sid) if conference else None
        if one is None:
            raise RestError(Code.INTERNAL_FAILURE, f"Call {call.sid} has failed at once.", 500)
        return _body(asked, conference_sid, one, queue_time="0")

    async def fetch(self, asked: Asked[Parameters]) -> ParticipantBody:
        """Return a participant."""
        conference, one = self._asked_for(asked)
        return _body(asked, conference.sid, one)

    async def update(self, asked: Asked[ParticipantUpdate]) -> ParticipantBody:
        """Carry out all changes or, if one of them is refused, none; return the participant as it is then."""
        conference, one = self._asked_for(asked)
        call_sid = one.participant.call_sid
        commands = changes(one.participant, asked.parameters)
        if commands and call_sid not in conference.participants:
            raise RestError(Code.CONFERENCE_NOT_ACTIVE, f"Call {call_sid} has not joined the conference yet.")
        rehearse(conference, commands)
        for command in commands:
            self._rooms.command(conference.sid, command)
        conference, one = self._asked_for(asked)
        return _body(asked, conference.sid, one)

    async def delete(self, asked: Asked[Parameters]) -> None:
        """Take a participant out; one who is still being called is called no more."""
        conference, one = self._asked_for(asked)
        call_sid = one.participant.call_sid
        if call_sid in conference.participants:
            self._rooms.leave(call_sid, Exit.KICKED)
        else:
            try:
                await self._control.complete(asked.account.sid, call_sid)
            except ControlError as error:
                raise NotFound from error

    def _asked_for(self, asked: Asked[P]) -> tuple[Conference, _Present]:
        """Return the participant that a request names. Raises ``NotFound`` if there is none."""
        conference = self._conferences.running(asked.account.sid, asked.path["ConferenceSid"])
        if conference is None:
            raise NotFound
        name = asked.path["CallSid"]
        call_sid = name if _CALL_SID.fullmatch(name) else conference.labels.get(name, "")
        found = self._find(conference, call_sid)
        if found is None:
            raise NotFound
        return conference, found

    def _find(self, conference: Conference, call_sid: str) -> _Present | None:
        return next((one for one in self._present(conference) if one.participant.call_sid == call_sid), None)

    def _present(self, conference: Conference) -> Sequence[_Present]:
        journal = self._rooms.journal_of(conference.sid)
        there = [
            _Present(one, "connected", journal.joined_at[call_sid], journal.updated_at[call_sid])
            for call_sid, one in conference.participants.items()
        ]
        return there + [
            _pending(one) for one in self._control.pending(conference.sid) if one.call.sid not in conference.participants
        ]


def _pending(pending: PendingParticipant) -> _Present:
    status = _STATUS.get(pending.call.status, "failed")
    return _Present(pending.participant, status, pending.created_at, pending.created_at)


def _body(asked: Asked[Parameters], conference_sid: str, one: _Present, queue_time: str | None = None) -> ParticipantBody:
    participant, account_sid = one.participant, asked.account.sid
    uri = f"/2010-04-01/Accounts/{account_sid}/Conferences/{conference_sid}/Participants/{participant.call_sid}.json"
    return ParticipantBody(
        account_sid=account_sid,
        call_sid=participant.call_sid,
        call_sid_to_coach=participant.call_sid_to_coach,
        coaching=participant.coaching,
        conference_sid=conference_sid,
        date_created=dated(one.created_at),
        date_updated=dated(one.updated_at),
        end_conference_on_exit=participant.end_conference_on_exit,
        hold=participant.hold,
        label=participant.label,
        muted=participant.muted,
        queue_time=queue_time,
        start_conference_on_enter=participant.start_conference_on_enter,
        status=one.status,
        uri=uri,
    )


def _key(one: _Present) -> Key:
    return one.created_at, one.participant.call_sid
