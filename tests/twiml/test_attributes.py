"""Every attribute of <Dial> and <Conference> with values that are allowed and values that are not."""

from dataclasses import fields
from xml.sax.saxutils import quoteattr

import pytest

from ari_conf.conference import Beep, CallbackEvent
from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import (
    ConferenceNoun,
    ConferenceRecord,
    Dial,
    DialRecord,
    HttpMethod,
    JitterBufferSize,
    Problem,
    RecordingEvent,
    RecordingTrack,
    Region,
    Trim,
    parse_twiml,
)
from ari_conf.twiml.tables import CONFERENCE, DIAL

CALL_SID = "CA0123456789abcdef0123456789abcdef"
URLS = [("/a", "/a"), ("https://h/a?b=c#rc=1", "https://h/a?b=c#rc=1"), ("www.myexample.com", "www.myexample.com"), ("", None)]
NO_URLS = ["http://", "http:x", "ftp://h/", "localhost:3000/x", "http://[::1", "http://h:port/", "a b", "a" * 5000]
METHODS = [("GET", HttpMethod.GET), ("POST", HttpMethod.POST)]
NO_METHODS = ["get", "PUT", ""]
BOOLEANS = [("true", True), ("false", False), (" true ", True)]
NO_BOOLEANS = ["True", "1", "yes", ""]
NO_NUMBERS = ["", "-1", "1.5", "ten", "٣", "1e2", "9" * 20]

Good = list[tuple[str, object]]

CONFERENCE_CASES: dict[str, tuple[Code, Good, list[str]]] = {
    "muted": (Code.CONFERENCE_MUTED, [*BOOLEANS], NO_BOOLEANS),
    "beep": (Code.CONFERENCE_BEEP, [(beep.value, beep) for beep in Beep], ["onenter", "both", ""]),
    "startConferenceOnEnter": (Code.CONFERENCE_START_ON_ENTER, [*BOOLEANS], NO_BOOLEANS),
    "endConferenceOnExit": (Code.CONFERENCE_END_ON_EXIT, [*BOOLEANS], NO_BOOLEANS),
    "participantLabel": (
        Code.PARTICIPANT_LABEL,
        [("agent 1 ü%", "agent 1 ü%"), ("x" * 128, "x" * 128), (CALL_SID.lower(), CALL_SID.lower())],
        ["", "x" * 129, "a/b", "a%2Fb", "a%2fb", CALL_SID, CALL_SID.upper()],
    ),
    "jitterBufferSize": (Code.SCHEMA_WARNING, [(size.value, size) for size in JitterBufferSize], ["huge", "20"]),
    "waitUrl": (Code.CONFERENCE_WAIT_URL, [*URLS[:-1], ("", ""), ("  ", "")], NO_URLS),
    "waitMethod": (Code.CONFERENCE_WAIT_METHOD, [*METHODS], NO_METHODS),
    "maxParticipants": (Code.CONFERENCE_ATTRIBUTE, [("1", 1), ("250", 250)], [*NO_NUMBERS, "0", "251"]),
    "record": (Code.DIAL_RECORD, [(record.value, record) for record in ConferenceRecord], ["true", "record-from-answer"]),
    "region": (Code.SCHEMA_WARNING, [(region.value, region) for region in Region], ["mars1", ""]),
    "trim": (
        Code.CONFERENCE_TRIM,
        [*((trim.value, trim) for trim in Trim), ("true", Trim.TRIM_SILENCE), ("false", Trim.DO_NOT_TRIM)],
        ["yes", ""],
    ),
    "coach": (Code.CONFERENCE_COACH, [(CALL_SID, CALL_SID)], ["", "CA123", CALL_SID + "0", "CF" + CALL_SID[2:]]),
    "statusCallbackEvent": (
        Code.CONFERENCE_ATTRIBUTE,
        [
            ("", frozenset()),
            ("start  end\nstart", {CallbackEvent.START, CallbackEvent.END}),
            *((e.value, {e}) for e in CallbackEvent),
        ],
        ["start,end", "begin"],
    ),
    "statusCallback": (Code.CONFERENCE_ATTRIBUTE, [*URLS], NO_URLS),
    "statusCallbackMethod": (Code.CONFERENCE_ATTRIBUTE, [*METHODS], NO_METHODS),
    "recordingStatusCallback": (Code.RECORDING_STATUS_CALLBACK, [*URLS], NO_URLS),
    "recordingStatusCallbackMethod": (Code.CONFERENCE_ATTRIBUTE, [*METHODS], NO_METHODS),
    "recordingStatusCallbackEvent": (
        Code.RECORDING_STATUS_CALLBACK_EVENT,
        [("in-progress absent", {RecordingEvent.IN_PROGRESS, RecordingEvent.ABSENT})],
        ["done"],
    ),
    "eventCallbackUrl": (Code.SCHEMA_WARNING, [*URLS], NO_URLS),
    "recordingConfigurationId": (Code.SCHEMA_WARNING, [("id", "id"), ("", None)], ["a" * 5000]),
}

