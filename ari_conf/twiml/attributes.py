"""Which attributes an element has, how each is read, and the code of a value that is not allowed: one table per element."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from ari_conf.conference import Beep, CallbackEvent
from ari_conf.twilio_codes import Code
from ari_conf.twiml import values
from ari_conf.twiml.problems import Problems, quoted
from ari_conf.twiml.values import DEFAULT, InvalidValueError, method, number, url, word_of, words_of
from ari_conf.twiml.verbs import (
    ConferenceNoun,
    ConferenceRecord,
    Dial,
    DialRecord,
    JitterBufferSize,
    Pause,
    Play,
    RecordingEvent,
    RecordingTrack,
    Redirect,
    Region,
    Reject,
    RejectReason,
    Say,
    Trim,
)

_LONGEST_VALUE = 4096


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: the field it fills, its converter, and the code of a bad value.

    ``refuses``: with a bad value the element is not carried out, because its default would be worse than nothing.
    """

    field: str
    convert: Callable[[str], object]
    code: Code
    refuses: bool = False


Table = Mapping[str, Attribute]

CONFERENCE: Table = {
    "muted": Attribute("muted", values.boolean, Code.CONFERENCE_MUTED),
    "beep": Attribute("beep", word_of(Beep), Code.CONFERENCE_BEEP),
    "startConferenceOnEnter": Attribute("start_conference_on_enter", values.boolean, Code.CONFERENCE_START_ON_ENTER),
    "endConferenceOnExit": Attribute("end_conference_on_exit", values.boolean, Code.CONFERENCE_END_ON_EXIT),
    "participantLabel": Attribute("participant_label", values.label, Code.PARTICIPANT_LABEL),
    "jitterBufferSize": Attribute("jitter_buffer_size", word_of(JitterBufferSize), Code.SCHEMA_WARNING),
    "waitUrl": Attribute("wait_url", values.wait_url, Code.CONFERENCE_WAIT_URL),
    "waitMethod": Attribute("wait_method", method, Code.CONFERENCE_WAIT_METHOD),
    "maxParticipants": Attribute("max_participants", number(1, 250), Code.CONFERENCE_ATTRIBUTE),
    "record": Attribute("record", word_of(ConferenceRecord), Code.DIAL_RECORD),
    "region": Attribute("region", word_of(Region), Code.SCHEMA_WARNING),
    "trim": Attribute("trim", values.conference_trim, Code.CONFERENCE_TRIM),
    # A coach whose target is mistyped must not become a participant whom the customer hears.
    "coach": Attribute("coach", values.call_sid, Code.CONFERENCE_COACH, refuses=True),
    "statusCallbackEvent": Attribute("status_callback_event", words_of(CallbackEvent), Code.CONFERENCE_ATTRIBUTE),
    "statusCallback": Attribute("status_callback", url, Code.CONFERENCE_ATTRIBUTE),
    "statusCallbackMethod": Attribute("status_callback_method", method, Code.CONFERENCE_ATTRIBUTE),
    "recordingStatusCallback": Attribute("recording_status_callback", url, Code.RECORDING_STATUS_CALLBACK),
    "recordingStatusCallbackMethod": Attribute("recording_status_callback_method", method, Code.CONFERENCE_ATTRIBUTE),
    "recordingStatusCallbackEvent": Attribute(
        "recording_status_callback_event", words_of(RecordingEvent), Code.RECORDING_STATUS_CALLBACK_EVENT
    ),
    "eventCallbackUrl": Attribute("event_callback_url", url, Code.SCHEMA_WARNING),
    "recordingConfigurationId": Attribute("recording_configuration_id", values.some_text, Code.SCHEMA_WARNING),
}

_LEGACY_RECORD = {"true": DialRecord.FROM_ANSWER, "false": DialRecord.DO_NOT_RECORD}


def _dial_record(text: str) -> DialRecord:
    return _LEGACY_RECORD.get(text) or word_of(DialRecord)(text)


