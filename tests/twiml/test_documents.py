import pytest
from twilio.twiml.voice_response import VoiceResponse

from ari_conf.conference import Beep
from ari_conf.twilio_codes import Code, Level
from ari_conf.twiml import (
    ConferenceNoun,
    Dial,
    Document,
    Enqueue,
    Gather,
    Hangup,
    HttpMethod,
    Leave,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    RejectReason,
    Say,
    Trim,
    Verb,
    parse_twiml,
)

ROOM = Dial(noun=ConferenceNoun(name="Room"))
ROOM_TEXT = "<Dial><Conference>Room</Conference></Dial>"


def parse(content: str) -> Document:
    return parse_twiml(f"<Response>{content}</Response>")


def codes(document: Document) -> list[int]:
    return [problem.code.value for problem in document.problems]


def test_twilios_moderator_sample() -> None:
    document = parse_twiml(
        b"""<?xml version="1.0" encoding="UTF-8"?>
<Response>
<Dial action="handleLeaveConference.php"
      method="POST"
      hangupOnStar="true"
      timeLimit="30">
<Conference startConferenceOnEnter="true" endConferenceOnExit="true">
moderated-conference-room
</Conference>
</Dial>
</Response>"""
    )
    assert document == Document(
        (
            Dial(
                noun=ConferenceNoun(name="moderated-conference-room", end_conference_on_exit=True),
                action="handleLeaveConference.php",
                hangup_on_star=True,
                time_limit=30,
            ),
        )
    )


def test_what_twilios_library_writes() -> None:
    response = VoiceResponse()
    response.say("Hello & welcome", voice="alice", loop=2)
    dial = response.dial(hangup_on_star=True, action="/after?a=1&b=2")
    dial.conference("Room 1", muted=True, beep="onEnter", wait_url="", max_participants=3)
    response.redirect("/next", method="GET")
    assert parse_twiml(str(response)) == Document(
        (
            Say(text="Hello & welcome", voice="alice", loop=2),
            Dial(
                noun=ConferenceNoun(name="Room 1", muted=True, beep=Beep.ON_ENTER, wait_url="", max_participants=3),
                hangup_on_star=True,
                action="/after?a=1&b=2",
            ),
            Redirect(url="/next", method=HttpMethod.GET),
        )
    )


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("<Say>Hi <emphasis>you</emphasis>\n there</Say>", Say(text="Hi you there", ssml="Hi <emphasis>you</emphasis> there")),
        ('<Say language="de-DE" loop="0">Hallo</Say>', Say(text="Hallo", language="de-DE", loop=0)),
        ("<Play> music.mp3 </Play>", Play(url="music.mp3")),
        ('<Play digits="1w2#" loop="3"/>', Play(digits="1w2#", loop=3)),
        ("<Pause/>", Pause()),
        ('<Pause length="10"/>', Pause(length=10)),
        ("<Hangup/>", Hangup()),
        ("<Leave/>", Leave()),
        ("<Enqueue> support </Enqueue>", Enqueue(name="support")),
        ("<Record/>", Record()),
        ("<Gather/>", Gather()),
        (
            '<Gather numDigits="4"><Say>PIN?</Say><Pause length="2"/><Play>beep.wav</Play></Gather>',
            Gather(prompts=(Say(text="PIN?"), Pause(length=2), Play(url="beep.wav")), num_digits=4),
        ),
        ("<Redirect/>", Redirect(url="")),
        ('<Redirect method="GET"> http://h/a </Redirect>', Redirect(url="http://h/a", method=HttpMethod.GET)),
        ("<Reject/>", Reject()),
        ('<Reject reason="busy"/>', Reject(reason=RejectReason.BUSY)),
        (ROOM_TEXT, ROOM),
        ("<Dial><!-- a --><Conference>Ro<!-- b -->om<?c d?></Conference></Dial>", ROOM),
        ("<Dial><Conference><![CDATA[Room]]></Conference></Dial>", ROOM),
    ],
)
def test_verbs(text: str, verb: Verb) -> None:
    assert parse(text) == Document((verb,))


