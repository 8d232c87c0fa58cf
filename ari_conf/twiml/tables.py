"""Which attributes an element has, and with what code a bad value of each is told: one table per element."""

from dataclasses import replace

from ari_conf.conference import Beep, CallbackEvent
from ari_conf.twilio_codes import Code
from ari_conf.twiml import values
from ari_conf.twiml.attributes import Attribute, Table
from ari_conf.twiml.values import method, number, url, word_of, words_of
from ari_conf.twiml.words import (
    CallProgressEvent,
    ConferenceRecord,
    DialRecord,
    JitterBufferSize,
    RecordingEvent,
    RecordingTrack,
    Region,
    RejectReason,
    Trim,
)

_DAY = 86_400

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
_record = word_of(DialRecord)


def _dial_record(text: str) -> DialRecord:
    return _LEGACY_RECORD.get(text) or _record(text)


DIAL: Table = {
    "action": Attribute("action", url, Code.INVALID_URL),
    "method": Attribute("method", method, Code.DIAL_METHOD),
    "timeout": Attribute("timeout", number(5, 600), Code.DIAL_TIMEOUT),
    "hangupOnStar": Attribute("hangup_on_star", values.boolean, Code.DIAL_HANGUP_ON_STAR),
    "timeLimit": Attribute("time_limit", number(1, _DAY), Code.DIAL_TIME_LIMIT),
    "callerId": Attribute("caller_id", values.caller_id, Code.DIAL_CALLER_ID),
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
    "voice": Attribute("voice", values.voice, Code.SAY_VOICE),
    "language": Attribute("language", values.language, Code.SAY_LANGUAGE),
    "loop": Attribute("loop", number(0, 1000), Code.SAY_LOOP),
}

PLAY: Table = {
    "loop": Attribute("loop", number(0, 1000), Code.PLAY_LOOP),
    "digits": Attribute("digits", values.keys, Code.PLAY_DIGITS),
}

PAUSE: Table = {"length": Attribute("length", number(0, _DAY), Code.PAUSE_LENGTH)}
REDIRECT: Table = {"method": Attribute("method", method, Code.REDIRECT_METHOD)}
REJECT: Table = {"reason": Attribute("reason", word_of(RejectReason), Code.REJECT_REASON)}

_SAY_IN_GATHER = {"voice": Code.GATHER_SAY_VOICE, "loop": Code.GATHER_SAY_LOOP}
SAY_IN_GATHER: Table = {name: replace(item, code=_SAY_IN_GATHER.get(name, item.code)) for name, item in SAY.items()}

GATHER: Table = {
    "action": Attribute("action", url, Code.INVALID_URL),
    "method": Attribute("method", method, Code.GATHER_METHOD),
    "input": Attribute("dtmf", values.gather_input, Code.GATHER_INPUT),
    "timeout": Attribute("timeout", number(1, _DAY), Code.GATHER_TIMEOUT),
    "numDigits": Attribute("num_digits", number(1, 1000), Code.GATHER_NUM_DIGITS),
    "finishOnKey": Attribute("finish_on_key", values.finish_key, Code.GATHER_FINISH_ON_KEY),
    "actionOnEmptyResult": Attribute("action_on_empty_result", values.boolean, Code.GATHER_ACTION_ON_EMPTY_RESULT),
    "bargeIn": Attribute("barge_in", values.boolean, Code.GATHER_BARGE_IN),
    # These are about speech, which is not recognised here.
    "language": Attribute(None, values.language, Code.GATHER_LANGUAGE),
    "hints": Attribute(None, values.some_text, Code.GATHER_HINTS),
    "speechTimeout": Attribute(None, values.auto_or_number(1, _DAY), Code.GATHER_SPEECH_TIMEOUT),
    "maxSpeechTime": Attribute(None, number(1, _DAY), Code.GATHER_MAX_SPEECH_TIME),
    "speechModel": Attribute(None, values.voice, Code.GATHER_SPEECH_MODEL),
    "enhanced": Attribute(None, values.boolean, Code.SCHEMA_WARNING),
    "profanityFilter": Attribute(None, values.boolean, Code.GATHER_PROFANITY_FILTER),
    "partialResultCallback": Attribute(None, url, Code.INVALID_URL),
    "partialResultCallbackMethod": Attribute(None, method, Code.GATHER_PARTIAL_RESULT_METHOD),
    "debug": Attribute(None, values.boolean, Code.SCHEMA_WARNING),
}

