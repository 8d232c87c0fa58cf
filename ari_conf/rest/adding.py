"""What can be said of a participant who is to be called into a conference."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ari_conf.calls import ParticipantRequest
from ari_conf.calls.room_stay import JITTER_BUFFER_MS
from ari_conf.conference import (
    AudioProgram,
    Beep,
    CallbackEvent,
    Conference,
    ConferenceSettings,
    Participant,
    StatusCallback,
)
from ari_conf.conference.refusals import why_not_called_as_coach
from ari_conf.recordings import RecordingEvent
from ari_conf.rooms import RoomRecording
from ari_conf.twiml import JitterBufferSize, Region, Trim
from ari_conf.twiml.values import InvalidValueError, conference_name, label

from .errors import RestCode, RestError
from .parameters import ATTRIBUTE, WORDS, AttributeMethod, AttributeUrl, CallSid, Flag, UrlOrEmpty, Wrong
from .placing import PlaceCall, call_request
from .recordings_leg import recording_callback

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def _label(value: str) -> str:
    try:
        return label(value)
    except InvalidValueError as error:
        raise ValueError(f"it should be {error.expected}") from error


def _recorded(value: Any) -> Any:
    words = {"true": True, "record-from-start": True, "false": False, "do-not-record": False}
    if value not in words:
        raise ValueError(f"it should be one of {', '.join(words)}")
    return words[value]


Recorded = Annotated[
    bool,
    BeforeValidator(_recorded, json_schema_input_type=Literal["true", "false", "record-from-start", "do-not-record"]),
    ATTRIBUTE,
]


class CreateParticipant(PlaceCall):
    """Whom to call, how they join, and what holds for the conference if they are the first."""

    label: Annotated[str | None, AfterValidator(_label), Wrong(RestCode.LABEL)] = None
    muted: Flag = False
    beep: Annotated[Beep, ATTRIBUTE] = Beep.TRUE
    start_conference_on_enter: Flag = True
    end_conference_on_exit: Flag = False
    wait_url: Annotated[UrlOrEmpty | None, ATTRIBUTE] = None
    wait_method: AttributeMethod = "POST"
    early_media: Flag = True
    coaching: Flag | None = None
    call_sid_to_coach: Annotated[CallSid | None, ATTRIBUTE] = None
    timeout: Annotated[int, Field(ge=5, le=600), Wrong(RestCode.TIMEOUT)] = 60
    jitter_buffer_size: Annotated[JitterBufferSize, ATTRIBUTE] = JitterBufferSize.LARGE
    max_participants: Annotated[int, Field(ge=2, le=250), ATTRIBUTE] = 250
    conference_record: Recorded = False
    conference_trim: Annotated[Trim, ATTRIBUTE] = Trim.TRIM_SILENCE
    conference_status_callback: AttributeUrl | None = None
    conference_status_callback_method: AttributeMethod = "POST"
    conference_status_callback_event: Annotated[frozenset[CallbackEvent], WORDS, ATTRIBUTE] = frozenset(
        {CallbackEvent.START, CallbackEvent.END}
    )
    conference_recording_status_callback: AttributeUrl | None = None
    conference_recording_status_callback_method: AttributeMethod = "POST"
    conference_recording_status_callback_event: Annotated[frozenset[RecordingEvent], WORDS, ATTRIBUTE] = frozenset(
        {RecordingEvent.COMPLETED}
    )
    region: Annotated[Region | None, ATTRIBUTE] = None

    @property
    def coaches(self) -> bool:
        """Whether this one is to be a coach: whoever names somebody to coach is one, if nothing else is said."""
        return self.call_sid_to_coach is not None if self.coaching is None else self.coaching


def conference_named(text: str) -> str:
    """Return the conference that a path names, by its name or its SID. Raises ``RestError`` if it can be neither."""
    try:
        name = conference_name(text)
    except InvalidValueError as error:
        raise RestError(RestCode.INVALID_PARAMETER, f"The conference's name should have {error.expected}.") from None
    if _CONTROL.search(name):
        raise RestError(RestCode.INVALID_PARAMETER, "The conference's name should have no control characters.")
    return name


def refuse_coaching(conference: Conference | None, sent: CreateParticipant) -> None:
    """Raise ``RestError`` if somebody is to coach who cannot."""
    if not sent.coaches:
        return
    reason = why_not_called_as_coach(conference, sent.call_sid_to_coach)
    if reason is not None:
        raise RestError(*reason)


def participant_request(sent: CreateParticipant) -> ParticipantRequest:
    """Return what is asked for."""
    callback = None
    if sent.conference_status_callback is not None:
        callback = StatusCallback(
            sent.conference_status_callback, sent.conference_status_callback_method, sent.conference_status_callback_event
        )
    return ParticipantRequest(
        call=call_request(sent),
        participant=Participant(
            call_sid="",
            label=sent.label,
            muted=sent.muted,
            beep_on_enter=sent.beep.heard_on_enter,
            beep_on_exit=sent.beep.heard_on_exit,
            start_conference_on_enter=sent.start_conference_on_enter,
            end_conference_on_exit=sent.end_conference_on_exit,
            wait=AudioProgram(sent.wait_url, sent.wait_method),
            coaching=sent.coaches,
            call_sid_to_coach=sent.call_sid_to_coach if sent.coaches else None,
        ),
        settings=ConferenceSettings(
            status_callback=callback,
            max_participants=sent.max_participants,
            record=sent.conference_record,
            region=sent.region.value if sent.region else None,
        ),
        recording=RoomRecording(
            trim=sent.conference_trim is Trim.TRIM_SILENCE,
            callback=recording_callback(
                sent.conference_recording_status_callback,
                sent.conference_recording_status_callback_method,
                sent.conference_recording_status_callback_event,
            ),
        ),
        early_media=sent.early_media,
        jitter_buffer_ms=JITTER_BUFFER_MS[sent.jitter_buffer_size],
    )
