"""Every attribute of the elements other than <Dial> and <Conference>, with values that are allowed and values that are not."""

from dataclasses import dataclass, fields
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import (
    CallProgressEvent,
    ClientNoun,
    Dial,
    Enqueue,
    Gather,
    HttpMethod,
    NumberNoun,
    Pause,
    Play,
    Problem,
    QueueNoun,
    Record,
    RecordingEvent,
    Redirect,
    Reject,
    RejectReason,
    Say,
    SipNoun,
    Trim,
    parse_twiml,
    tables,
)
from ari_conf.twiml.attributes import Table

from .test_attributes import BOOLEANS, METHODS, NO_BOOLEANS, NO_METHODS, NO_NUMBERS, NO_URLS, URLS, Good

NO_EFFECT = object()
Cases = dict[str, tuple[Code, Good, list[str]]]


@dataclass(frozen=True)
class Element:
    """How a document with the element is written, its table, the class that is made, and the fields that its content fills."""

    document: str
    table: Table
    made: type[Any]
    content: frozenset[str]
    cases: Cases


def without_effect(*allowed: str) -> Good:
    return [(text, NO_EFFECT) for text in allowed]


LONG = "a" * 5000
LANGUAGES = ["de", "en-US", "en-GB-WLS", "cmn-Hans-CN"]
NO_LANGUAGES = ["e", "klingon!", "en-", "en US"]
RECORDING_EVENTS: Good = [("in-progress absent", {RecordingEvent.IN_PROGRESS, RecordingEvent.ABSENT})]
NO_KEY = ["A", "w", "٣", "#,*"]

SAY: Cases = {
    "voice": (Code.SAY_VOICE, [("Polly.Joanna-Neural", "Polly.Joanna-Neural"), ("man", "man"), ("", None)], ["a;b", "<", LONG]),
    "language": (Code.SAY_LANGUAGE, [*((language, language) for language in LANGUAGES), ("", None)], NO_LANGUAGES),
    "loop": (Code.SAY_LOOP, [("0", 0), ("1000", 1000)], [*NO_NUMBERS, "1001"]),
}

CALLEE: Cases = {
    "url": (Code.INVALID_URL, [*URLS], NO_URLS),
    "statusCallback": (Code.STATUS_CALLBACK_URL, [*URLS], NO_URLS),
    "statusCallbackMethod": (Code.SCHEMA_WARNING, [*METHODS], NO_METHODS),
    "statusCallbackEvent": (
        Code.SCHEMA_WARNING,
        [("initiated ringing", {CallProgressEvent.INITIATED, CallProgressEvent.RINGING}), ("", frozenset())],
        ["done"],
    ),
}

MACHINE_DETECTION: Cases = {
    "machineDetection": (Code.SCHEMA_WARNING, [], ["true", "", "enable"]),
    "machineDetectionTimeout": (Code.SCHEMA_WARNING, without_effect("3", "60"), ["2", "61"]),
    "machineDetectionSpeechThreshold": (Code.SCHEMA_WARNING, without_effect("1000", "6000"), ["999", "6001"]),
    "machineDetectionSpeechEndThreshold": (Code.SCHEMA_WARNING, without_effect("500", "5000"), ["499", "5001"]),
    "machineDetectionSilenceTimeout": (Code.SCHEMA_WARNING, without_effect("2000", "10000"), ["1999", "10001"]),
    "amdStatusCallback": (Code.SCHEMA_WARNING, without_effect("/amd", ""), NO_URLS),
    "amdStatusCallbackMethod": (Code.SCHEMA_WARNING, without_effect("GET"), NO_METHODS),
}

