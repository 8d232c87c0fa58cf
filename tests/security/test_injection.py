"""Text of strangers in places that give a meaning to some of it: logs, terminals, SIP and HTTP headers, TwiML, file names."""

import asyncio
import base64
import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from io import StringIO
from typing import Literal
from urllib.parse import quote

import pytest
import structlog

from ari_conf.logs import set_up_logs
from ari_conf.media.asterisk.arrivals import arrival
from ari_conf.media.asterisk.dial_strings import DialStrings, caller_number
from ari_conf.media.asterisk.recording import require_name
from ari_conf.media.port import EngineError
from ari_conf.settings import NumberSettings
from ari_conf.twilio_codes import Code
from ari_conf.twiml import Dial, parse_twiml
from ari_conf.webhooks import WebhookClient, WebhookError, WebhookRequest, sip_parameters
from ari_conf.webhooks.urls import redacted, target
from tests.app_server import AUTH_TOKEN, AppServer
from tests.rest.desk import Desk
from tests.stage import set_stage

from .wire import said_to

HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\n23:59:59 [info     ] call ended\u2028\u202e\x9b31m"
WITHOUT_SPACE = "\x1b[2J\x9b31m\u202e\x07"
"""Structlog writes what has a space as Python does, whatever else is done."""
FORGED = "call ended"


