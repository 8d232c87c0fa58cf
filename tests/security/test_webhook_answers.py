"""Answers of applications, and of whoever stands in their place: too much, too slow, packed, no text, lies."""

import asyncio
import gzip
import time

import pytest

from ari_conf.programs.freshness import fresh_seconds
from ari_conf.twilio_codes import Code
from ari_conf.webhooks import HttpPolicy, WebhookClient, WebhookError, WebhookRequest
from tests.app_server import AUTH_TOKEN
from tests.stage import set_stage

from .wire import Talk, answering

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
WAV = b"RIFF\x0c\x04\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\xe8\x03\0\0" + bytes(1000)
SHORT = HttpPolicy(connect_timeout=5.0, read_timeout=0.5, total_timeout=1.0)


def for_ever(beginning: bytes, again: bytes) -> Talk:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        while True:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0)

    return talk


async def failure(answer: bytes | Talk) -> WebhookError:
    async with answering(answer) as url, WebhookClient(SHORT) as client:
        with pytest.raises(WebhookError) as caught:
            await client.fetch(WebhookRequest(url, "POST", (("a", "b"),), AUTH_TOKEN))
    return caught.value


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (for_ever(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"b" * 8000 + b"\r\n"), Code.HTTP_PROTOCOL_VIOLATION),
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 100_000, Code.HTTP_PROTOCOL_VIOLATION),
        (for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), Code.HTTP_TOTAL_TIMEOUT),
        (for_ever(OK + b"Transfer-Encoding: chunked\r\n\r\n", (b"40\r\n" + b"a" * 64 + b"\r\n") * 100), Code.BODY_TOO_LARGE),
        (for_ever(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 8000), Code.HTTP_TOTAL_TIMEOUT),
        (OK + b"Content-Length: 99999999999999\r\n\r\n<Response/>", Code.HTTP_PROTOCOL_VIOLATION),
        (OK + b"Content-Length: 99999999999999\r\n\r\n" + b"a" * 70_000, Code.BODY_TOO_LARGE),
        (OK + b"Content-Length: -1\r\n\r\n", Code.HTTP_PROTOCOL_VIOLATION),
    ],
    ids=["headers", "header", "100", "chunks", "chunk extension", "short", "long", "negative"],
)
async def test_no_answer_is_waited_for_or_kept_without_end(answer: bytes | Talk, code: Code) -> None:
    assert (await failure(answer)).code is code


async def test_what_is_packed_is_not_unpacked() -> None:
    bomb = gzip.compress(b"<Response>" + b" " * 10_000_000 + b"</Response>")
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    async with answering(head + bomb) as url, WebhookClient() as client:
        assert (await client.fetch(WebhookRequest(url, "POST", (), AUTH_TOKEN))).body == bomb


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 No\xff\r\nX-A: \xff\xfe\r\nContent-Length: 1\r\n\r\na",
        b"HTTP/1.1 200 OK\r\nContent-Type: te\xff\x1b[31m\r\nContent-Length: 1\r\n\r\na",
        OK + b"Content-Length: 2\r\n\r\n\xff\0",
        b"HTTP/1.1 302 No\r\nLocation: http://\xff\xfe/\r\nContent-Length: 0\r\n\r\n",
        b"\x1b[31m\xff HTTP/1.1 200\r\n\r\n",
    ],
    ids=["header", "content type", "body", "location", "status line"],
)
async def test_bytes_that_are_no_text_are_told_and_kept_like_any_other_fault(answer: bytes) -> None:
    async with answering(answer) as url, set_stage(None) as stage:
        stage.answer(f"<Response><Gather timeout='0'/><Redirect>{url}</Redirect></Response>")
        await stage.phone("ann").dial("room")
        await stage.until(lambda: not stage.controller.switchboard.calls)
        assert stage.controller.notifications._kept
        await stage.controller.store.flush()
        assert stage.controller.store.failing is None
        for notification in stage.controller.notifications._kept:
            assert "\udcff" not in repr(notification.row())


async def test_a_sound_whose_version_is_no_text_is_heard_again() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nETag: \xff\r\nCache-Control: max-age=0\r\n"
    async with answering(head + b"Content-Length: %d\r\n\r\n" % len(WAV) + WAV) as url, set_stage(None) as stage:
        stage.answer(f"<Response><Play>{url}</Play><Play>{url}</Play><Redirect>/two</Redirect></Response>")
        stage.answer("<Response><Hangup/></Response>", "/two")
        await stage.phone("ann").dial("room")
        await stage.until(lambda: not stage.controller.switchboard.calls)
        assert stage.app.params("/two")
        assert not stage.controller.notifications._kept


@pytest.mark.parametrize("directives", [" " * 8000, "a" + " " * 8000 + "!", "a " * 4000, "a=" + " " * 8000, 'a="' * 2600])
def test_no_header_about_caching_takes_long(directives: str) -> None:
    # A hundred of them take a minute or two where they are looked at again and again, otherwise milliseconds.
    began = time.process_time()
    for _ in range(100):
        fresh_seconds({"cache-control": directives}, 0.0)
    assert time.process_time() - began < 5