ELEMENTS: dict[str, Element] = {
    "Say": Element("<Say {}>Hi</Say>", tables.SAY, Say, frozenset({"text", "ssml"}), SAY),
    "Say in Gather": Element(
        "<Gather><Say {}>Hi</Say></Gather>",
        tables.SAY_IN_GATHER,
        Say,
        frozenset({"text", "ssml"}),
        SAY
        | {
            "voice": (Code.GATHER_SAY_VOICE, [("alice", "alice")], ["a;b"]),
            "loop": (Code.GATHER_SAY_LOOP, [("2", 2)], ["-1"]),
        },
    ),
    "Play": Element(
        "<Play {}>a.mp3</Play>",
        tables.PLAY,
        Play,
        frozenset({"url"}),
        {
            "loop": (Code.PLAY_LOOP, [("0", 0), ("1000", 1000)], [*NO_NUMBERS, "1001"]),
            "digits": (Code.PLAY_DIGITS, [("0123456789ABCDwW#*", "0123456789ABCDwW#*"), ("", None)], ["1,2", "x", "E"]),
        },
    ),
    "Pause": Element(
        "<Pause {}/>",
        tables.PAUSE,
        Pause,
        frozenset(),
        {"length": (Code.PAUSE_LENGTH, [("0", 0), ("86400", 86_400)], [*NO_NUMBERS, "86401"])},
    ),
    "Redirect": Element(
        "<Redirect {}>/next</Redirect>",
        tables.REDIRECT,
        Redirect,
        frozenset({"url"}),
        {"method": (Code.REDIRECT_METHOD, [*METHODS], NO_METHODS)},
    ),
    "Reject": Element(
        "<Reject {}/>",
        tables.REJECT,
        Reject,
        frozenset(),
        {"reason": (Code.REJECT_REASON, [(reason.value, reason) for reason in RejectReason], ["", "Busy"])},
    ),
    "Gather": Element(
        "<Gather {}/>",
        tables.GATHER,
        Gather,
        frozenset({"prompts"}),
        {
            "action": (Code.INVALID_URL, [*URLS], NO_URLS),
            "method": (Code.GATHER_METHOD, [*METHODS], NO_METHODS),
            "input": (Code.GATHER_INPUT, [("dtmf", True)], ["", "telepathy", "dtmf,speech", "DTMF"]),
            "timeout": (Code.GATHER_TIMEOUT, [("1", 1), ("86400", 86_400)], [*NO_NUMBERS, "0", "auto"]),
            "numDigits": (Code.GATHER_NUM_DIGITS, [("1", 1), ("1000", 1000)], [*NO_NUMBERS, "0", "1001"]),
            "finishOnKey": (Code.GATHER_FINISH_ON_KEY, [*((key, key) for key in "0123456789#*"), ("", "")], NO_KEY),
            "actionOnEmptyResult": (Code.GATHER_ACTION_ON_EMPTY_RESULT, [*BOOLEANS], NO_BOOLEANS),
            "bargeIn": (Code.GATHER_BARGE_IN, [*BOOLEANS], NO_BOOLEANS),
            "language": (Code.GATHER_LANGUAGE, without_effect(*LANGUAGES, "multi"), NO_LANGUAGES),
            "hints": (Code.GATHER_HINTS, without_effect("yes, no, $OOV_CLASS", ""), [LONG]),
            "speechTimeout": (Code.GATHER_SPEECH_TIMEOUT, without_effect("auto", "3"), ["0", "Auto", ""]),
            "maxSpeechTime": (Code.GATHER_MAX_SPEECH_TIME, without_effect("60"), NO_NUMBERS),
            "speechModel": (Code.GATHER_SPEECH_MODEL, without_effect("phone_call", "deepgram_nova-3"), ["a/b"]),
            "enhanced": (Code.SCHEMA_WARNING, without_effect("true", "false"), NO_BOOLEANS),
            "profanityFilter": (Code.GATHER_PROFANITY_FILTER, without_effect("true", "false"), NO_BOOLEANS),
            "partialResultCallback": (Code.INVALID_URL, without_effect("/partial", ""), NO_URLS),
            "partialResultCallbackMethod": (Code.GATHER_PARTIAL_RESULT_METHOD, without_effect("GET", "POST"), NO_METHODS),
            "debug": (Code.SCHEMA_WARNING, without_effect("true"), NO_BOOLEANS),
        },
    ),
    "Record": Element(
        "<Record {}/>",
        tables.RECORD,
        Record,
        frozenset(),
        {
            "action": (Code.INVALID_URL, [*URLS], NO_URLS),
            "method": (Code.RECORD_METHOD, [*METHODS], NO_METHODS),
            "timeout": (Code.RECORD_TIMEOUT, [("0", 0), ("86400", 86_400)], NO_NUMBERS),
            "finishOnKey": (Code.RECORD_FINISH_ON_KEY, [("#", "#"), ("1*#", "1*#"), ("", "")], NO_KEY),
            "maxLength": (Code.RECORD_MAX_LENGTH, [("1", 1), ("14400", 14_400)], [*NO_NUMBERS, "0", "14401"]),
            "playBeep": (Code.RECORD_PLAY_BEEP, [*BOOLEANS], NO_BOOLEANS),
            "trim": (Code.RECORD_TRIM, [(trim.value, trim) for trim in Trim], ["true", ""]),
            "recordingStatusCallback": (Code.RECORDING_STATUS_CALLBACK, [*URLS], NO_URLS),
            "recordingStatusCallbackMethod": (Code.SCHEMA_WARNING, [*METHODS], NO_METHODS),
            "recordingStatusCallbackEvent": (Code.RECORDING_STATUS_CALLBACK_EVENT, RECORDING_EVENTS, ["done"]),
            "transcribe": (Code.RECORD_TRANSCRIBE, without_effect("false"), NO_BOOLEANS),
            "transcribeCallback": (Code.TRANSCRIBE_CALLBACK, without_effect(""), NO_URLS),
            "recordingConfigurationId": (Code.SCHEMA_WARNING, without_effect("id"), [LONG]),
        },
    ),
    "Enqueue": Element(
        "<Enqueue {}>support</Enqueue>",
        tables.ENQUEUE,
        Enqueue,
        frozenset({"name"}),
        {
            "action": (Code.ENQUEUE_ACTION, [*URLS], NO_URLS),
            "method": (Code.ENQUEUE_METHOD, [*METHODS], NO_METHODS),
            "waitUrl": (Code.ENQUEUE_WAIT_URL, [*URLS[:-1], ("", ""), ("  ", "")], NO_URLS),
            "waitUrlMethod": (Code.ENQUEUE_WAIT_URL_METHOD, [*METHODS], NO_METHODS),
            "maxQueueSize": (Code.SCHEMA_WARNING, [("1", 1), ("5000", 5000)], [*NO_NUMBERS, "0", "5001"]),
            "workflowSid": (Code.ENQUEUE_WORKFLOW, [], []),
        },
    ),
    "Number": Element(
        "<Dial><Number {}>+14155551212</Number></Dial>",
        tables.NUMBER,
        NumberNoun,
        frozenset({"number"}),
        CALLEE
        | MACHINE_DETECTION
        | {
            "method": (Code.NUMBER_METHOD, [*METHODS], NO_METHODS),
            "sendDigits": (Code.NUMBER_SEND_DIGITS, [("wW12#*", "wW12#*"), ("", None)], ["1,2", "p"]),
            "byoc": (Code.SCHEMA_WARNING, without_effect(""), [LONG]),
        },
    ),
    "Sip": Element(
        "<Dial><Sip {}>sip:alice@example.com</Sip></Dial>",
        tables.SIP,
        SipNoun,
        frozenset({"uri"}),
        CALLEE
        | MACHINE_DETECTION
        | {
            "method": (Code.SIP_METHOD, [*METHODS], NO_METHODS),
            "username": (Code.SIP_CREDENTIALS, [("a b", "a b"), ("x" * 255, "x" * 255), ("", None)], ["x" * 256]),
            "password": (Code.SIP_CREDENTIALS, [("s3cret", "s3cret"), ("", None)], ["x" * 256]),
        },
    ),
    "Client": Element(
        "<Dial><Client {}>joey</Client></Dial>",
        tables.CLIENT,
        ClientNoun,
        frozenset({"identity", "parameters"}),
        CALLEE | {"method": (Code.SCHEMA_WARNING, [*METHODS], NO_METHODS)},
    ),
    "Queue": Element(
        "<Dial><Queue {}>support</Queue></Dial>",
        tables.QUEUE,
        QueueNoun,
        frozenset({"name"}),
        {
            "url": (Code.QUEUE_URL, [*URLS], NO_URLS),
            "method": (Code.QUEUE_METHOD, [*METHODS], NO_METHODS),
            "reservationSid": (Code.QUEUE_RESERVATION, [], []),
            "postWorkActivitySid": (Code.QUEUE_RESERVATION, [], []),
        },
    ),
}