@pytest.fixture(params=["json", "console"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What is logged, on the most talkative level, in either form."""
    form: Literal["json", "console"] = request.param
    lines = StringIO()
    before = structlog.get_config()
    monkeypatch.setattr(sys, "stderr", lines)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    set_up_logs(form, "debug")
    yield lines
    structlog.configure(**before)


def assert_harmless(log: StringIO) -> None:
    lines = log.getvalue().splitlines()
    assert lines
    for line in lines:
        assert line.isprintable(), line
        assert not line.startswith("23:59:59"), line


async def test_names_and_labels_in_the_log(log: StringIO) -> None:
    text = "&#10;23:59:59 [info     ] call ended \u2028\u202e\x9b31m\x85"
    async with set_stage(None) as stage:
        stage.answer(
            f"<Response><Dial><Conference participantLabel='{text}' statusCallback='/events'>{text}</Conference></Dial>"
            "</Response>"
        )
        phone = stage.make_phone(WITHOUT_SPACE, 400.0)
        await phone.dial(HOSTILE)
        await stage.until(lambda: len(stage.controller.rooms.conferences) == 1)
        desk = Desk(stage)
        await desk.raw("GET", "/Conferences.json?FriendlyName=%1b%5B2J%0a23:59:59")
        await said_to(
            stage.controller.port, b"GET / HTTP/1.1\r\nHost: \x1b[2J\r\nUser-Agent: \x1b[2J\r\nConnection: close\r\n\r\n"
        )
        await desk.raw("GET", "/%1b%5B2J%0a23:59:59")
        await phone.hang_up()
        await stage.until(lambda: not stage.controller.switchboard.calls)
    assert_harmless(log)


async def test_what_an_application_answers_in_the_log(log: StringIO) -> None:
    async with set_stage(None) as stage:
        stage.answer(
            f"<Response><Play>http://[{'&#10;23:59:59 x'}</Play><Redirect>http://127.0.0.1:1/&#10;23:59:59\x9b2J</Redirect></Response>"
        )
        await stage.phone("ann").dial("room")
        await stage.until(lambda: not stage.controller.switchboard.calls)
        assert stage.controller.notifications._kept
    assert_harmless(log)


async def test_urls_in_messages_are_printable_and_without_secrets() -> None:
    for url in ("http://me:secret@h/\x1b[2J\n", "http://me:secret@[/", "http://me:secret@h/#secret", "\x9b http://a:secret@b"):
        assert redacted(url).isprintable()
        assert "secret" not in redacted(url)


@pytest.mark.parametrize("name", ["a/b", "../a", "a\0b", "", "a\n", "a" * 101, "Ä", "a b", "a%2fb"])
def test_a_recordings_name_is_no_path(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be called"):
        require_name(name)


@pytest.mark.parametrize("ending", ["\r\nX-Evil: 1", "%0d%0aX-Evil: 1", "\n", "\0", "\x7f", "\x85", "%00", "%0A"])
def test_no_header_ends_a_line_of_sip(ending: str) -> None:
    with pytest.raises(EngineError):
        DialStrings().of(f"sip:a@b?X-A=1{ending}")
    with pytest.raises(EngineError):
        DialStrings().of(f"sip:a{ending}@b\r")
    assert re.fullmatch(r"[A-Za-z0-9+._~*!-]+", caller_number(f"sip:{ending}@x"))


@pytest.mark.parametrize("ending", ["&#13;&#10;X-Evil: 1", "%0d%0aX-Evil: 1", "&#133;X-Evil: 1", "%00", "%0A", "%7f"])
def test_no_header_of_twiml_ends_a_line_of_sip(ending: str) -> None:
    document = parse_twiml(f"<Response><Dial><Sip>sip:a@b?X-A=1{ending}</Sip></Dial></Response>")
    assert [problem.code for problem in document.problems] == [Code.SIP_HEADER_NAME]
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    assert "X-A" not in repr(dial.noun)


@pytest.mark.parametrize("header", ["Contact", "From", "Via", "Route", "Authorization", "X_A", "X-A:B", "X-A\r\n", "X-"])
def test_only_headers_of_ones_own_are_sent(header: str) -> None:
    assert DialStrings().of(f"sip:a@b?{header}=1").headers == ()


@pytest.mark.parametrize(
    "to",
    [
        "Local/1@ari_conf",
        "PJSIP/1001",
        "1&PJSIP/1001",
        "1@outgoing",
        "1,30,g",
        "1^b(x)",
        "client:1001&Local/x",
        "client:1001/sip:x@y",
        "client:../1001",
        "sip:a@b&Local/1@ari_conf",
        "sip:a@b,30",
        "sip:a@b~x",
        "sip:a@b|x",
        "sip:${EXTEN}@b",
        "sip:a@${B}",
        "sip:a@b@outgoing",
        "sip:a@b/sip:c@d",
        "tel:1",
        "sip:",
        "sip:@b",
        "SIP:a b@c",
    ],
)
def test_nothing_is_dialled_that_says_more_than_one_address(to: str) -> None:
    with pytest.raises(EngineError, match="cannot be dialled"):
        DialStrings().of(to)


@pytest.mark.parametrize("name", ["X-Twilio-AccountSid", "X-CallSid", "X-Account", "x-to"])
def test_headers_of_a_caller_take_the_place_of_nothing(name: str) -> None:
    assert sip_parameters("sip:a@b", "id", "1.2.3.4", [(name, "evil")]) == {
        "SipDomain": "b",
        "SipCallId": "id",
        "SipSourceIp": "1.2.3.4",
        f"SipHeader_{name}": "evil",
    }


@pytest.mark.parametrize("text", ['"' + '\\"' * 4000, '"\\' * 4000, '"' * 8001, "<" * 8000])
def test_no_callers_name_takes_long(text: str) -> None:
    channel = {
        "caller": {"number": "1", "name": ""},
        "dialplan": {"exten": "room", "app_data": f"ari_conf,from={text},to=sip:a,call_id=1,source=::1"},
    }
    # What is quadratic takes half a second for one call.
    began = time.process_time()
    for _ in range(50):
        arrival("CA1", channel)
    assert time.process_time() - began < 5


async def test_what_is_dialled_is_no_twiml() -> None:
    number = NumberSettings(twiml="<Response><Dial><Conference>{{To}}</Conference></Dial></Response>")
    dialled = "</Conference></Dial><Dial><Conference>other"
    async with set_stage(None, number) as stage:
        phone = stage.make_phone("{{To}}", 400.0)
        await phone.dial(dialled)
        await stage.until(lambda: [room.friendly_name for room in stage.controller.rooms.conferences] == [dialled])
        await phone.hang_up()


async def test_no_header_ends_a_line_of_http() -> None:
    async with AppServer() as app, WebhookClient() as client:
        url = f"http://u\r\nX-Evil: 1:p\r\n@127.0.0.1:{app.port}/"
        try:
            await client.fetch(WebhookRequest(url, "POST", (("a\r\nX-Evil: 1", "b\r\nX-Evil: 1"),), AUTH_TOKEN))
        except WebhookError:
            return
        (request,) = app.requests
        assert "X-Evil" not in request.headers
        assert request.params == {"a\r\nX-Evil: 1": "b\r\nX-Evil: 1"}


def test_userinfo_with_a_newline_makes_one_header() -> None:
    authorization = target("http://a%0d%0aX-Evil:b@h/").authorization
    assert authorization is not None
    assert authorization.isprintable()


@pytest.mark.parametrize("path", ["/%0d%0aX-Evil:%201.json", "/Conferences.json?PageToken=%0d%0aX-Evil:%201"])
async def test_no_path_ends_a_line_of_an_answer(path: str) -> None:
    async with set_stage(None) as stage:
        desk = Desk(stage)
        _, headers, _ = await desk.raw("GET", path)
        assert "X-Evil" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/media/..%2f..%2fetc%2fpasswd",
        "/media/../../../etc/passwd",
        "/media/..%2fsecret.wav",
        "/media/%2e%2e%2fsecret.wav",
        "/media/{folder}%2fsecret.wav",
        "/2010-04-01/Accounts/{sid}/Recordings/..%2fsecret.wav",
        "/media/" + "0" * 64 + ".wav%00",
        "/media/fetched%2f" + "0" * 64 + ".json",
        "/2010-04-01/Accounts/{sid}/Recordings/..%2f..%2faccount.json",
        "/2010-04-01/Accounts/{sid}/Recordings/..%2fraw%2fx.wav",
        "/2010-04-01/Accounts/..%2f{sid}/Recordings/RE.wav",
        "/2010-04-01/Accounts/{sid}/Recordings/%2e%2e%2fari-conf.db",
    ],
)
async def test_no_path_leads_out_of_a_folder(path: str) -> None:
    async with set_stage(None) as stage:
        folder = stage.controller.sounds.folder.parent
        await asyncio.to_thread((folder / "secret.wav").write_bytes, b"secret")
        sid = "AC" + "0" * 32
        login = base64.b64encode(f"{sid}:{AUTH_TOKEN}".encode()).decode()
        target_ = path.format(sid=sid, folder=quote(str(folder), safe=""))
        request = f"GET {target_} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic {login}\r\n\r\n"
        answer = await said_to(stage.controller.port, request.encode())
        assert answer.startswith(b"HTTP/1.1 404")


async def test_json_lines_stay_json(log: StringIO) -> None:
    structlog.get_logger().info(HOSTILE, key=HOSTILE, other=WITHOUT_SPACE, list=[HOSTILE])
    assert_harmless(log)
    text = log.getvalue()
    if text.startswith("{"):
        assert json.loads(text)["key"] == HOSTILE
    assert FORGED in text


@pytest.mark.parametrize("of_a_library", [False, True])
async def test_the_text_of_a_fault_forges_no_line(log: StringIO, *, of_a_library: bool) -> None:
    def fail() -> None:
        raise ValueError(HOSTILE)

    try:
        fail()
    except ValueError:
        (logging.getLogger("aiohttp.server") if of_a_library else structlog.get_logger()).exception("a fault")
    assert_harmless(log)
