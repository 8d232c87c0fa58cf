"""The rules of a room as they are written first: everybody is looked for by walking over everybody, and all is planned anew.

They know what ``rules`` asks of them, and no more. They share the vocabulary with ari_conf, so that both can be compared.
"""

from dataclasses import dataclass, field, replace

from ari_conf.conference import (
    AudioPlan,
    BeepDue,
    CallbackEvent,
    Coaching,
    Command,
    ConferenceEvent,
    ConferenceSettings,
    ConferenceStarted,
    InMix,
    Join,
    Leave,
    Modify,
    OnHold,
    Participant,
    ParticipantCallStatus,
    ParticipantHoldChanged,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantModified,
    ParticipantMuteChanged,
    ParticipantSpeechChanged,
    Placement,
    ReasonParticipantLeft,
    RecordingState,
    SetHold,
    SetMuted,
    Talking,
    Waiting,
)

Events = tuple[ConferenceEvent, ...]


@dataclass(frozen=True, slots=True)
class PlainRoom:
    """A room that nobody ends."""

    sid: str
    participants: tuple[Participant, ...] = ()
    talking: tuple[str, ...] = ()
    settings: ConferenceSettings = field(default_factory=ConferenceSettings)
    started: bool = False
    last_number: int = 0


def handle(room: PlainRoom, command: Command, now: float) -> tuple[PlainRoom, Events]:
    if isinstance(command, Join):
        return _join(room, command, now)
    if not isinstance(command, Leave | SetMuted | SetHold | Modify | Talking):
        raise TypeError(command)
    for participant in room.participants:
        if participant.call_sid == command.call_sid:
            return _of_one(room, participant, command, now)
    return room, ()


def audio_plan(room: PlainRoom) -> AudioPlan:
    callback = room.settings.status_callback
    return AudioPlan(
        room.sid,
        {participant.call_sid: _placement(room, participant) for participant in room.participants},
        RecordingState.ON if room.started and room.settings.record else RecordingState.OFF,
        detect_talking=callback is not None and CallbackEvent.SPEAKER in callback.events,
    )


def _placement(room: PlainRoom, participant: Participant) -> Placement:
    if participant.hold:
        return OnHold(participant.hold_program)
    if not room.started:
        return Waiting(participant.wait)
    if participant.coaching:
        for other in room.participants:
            if other.call_sid == participant.call_sid_to_coach and not other.hold:
                return Coaching(other.call_sid, muted=participant.muted)
        return InMix(muted=True)
    return InMix(muted=participant.muted)


def _join(room: PlainRoom, command: Join, now: float) -> tuple[PlainRoom, Events]:
    participant = command.participant
    if any(other.call_sid == participant.call_sid for other in room.participants):
        return room, ()
    if participant.label is not None and any(other.label == participant.label for other in room.participants):
        raise ValueError(participant.label)
    settings = room.settings if room.participants else command.settings
    room = replace(room, participants=(*room.participants, participant), settings=settings)
    room, number = _numbered(room, CallbackEvent.JOIN)
    events: Events = (ParticipantJoined(now, number, participant),)
    starts = len(room.participants) > 1 and any(other.start_conference_on_enter for other in room.participants)
    if not room.started and starts:
        room, number = _numbered(replace(room, started=True), CallbackEvent.START)
        events += (ConferenceStarted(now, number),)
    return room, (*events, BeepDue(now)) if room.started and participant.beep_on_enter else events


def _of_one(
    room: PlainRoom, participant: Participant, command: Leave | SetMuted | SetHold | Modify | Talking, now: float
) -> tuple[PlainRoom, Events]:
    match command:
        case Talking():
            heard = room.started and not (participant.muted or participant.hold or participant.coaching)
            return _talking(room, participant, now, talking=command.talking and heard)
        case SetMuted(muted=muted):
            if participant.muted is muted:
                return room, ()
            changed = replace(participant, muted=muted)
        case SetHold(hold=hold, program=program):
            changed = replace(participant, hold=hold, hold_program=program)
        case Modify():
            changed = replace(participant, coaching=bool(command.coaching), call_sid_to_coach=command.call_sid_to_coach)
            if changed == participant:
                return room, ()
            if not changed.coaching:
                return _changed(room, participant, changed, now)
        case Leave():
            changed = participant
    room, stopped = _talking(room, participant, now, talking=False)
    room, events = _changed(room, participant, changed, now, left=isinstance(command, Leave))
    return room, stopped + events


def _changed(
    room: PlainRoom, before: Participant, after: Participant, now: float, *, left: bool = False
) -> tuple[PlainRoom, Events]:
    if left:
        room = replace(room, participants=tuple(other for other in room.participants if other.call_sid != after.call_sid))
        room, number = _numbered(room, CallbackEvent.LEAVE)
        gone = ParticipantLeft(now, number, after, ParticipantCallStatus.COMPLETED, ReasonParticipantLeft.HUNG_UP)
        return room, (gone, BeepDue(now)) if after.beep_on_exit else (gone,)
    room = _with(room, after)
    if before.muted is not after.muted:
        room, number = _numbered(room, CallbackEvent.MUTE)
        return room, (ParticipantMuteChanged(now, number, after),)
    if before.hold is not after.hold:
        room, number = _numbered(room, CallbackEvent.HOLD)
        return room, (ParticipantHoldChanged(now, number, after),)
    room, number = _numbered(room, CallbackEvent.MODIFY)
    return room, (ParticipantModified(now, number, after),)


def _talking(room: PlainRoom, participant: Participant, now: float, *, talking: bool) -> tuple[PlainRoom, Events]:
    if (participant.call_sid in room.talking) is talking:
        return room, ()
    others = tuple(call_sid for call_sid in room.talking if call_sid != participant.call_sid)
    room = replace(room, talking=(*others, participant.call_sid) if talking else others)
    room, number = _numbered(room, CallbackEvent.SPEAKER)
    return room, (ParticipantSpeechChanged(now, number, participant, talking),)


def _with(room: PlainRoom, participant: Participant) -> PlainRoom:
    everybody = tuple(participant if other.call_sid == participant.call_sid else other for other in room.participants)
    return replace(room, participants=everybody)


def _numbered(room: PlainRoom, event: CallbackEvent) -> tuple[PlainRoom, int | None]:
    callback = room.settings.status_callback
    if callback is None or event not in callback.events:
        return room, None
    return replace(room, last_number=room.last_number + 1), room.last_number + 1