@pytest.mark.parametrize(
    ("text", "verb", "code"),
    [
        ('<Say loop="-1">Hi</Say>', Say(text="Hi"), 13510),
        ('<Play loop="1001">a</Play>', Play(url="a"), 13410),
        ('<Play digits="x">a</Play>', Play(url="a"), 13430),
        ('<Pause length="long"/>', Pause(), 13910),
        ('<Redirect method="PUT">a</Redirect>', Redirect(url="a"), 13710),
        ('<Reject reason="tired"/>', Reject(), 13810),
        ('<Hangup after="1"/>', Hangup(), 12200),
        ("<Hangup>now</Hangup>", Hangup(), 12200),
        ("<Pause><Say>Hi</Say></Pause>", Pause(), 12200),
        ("<Dial><Conference>Room<b/></Conference></Dial>", ROOM, 13215),
        ("<Dial><conference>Other</conference><Conference>Room</Conference></Dial>", ROOM, 13215),
        ("<Say></Say>", None, 13520),
        ("<Play/>", None, 11100),
        ("<Play>http://</Play>", None, 11100),
        ("<Gather>Hi</Gather>", Gather(), 12200),
        ("<Gather><Dial>1</Dial></Gather>", Gather(), 13320),
        ("<Gather><Pause><b/></Pause></Gather>", Gather(prompts=(Pause(),)), 12200),
        ("<Gather><Say/></Gather>", Gather(), 13520),
        ("<Record><Say>Hi</Say></Record>", Record(), 12200),
        ("<Record>Hi</Record>", Record(), 12200),
        ("<Enqueue>a<b/></Enqueue>", Enqueue(name="a"), 12200),
        ("<Enqueue/>", None, 14204),
        (f"<Enqueue>{'a' * 65}</Enqueue>", None, 14205),
        ('<Enqueue workflowSid="WW1"><Task>{}</Task></Enqueue>', None, 14226),
        ("<Leave>now</Leave>", Leave(), 12200),
        ("<Refer><Sip>sip:a@h</Sip></Refer>", None, 13750),
        ("<Pay/>", None, 13750),
        ("<Connect><Stream/></Connect>", None, 13750),
        ("<Stop/>", None, 13750),
        ("<Stream/>", None, 13750),
        ("<Prompt/>", None, 13750),
        ("<Echo/>", None, 13750),
        ("<Queue>a</Queue>", None, 13750),
        ("<Start><Stream/></Start>", None, 14300),
        ("<Sms>Hi</Sms>", None, 13803),
        ("<Message>Hi</Message>", None, 13803),
        ("<Number>1</Number>", None, 12200),
        ("<dial/>", None, 12200),
        ("Hello", None, 12200),
    ],
)
def test_what_is_mended_or_skipped(text: str, verb: Verb | None, code: int) -> None:
    document = parse(f"{text}<Pause length='7'/>")
    assert document.verbs == ((verb, Pause(length=7)) if verb else (Pause(length=7),))
    assert codes(document) == [code]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", 13215),
        ("  ", 13215),
        ("+14155551212<Conference>Room</Conference>", 13000),
        ("<Number>1</Number><Conference>Room</Conference>", 13000),
        ("<Conference>Room</Conference><Conference>Other</Conference>", 13000),
        ("<Conference/>", 13237),
        ("<Conference> \n </Conference>", 13237),
        (f"<Conference>{'x' * 129}</Conference>", 13237),
    ],
)
def test_a_dial_without_anybody_to_dial_is_kept_for_its_action(content: str, code: int) -> None:
    document = parse(f'<Dial action="/after">{content}</Dial>')
    assert document.verbs == (Dial(action="/after"),)
    assert [(problem.code, problem.level) for problem in document.problems] == [(code, Level.ERROR)]
    assert document.problems[0].message.endswith("nothing is dialled.")


def test_an_unknown_noun_alone_leaves_nobody() -> None:
    document = parse("<Dial><Pigeon/></Dial>")
    assert document.verbs == (Dial(),)
    assert codes(document) == [13215, 13215]


@pytest.mark.parametrize("name", ["x", "x" * 128, "ü" * 128, "Room 1234", "a/b", "CF0123456789abcdef0123456789abcdef"])
def test_room_names(name: str) -> None:
    assert parse(f"<Dial><Conference>\n\t{name}\n</Conference></Dial>").verbs == (Dial(noun=ConferenceNoun(name=name)),)


def test_problems_say_where() -> None:
    document = parse_twiml(
        '<Response>\n<Dial\n timeLimit="x">\n<Conference\nmuted="maybe">Room</Conference></Dial>\n</Response>'
    )
    assert [problem.line for problem in document.problems] == [3, 5]
    assert document.problems[1].message == (
        'muted="maybe" of <Conference> is not allowed, it must be true or false; false is used instead.'
    )


@pytest.mark.parametrize("verb", ["Pay", "Start", "Sms", "Connect", "Enqueue"])
def test_what_is_missing_is_an_error(verb: str) -> None:
    (problem,) = parse(f"<{verb}/>").problems
    assert problem.level is Level.ERROR
    assert problem.message.endswith("it is skipped.")


def test_a_session_as_twilios_library_writes_it() -> None:
    response = VoiceResponse()
    gather = response.gather(input="dtmf", num_digits=4, action="/pin", action_on_empty_result=True, finish_on_key="")
    gather.say("Your PIN, please")
    response.record(max_length=5, play_beep=False, trim="do-not-trim", recording_status_callback="/recorded")
    response.enqueue("support", wait_url="/wait", wait_url_method="GET", max_queue_size=3)
    response.leave()
    assert parse_twiml(str(response)) == Document(
        (
            Gather(
                prompts=(Say(text="Your PIN, please"),),
                num_digits=4,
                action="/pin",
                action_on_empty_result=True,
                finish_on_key="",
            ),
            Record(max_length=5, play_beep=False, trim=Trim.DO_NOT_TRIM, recording_status_callback="/recorded"),
            Enqueue(name="support", wait_url="/wait", wait_url_method=HttpMethod.GET, max_queue_size=3),
            Leave(),
        )
    )


def test_an_empty_response_is_a_document() -> None:
    assert parse_twiml("<Response/>") == Document(())


def test_every_code_has_a_level_and_a_meaning() -> None:
    assert all(code.meaning and code.level in Level for code in Code)
    assert (Code.CONFERENCE_MUTED.value, Code.CONFERENCE_MUTED.level) == (13230, Level.WARNING)
