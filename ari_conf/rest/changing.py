"""What can be changed of a participant, and what a room is told for it."""

from collections.abc import Sequence
from typing import Annotated

from ari_conf.conference import (
    Announce,
    AudioProgram,
    Command,
    Conference,
    Modify,
    Participant,
    Refused,
    SetHold,
    SetMuted,
    handle,
)

from .announcing import Announcing, announcement
from .choices import HOLD_METHOD
from .errors import RestError
from .parameters import ATTRIBUTE, AttributeMethod, CallSid, Flag, TrueOrNot, UrlOrEmpty

Music = Annotated[UrlOrEmpty, ATTRIBUTE]


class ParticipantUpdate(Announcing):
    """What is to change; what is not given stays as it is."""

    muted: TrueOrNot | None = None
    hold: Flag | None = None
    hold_url: Music | None = None
    hold_method: AttributeMethod = HOLD_METHOD
    wait_url: Music | None = None
    wait_method: AttributeMethod = "POST"
    beep_on_exit: Flag | None = None
    end_conference_on_exit: Flag | None = None
    coaching: Flag | None = None
    call_sid_to_coach: Annotated[CallSid | None, ATTRIBUTE] = None


def changes(participant: Participant, wanted: ParticipantUpdate) -> list[Command]:
    """Return what is to be done, in an order in which it fits together: who comes off hold can hear an announcement.

    Raises ``RestError`` for what cannot be announced.
    """
    call_sid = participant.call_sid
    commands: list[Command] = []
    if wanted.muted is not None:
        commands.append(SetMuted(call_sid, wanted.muted))
    hold = participant.hold if wanted.hold is None else wanted.hold
    if wanted.hold_url is not None and hold:
        commands.append(SetHold(call_sid, hold=True, program=AudioProgram(wanted.hold_url, wanted.hold_method)))
    elif hold is not participant.hold:
        commands.append(SetHold(call_sid, hold))
    modify = Modify(
        call_sid,
        beep_on_exit=wanted.beep_on_exit,
        end_conference_on_exit=wanted.end_conference_on_exit,
        coaching=True if wanted.coaching is None and wanted.call_sid_to_coach is not None else wanted.coaching,
        call_sid_to_coach=wanted.call_sid_to_coach,
        wait=None if wanted.wait_url is None else AudioProgram(wanted.wait_url, wanted.wait_method),
    )
    if modify != Modify(call_sid):
        commands.append(modify)
    announced = announcement(wanted)
    if announced is not None:
        commands.append(Announce(announced, call_sid))
    return commands


def rehearse(conference: Conference, commands: Sequence[Command]) -> None:
    """Raise ``RestError`` if one of the commands would be refused. The rules are pure: nothing happens."""
    for command in commands:
        conference, events = handle(conference, command, conference.created_at)
        for event in events:
            if isinstance(event, Refused):
                refuse(event)


def refuse(refused: Refused | None) -> None:
    """Raise ``RestError`` with the reason why a room has refused a command, if it has."""
    if refused is not None:
        raise RestError(refused.code, refused.message)