DIAL_CASES: dict[str, tuple[Code, Good, list[str]]] = {
    "action": (Code.INVALID_URL, [*URLS], NO_URLS),
    "method": (Code.DIAL_METHOD, [*METHODS], NO_METHODS),
    "timeout": (Code.DIAL_TIMEOUT, [("5", 5), ("600", 600)], [*NO_NUMBERS, "4", "601"]),
    "hangupOnStar": (Code.DIAL_HANGUP_ON_STAR, [*BOOLEANS], NO_BOOLEANS),
    "timeLimit": (Code.DIAL_TIME_LIMIT, [("1", 1), ("86400", 86400)], [*NO_NUMBERS, "0", "86401"]),
    "callerId": (Code.DIAL_CALLER_ID, [("+14155551212", "+14155551212")], ["1" * 5000]),
    "record": (
        Code.DIAL_RECORD,
        [*((r.value, r) for r in DialRecord), ("true", DialRecord.FROM_ANSWER), ("false", DialRecord.DO_NOT_RECORD)],
        ["record-from-start", ""],
    ),
    "trim": (Code.SCHEMA_WARNING, [(trim.value, trim) for trim in Trim], ["true", ""]),
    "recordingStatusCallback": (Code.RECORDING_STATUS_CALLBACK, [*URLS], NO_URLS),
    "recordingStatusCallbackMethod": (Code.SCHEMA_WARNING, [*METHODS], NO_METHODS),
    "recordingStatusCallbackEvent": (
        Code.RECORDING_STATUS_CALLBACK_EVENT,
        [("completed absent", {RecordingEvent.COMPLETED, RecordingEvent.ABSENT})],
        ["done"],
    ),
    "recordingTrack": (Code.RECORDING_TRACK, [(track.value, track) for track in RecordingTrack], ["left", ""]),
    "recordingConfigurationId": (Code.SCHEMA_WARNING, [("id", "id")], ["a" * 5000]),
    "answerOnBridge": (Code.DIAL_ANSWER_ON_BRIDGE, [*BOOLEANS], NO_BOOLEANS),
    "ringTone": (Code.DIAL_RING_TONE, [("de", "de"), ("us-old", "us-old")], ["xx", "", "us-"]),
    "sequential": (Code.DIAL_SEQUENTIAL, [*BOOLEANS], NO_BOOLEANS),
    "callReason": (Code.SCHEMA_WARNING, [("x" * 50, "x" * 50)], ["x" * 51]),
    "referUrl": (Code.SCHEMA_WARNING, [*URLS], NO_URLS),
    "referMethod": (Code.SCHEMA_WARNING, [*METHODS], NO_METHODS),
    "events": (Code.SCHEMA_WARNING, [("call-progress-event", "call-progress-event")], ["a" * 5000]),
    "passports": (Code.SCHEMA_WARNING, [("x", "x")], ["a" * 5000]),
}


def conference(attributes: str) -> tuple[ConferenceNoun | None, tuple[Problem, ...]]:
    dial, problems = dialled("", f"<Conference {attributes}>Room</Conference>")
    assert dial.noun is None or isinstance(dial.noun, ConferenceNoun)
    return dial.noun, problems


def dialled(attributes: str, content: str = "<Conference>Room</Conference>") -> tuple[Dial, tuple[Problem, ...]]:
    document = parse_twiml(f"<Response><Dial {attributes}>{content}</Dial></Response>")
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    return dial, document.problems


def test_the_tables_are_complete() -> None:
    assert set(CONFERENCE_CASES) == set(CONFERENCE)
    assert {attribute.field for attribute in CONFERENCE.values()} == {field.name for field in fields(ConferenceNoun)} - {"name"}
    assert set(DIAL_CASES) == set(DIAL)
    assert {attribute.field for attribute in DIAL.values()} == {field.name for field in fields(Dial)} - {"noun"}


GOOD_CONFERENCES = [(name, text, value) for name, (_, good, _) in CONFERENCE_CASES.items() for text, value in good]
BAD_CONFERENCES = [(name, text, code) for name, (code, _, bad) in CONFERENCE_CASES.items() for text in bad if name != "coach"]
GOOD_DIALS = [(name, text, value) for name, (_, good, _) in DIAL_CASES.items() for text, value in good]
BAD_DIALS = [(name, text, code) for name, (code, _, bad) in DIAL_CASES.items() for text in bad]