GOOD = [
    (element, name, text, value)
    for element, about in ELEMENTS.items()
    for name, (_, good, _) in about.cases.items()
    for text, value in good
]
BAD = [
    (element, name, text, code)
    for element, about in ELEMENTS.items()
    for name, (code, _, bad) in about.cases.items()
    for text in bad
]


def read(element: str, attributes: str) -> tuple[Any, tuple[Problem, ...]]:
    """Return the verb or noun that a document with the element has, None if there is none."""
    document = parse_twiml(f"<Response>{ELEMENTS[element].document.format(attributes)}</Response>")
    found = document.verbs[0] if document.verbs else None
    if isinstance(found, Dial):
        noun = found.noun
        return (noun[0] if isinstance(noun, tuple) else noun), document.problems
    if element == "Say in Gather":
        assert isinstance(found, Gather)
        return found.prompts[0], document.problems
    return found, document.problems


@pytest.mark.parametrize("element", ELEMENTS)
def test_the_tables_are_complete(element: str) -> None:
    about = ELEMENTS[element]
    assert set(about.cases) == set(about.table)
    filled = {attribute.field for attribute in about.table.values()} - {None}
    assert filled == {field.name for field in fields(about.made)} - about.content


@pytest.mark.parametrize(("element", "name", "text", "value"), GOOD)
def test_it_takes(element: str, name: str, text: str, value: object) -> None:
    found, problems = read(element, f"{name}={quoteattr(text)}")
    assert problems == ()
    if value is NO_EFFECT:
        assert found == read(element, "")[0]
    else:
        assert getattr(found, str(ELEMENTS[element].table[name].field)) == value


