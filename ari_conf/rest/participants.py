"""Participants of a conference: list, fetch, change, remove, and call somebody in."""

from ari_conf.calls import Control, ControlError
from ari_conf.conference import Conference, Exit
from ari_conf.rooms import Rooms
from ari_conf.sids import SidKind, is_sid
from ari_conf.twilio_codes import Code

from .adding import CreateParticipant, conference_named, participant_request, refuse_coaching
from .changing import ParticipantUpdate, changes, refuse, rehearse
from .choices import NEWEST_PARTICIPANT_FIRST
from .conferences import Conferences
from .errors import NotFound, RestError
from .operation import Asked, Listing, Operation, Segment
from .paging import Page, Paging, in_memory, paginate
from .parameters import Flag, P, Parameters
from .participants_body import BODY, KEY, ParticipantBody, Presence, Present


class ParticipantFilter(Paging):
    """Which participants."""

    muted: Flag | None = None
    hold: Flag | None = None
    coaching: Flag | None = None


class Participants:
    """Those of running conferences; a conference that is over has none."""

    def __init__(self, conferences: Conferences, rooms: Rooms, control: Control) -> None:
        self._conferences = conferences
        self._rooms = rooms
        self._control = control
        self._presence = Presence(rooms, control)

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
                begins_call=True,
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
        found = self._presence.everybody(conference) if conference else []
        if wanted.muted is not None:
            found = [one for one in found if one.participant.muted is wanted.muted]
        if wanted.hold is not None:
            found = [one for one in found if one.participant.hold is wanted.hold]
        if wanted.coaching is not None:
            found = [one for one in found if one.participant.coaching is wanted.coaching]
        source = in_memory(found, KEY, newest_first=NEWEST_PARTICIPANT_FIRST)
        return await paginate(wanted, source, KEY, BODY)

    async def create(self, asked: Asked[CreateParticipant]) -> ParticipantBody:
        """Begin to call somebody, and return the participant at once."""
        account_sid, name = asked.account.sid, conference_named(asked.path["ConferenceSid"])
        refuse_coaching(self._rooms.find(account_sid, name), asked.parameters)
        conference_sid, call = await self._control.add_participant(account_sid, name, participant_request(asked.parameters))
        conference = self._conferences.running(account_sid, conference_sid)
        one = self._presence.find(conference, call.sid) if conference else None
        if one is None:
            raise RestError(Code.INTERNAL_FAILURE, f"Call {call.sid} has failed at once.", 500)
        return one.just_created(queue_time="0")

    async def fetch(self, asked: Asked[Parameters]) -> ParticipantBody:
        """Return a participant."""
        _, one = self._asked_for(asked)
        return one.body

    async def update(self, asked: Asked[ParticipantUpdate]) -> ParticipantBody:
        """Carry out all changes or, if one of them is refused, none; return the participant as it is then."""
        conference, one = self._asked_for(asked)
        call_sid = one.participant.call_sid
        commands = changes(one.participant, asked.parameters)
        if commands and call_sid not in conference.participants:
            raise RestError(Code.CONFERENCE_NOT_ACTIVE, f"Call {call_sid} has not joined the conference yet.")
        if len(commands) > 1:
            rehearse(conference, commands)
        for command in commands:
            refuse(self._rooms.command(conference.sid, command))
        _, one = self._asked_for(asked)
        return one.body

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

    def _asked_for(self, asked: Asked[P]) -> tuple[Conference, Present]:
        """Return the participant that a request names. Raises ``NotFound`` if there is none."""
        conference = self._conferences.running(asked.account.sid, asked.path["ConferenceSid"])
        if conference is None:
            raise NotFound
        name = asked.path["CallSid"]
        call_sid = name if is_sid(name, SidKind.CALL) else conference.labels.get(name, "")
        found = self._presence.find(conference, call_sid)
        if found is None:
            raise NotFound
        return conference, found