DIAL: Table = {
    "action": Attribute("action", url, Code.INVALID_URL),
    "method": Attribute("method", method, Code.DIAL_METHOD),
    "timeout": Attribute("timeout", number(5, 600), Code.DIAL_TIMEOUT),
    "hangupOnStar": Attribute("hangup_on_star", values.boolean, Code.DIAL_HANGUP_ON_STAR),
    "timeLimit": Attribute("time_limit", number(1, 86_400), Code.DIAL_TIME_LIMIT),
    "callerId": Attribute("caller_id", values.some_text, Code.DIAL_CALLER_ID),
    "record": Attribute("record", _dial_record, Code.DIAL_RECORD),
    "trim": Attribute("trim", word_of(Trim), Code.SCHEMA_WARNING),
    "recordingStatusCallback": Attribute("recording_status_callback", url, Code.RECORDING_STATUS_CALLBACK),
    "recordingStatusCallbackMethod": Attribute("recording_status_callback_method", method, Code.SCHEMA_WARNING),
    "recordingStatusCallbackEvent": Attribute(
        "recording_status_callback_event", words_of(RecordingEvent), Code.RECORDING_STATUS_CALLBACK_EVENT
    ),
    "recordingTrack": Attribute("recording_track", word_of(RecordingTrack), Code.RECORDING_TRACK),
    "recordingConfigurationId": Attribute("recording_configuration_id", values.some_text, Code.SCHEMA_WARNING),
    "answerOnBridge": Attribute("answer_on_bridge", values.boolean, Code.DIAL_ANSWER_ON_BRIDGE),
    "ringTone": Attribute("ring_tone", values.ring_tone, Code.DIAL_RING_TONE),
    "sequential": Attribute("sequential", values.boolean, Code.DIAL_SEQUENTIAL),
    "callReason": Attribute("call_reason", values.call_reason, Code.SCHEMA_WARNING),
    "referUrl": Attribute("refer_url", url, Code.SCHEMA_WARNING),
    "referMethod": Attribute("refer_method", method, Code.SCHEMA_WARNING),
    "events": Attribute("events", values.some_text, Code.SCHEMA_WARNING),
    "passports": Attribute("passports", values.some_text, Code.SCHEMA_WARNING),
}

SAY: Table = {
    "voice": Attribute("voice", values.some_text, Code.SCHEMA_WARNING),
    "language": Attribute("language", values.some_text, Code.SCHEMA_WARNING),
    "loop": Attribute("loop", number(0, 1000), Code.SAY_LOOP),
}

PLAY: Table = {
    "loop": Attribute("loop", number(0, 1000), Code.PLAY_LOOP),
    "digits": Attribute("digits", values.keys, Code.PLAY_DIGITS),
}

PAUSE: Table = {"length": Attribute("length", number(0, 86_400), Code.PAUSE_LENGTH)}
REDIRECT: Table = {"method": Attribute("method", method, Code.REDIRECT_METHOD)}
REJECT: Table = {"reason": Attribute("reason", word_of(RejectReason), Code.REJECT_REASON)}
NONE: Table = {}

Elements = type[ConferenceNoun | Dial | Say | Play | Pause | Redirect | Reject]


@dataclass(frozen=True, slots=True)
class Given:
    """What the attributes of an element say: ``fields`` for its dataclass. ``refused``: it is not to be carried out."""

    fields: dict[str, Any]
    refused: bool


def read_attributes(
    element: str, given: Mapping[str, str], table: Table, made: Elements | None, problems: Problems, line: int | None
) -> Given:
    """Read the attributes ``given`` to ``<element>`` by its ``table``; whatever is wrong goes to ``problems``.

    ``made`` is the dataclass that is filled, the source of the defaults.
    """
    defaults = {field.name: field.default for field in fields(made)} if made else {}
    result: dict[str, Any] = {}
    refused = False
    for name, raw in given.items():
        attribute = table.get(name)
        if attribute is None:
            problems.add(Code.SCHEMA_WARNING, f"<{element}> has no attribute {quoted(name)}; it is ignored.", line)
            continue
        try:
            if len(raw) > _LONGEST_VALUE:
                raise InvalidValueError(f"at most {_LONGEST_VALUE} characters long")  # noqa: TRY301
            result[attribute.field] = attribute.convert(raw.strip())
        except InvalidValueError as error:
            wrong = f"{name}={quoted(raw)} of <{element}> is not allowed, it must be {error.expected}"
            if attribute.refuses:
                refused = True
                problems.add(attribute.code, f"{wrong}; <{element}> is not carried out.", line)
                continue
            instead = defaults[attribute.field] if error.instead is DEFAULT else error.instead
            result[attribute.field] = instead
            problems.add(attribute.code, f"{wrong}; {_shown(instead)} is used instead.", line)
    return Given(result, refused)


def _shown(value: object) -> str:
    match value:
        case None:
            return "no value"
        case bool():
            return "true" if value else "false"
        case StrEnum():
            return value.value
        case frozenset():
            return quoted(" ".join(sorted(value))) if value else "no value"
        case _:
            return str(value)