@pytest.mark.parametrize(("name", "text", "value"), GOOD_CONFERENCES)
def test_conference_takes(name: str, text: str, value: object) -> None:
    noun, problems = conference(f"{name}={quoteattr(text)}")
    assert getattr(noun, str(CONFERENCE[name].field)) == value
    assert problems == ()


@pytest.mark.parametrize(("name", "text", "code"), BAD_CONFERENCES)
def test_conference_uses_the_default_instead_of(name: str, text: str, code: Code) -> None:
    noun, problems = conference(f"{name}={quoteattr(text)}")
    assert noun == ConferenceNoun(name="Room")
    assert_one_problem(problems, name, "Conference", code)


@pytest.mark.parametrize(("name", "text", "value"), GOOD_DIALS)
def test_dial_takes(name: str, text: str, value: object) -> None:
    dial, problems = dialled(f"{name}={quoteattr(text)}")
    assert getattr(dial, str(DIAL[name].field)) == value
    assert problems == ()


@pytest.mark.parametrize(("name", "text", "code"), BAD_DIALS)
def test_dial_uses_the_default_instead_of(name: str, text: str, code: Code) -> None:
    dial, problems = dialled(f"{name}={quoteattr(text)}")
    assert dial == Dial(noun=ConferenceNoun(name="Room"))
    assert_one_problem(problems, name, "Dial", code)


def assert_one_problem(problems: tuple[Problem, ...], name: str, element: str, code: Code) -> None:
    (problem,) = problems
    assert problem.code is code
    assert problem.level is code.level
    assert problem.message.startswith(f'{name}="')
    assert f"of <{element}> is not allowed, it must be " in problem.message
    assert problem.message.endswith(" is used instead.")
    assert len(problem.message) < 400


@pytest.mark.parametrize("text", CONFERENCE_CASES["coach"][2])
def test_a_coach_without_a_target_does_not_become_a_participant(text: str) -> None:
    noun, problems = conference(f"coach={quoteattr(text)}")
    assert noun is None
    assert [(problem.code, problem.level) for problem in problems] == [(Code.CONFERENCE_COACH, Level.ERROR)]


def test_known_words_of_a_list_count_though_others_are_wrong() -> None:
    noun, problems = conference('statusCallbackEvent="start begin end"')
    assert noun == ConferenceNoun(name="Room", status_callback_event=frozenset({CallbackEvent.START, CallbackEvent.END}))
    assert [problem.code for problem in problems] == [Code.CONFERENCE_ATTRIBUTE]
    assert '"end start" is used instead' in problems[0].message


def test_what_twilio_does_by_default() -> None:
    noun, problems = conference("")
    assert problems == ()
    assert noun == ConferenceNoun(
        name="Room",
        muted=False,
        beep=Beep.TRUE,
        start_conference_on_enter=True,
        end_conference_on_exit=False,
        participant_label=None,
        jitter_buffer_size=JitterBufferSize.LARGE,
        wait_url=None,
        wait_method=HttpMethod.POST,
        max_participants=250,
        record=ConferenceRecord.DO_NOT_RECORD,
        region=None,
        trim=Trim.TRIM_SILENCE,
        coach=None,
        status_callback_event=frozenset(),
        status_callback=None,
        status_callback_method=HttpMethod.POST,
        recording_status_callback=None,
        recording_status_callback_method=HttpMethod.POST,
        recording_status_callback_event=frozenset({RecordingEvent.COMPLETED}),
        event_callback_url=None,
        recording_configuration_id=None,
    )
    dial, _ = dialled("")
    assert (dial.timeout, dial.time_limit, dial.trim, dial.recording_track) == (
        30,
        14_400,
        Trim.DO_NOT_TRIM,
        RecordingTrack.BOTH,
    )


@pytest.mark.parametrize("name", ["Muted", "workflowSid", "statuscallback", "x:y"])
def test_unknown_attributes_are_ignored(name: str) -> None:
    document = parse_twiml(
        f'<Response xmlns:x="http://x"><Dial {name}="a"><Conference {name}="a">Room</Conference></Dial></Response>'
    )
    assert document.verbs == (Dial(noun=ConferenceNoun(name="Room")),)
    assert [(problem.code, problem.level) for problem in document.problems] == [(Code.SCHEMA_WARNING, Level.WARNING)] * 2