RECORD: Table = {
    "action": Attribute("action", url, Code.INVALID_URL),
    "method": Attribute("method", method, Code.RECORD_METHOD),
    "timeout": Attribute("timeout", number(0, _DAY), Code.RECORD_TIMEOUT),
    "finishOnKey": Attribute("finish_on_key", values.finish_keys, Code.RECORD_FINISH_ON_KEY),
    "maxLength": Attribute("max_length", number(1, 14_400), Code.RECORD_MAX_LENGTH),
    "playBeep": Attribute("play_beep", values.boolean, Code.RECORD_PLAY_BEEP),
    "trim": Attribute("trim", word_of(Trim), Code.RECORD_TRIM),
    "recordingStatusCallback": Attribute("recording_status_callback", url, Code.RECORDING_STATUS_CALLBACK),
    "recordingStatusCallbackMethod": Attribute("recording_status_callback_method", method, Code.SCHEMA_WARNING),
    "recordingStatusCallbackEvent": Attribute(
        "recording_status_callback_event", words_of(RecordingEvent), Code.RECORDING_STATUS_CALLBACK_EVENT
    ),
    "transcribe": Attribute(None, values.transcribe, Code.RECORD_TRANSCRIBE),
    "transcribeCallback": Attribute(None, values.transcribe_callback, Code.TRANSCRIBE_CALLBACK),
    "recordingConfigurationId": Attribute(None, values.some_text, Code.SCHEMA_WARNING),
}

ENQUEUE: Table = {
    "action": Attribute("action", url, Code.ENQUEUE_ACTION),
    "method": Attribute("method", method, Code.ENQUEUE_METHOD),
    "waitUrl": Attribute("wait_url", values.wait_url, Code.ENQUEUE_WAIT_URL),
    "waitUrlMethod": Attribute("wait_url_method", method, Code.ENQUEUE_WAIT_URL_METHOD),
    "maxQueueSize": Attribute("max_queue_size", number(1, 5000), Code.SCHEMA_WARNING),
    "workflowSid": Attribute(None, values.task_router, Code.ENQUEUE_WORKFLOW, refuses=True),
}

QUEUE: Table = {
    "url": Attribute("url", url, Code.QUEUE_URL),
    "method": Attribute("method", method, Code.QUEUE_METHOD),
    "reservationSid": Attribute(None, values.task_router, Code.QUEUE_RESERVATION, refuses=True),
    "postWorkActivitySid": Attribute(None, values.task_router, Code.QUEUE_RESERVATION, refuses=True),
}


def _callee(method_code: Code) -> Table:
    return {
        "url": Attribute("url", url, Code.INVALID_URL),
        "method": Attribute("method", method, method_code),
        "statusCallback": Attribute("status_callback", url, Code.STATUS_CALLBACK_URL),
        "statusCallbackMethod": Attribute("status_callback_method", method, Code.SCHEMA_WARNING),
        "statusCallbackEvent": Attribute("status_callback_event", words_of(CallProgressEvent), Code.SCHEMA_WARNING),
    }


_MACHINE_DETECTION: Table = {
    "machineDetection": Attribute(None, values.machine_detection, Code.SCHEMA_WARNING),
    "machineDetectionTimeout": Attribute(None, number(3, 60), Code.SCHEMA_WARNING),
    "machineDetectionSpeechThreshold": Attribute(None, number(1000, 6000), Code.SCHEMA_WARNING),
    "machineDetectionSpeechEndThreshold": Attribute(None, number(500, 5000), Code.SCHEMA_WARNING),
    "machineDetectionSilenceTimeout": Attribute(None, number(2000, 10_000), Code.SCHEMA_WARNING),
    "amdStatusCallback": Attribute(None, url, Code.SCHEMA_WARNING),
    "amdStatusCallbackMethod": Attribute(None, method, Code.SCHEMA_WARNING),
}

NUMBER: Table = {
    **_callee(Code.NUMBER_METHOD),
    **_MACHINE_DETECTION,
    "sendDigits": Attribute("send_digits", values.keys, Code.NUMBER_SEND_DIGITS),
    "byoc": Attribute(None, values.byoc, Code.SCHEMA_WARNING),
}

_CREDENTIALS: Table = {
    "username": Attribute("username", values.credential, Code.SIP_CREDENTIALS),
    "password": Attribute("password", values.credential, Code.SIP_CREDENTIALS, secret=True),
}

SIP: Table = {**_callee(Code.SIP_METHOD), **_MACHINE_DETECTION, **_CREDENTIALS}

SIP_URI: Table = {
    **_CREDENTIALS,
    "priority": Attribute("priority", number(0, 65_535), Code.SCHEMA_WARNING),
    "weight": Attribute("weight", number(0, 65_535), Code.SCHEMA_WARNING),
}

CLIENT: Table = _callee(Code.SCHEMA_WARNING)

NAME_AND_VALUE: Table = {
    "name": Attribute("name", values.some_text, Code.SCHEMA_WARNING),
    "value": Attribute("value", values.some_text, Code.SCHEMA_WARNING),
}
"""Of ``<Parameter>`` and ``<Header>``."""