@pytest.mark.parametrize(("element", "name", "text", "code"), BAD)
def test_it_uses_the_default_instead_of(element: str, name: str, text: str, code: Code) -> None:
    found, problems = read(element, f"{name}={quoteattr(text)}")
    assert found is not None
    assert found == read(element, "")[0]
    (problem,) = problems
    assert problem.code is code
    assert problem.level is code.level
    assert f" of <{element.split(maxsplit=1)[0]}> is not allowed, it must be " in problem.message
    assert problem.message.endswith((" is used instead.", "it is ignored."))
    assert len(problem.message) < 400


@pytest.mark.parametrize(
    ("element", "attribute", "code", "level"),
    [
        ("Gather", 'input="dtmf speech"', 13326, Level.WARNING),
        ("Gather", 'input="speech"', 13326, Level.ERROR),
        ("Gather", 'finishOnKey="##"', 13311, Level.WARNING),
        ("Record", 'transcribe="true"', 13620, Level.WARNING),
        ("Record", 'transcribeCallback="/text"', 13620, Level.WARNING),
        ("Number", 'machineDetection="Enable"', 12200, Level.WARNING),
        ("Sip", 'machineDetection="DetectMessageEnd"', 12200, Level.WARNING),
        ("Number", 'byoc="BY123"', 12200, Level.WARNING),
        ("Enqueue", 'workflowSid="WW123"', 14226, Level.ERROR),
        ("Queue", 'reservationSid="WR123"', 14219, Level.ERROR),
        ("Queue", 'postWorkActivitySid="WA123"', 14219, Level.ERROR),
    ],
)
def test_what_cannot_be_carried_out_is_told(element: str, attribute: str, code: int, level: Level) -> None:
    _, problems = read(element, attribute)
    assert [(problem.code, problem.level) for problem in problems] == [(code, level)]


def test_speech_alone_plays_the_prompts_and_collects_nothing() -> None:
    gather, _ = read("Gather", 'input="speech"')
    assert gather == Gather(dtmf=False)
    gather, _ = read("Gather", 'input="speech dtmf"')
    assert gather == Gather(dtmf=True)


@pytest.mark.parametrize("element", ["Enqueue", "Queue"])
def test_nothing_of_taskrouter_is_taken_for_a_plain_queue(element: str) -> None:
    found, _ = read(element, 'workflowSid="WW1"' if element == "Enqueue" else 'reservationSid="WR1"')
    assert found is None


def test_a_password_is_in_no_message_and_in_no_repr() -> None:
    noun, problems = read("Sip", 'username="u" password="hunter2&#10;x"')
    assert noun.password is None
    assert problems[0].code is Code.SIP_CREDENTIALS
    assert "hunter2" not in problems[0].message
    noun, _ = read("Sip", 'password="hunter2"')
    assert noun.password == "hunter2"
    assert "hunter2" not in repr(noun)


@pytest.mark.parametrize("url", ["http://user:hunter2@h:x/", "//user:hunter2@h:x/", "sip:user:hunter2@h"])
def test_the_password_of_a_url_is_in_no_message(url: str) -> None:
    document = parse_twiml(f'<Response><Play>{url}</Play><Dial action="{url}"><Sip>{url}</Sip>{url}</Dial></Response>')
    assert len(document.problems) >= 3
    assert not [problem for problem in document.problems if "hunter2" in problem.message]


def test_what_twilio_does_by_default() -> None:
    assert read("Gather", "")[0] == Gather(
        prompts=(),
        action=None,
        method=HttpMethod.POST,
        dtmf=True,
        timeout=5,
        num_digits=None,
        finish_on_key="#",
        action_on_empty_result=False,
        barge_in=True,
    )
    assert read("Record", "")[0] == Record(
        action=None,
        method=HttpMethod.POST,
        timeout=5,
        finish_on_key="1234567890*#",
        max_length=3600,
        play_beep=True,
        trim=Trim.TRIM_SILENCE,
    )
    assert read("Enqueue", "")[0] == Enqueue(name="support", method=HttpMethod.POST, wait_url=None, max_queue_size=None)
    assert read("Number", "")[0] == NumberNoun(
        number="+14155551212", method=HttpMethod.POST, status_callback_event=frozenset({CallProgressEvent.COMPLETED})
    )
