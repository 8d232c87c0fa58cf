import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ari_conf.twilio_codes import Code
from ari_conf.webhooks import WebhookClient, WebhookError, WebhookRequest
from tests.app_server import AUTH_TOKEN

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ACCEPTED = b"HTTP/1.1 204 No Content\r\n\r\n"


class RawApp:
    """An application that answers by hand: ``answers(connection, request)``, both counted from 0; None closes instead."""

    def __init__(self, answers: Callable[[int, int], bytes | None]) -> None:
        self.answers = answers
        self.seen: list[tuple[int, bytes]] = []
        self.connections = 0
        self.url = ""

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection, self.connections = self.connections, self.connections + 1
        try:
            for number in range(1000):
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.seen.append((connection, head + await reader.readexactly(length)))
                answer = self.answers(connection, number)
                if answer is None:
                    return
                writer.write(answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[WebhookClient]:
        async with await asyncio.start_server(self._talk, "127.0.0.1", 0) as server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            async with WebhookClient() as client:
                yield client


async def tell(client: WebhookClient, app: RawApp, *, repeatable: bool = True) -> int:
    request = WebhookRequest(app.url, "POST", (("SequenceNumber", "1"),), AUTH_TOKEN, wants_body=False, repeatable=repeatable)
    return (await client.fetch(request)).status


def token_of(request: bytes) -> bytes:
    return request.partition(b"I-Twilio-Idempotency-Token: ")[2].partition(b"\r\n")[0]


@pytest.mark.parametrize("answer", [OK, ACCEPTED])
async def test_a_connection_is_used_again(answer: bytes) -> None:
    app = RawApp(lambda _connection, _request: answer)
    async with app.running() as client:
        for _ in range(3):
            await tell(client, app)
    assert app.connections == 1
    assert len(app.seen) == 3


async def test_what_is_not_repeatable_has_its_own_connection() -> None:
    app = RawApp(lambda _connection, _request: OK)
    async with app.running() as client:
        for _ in range(3):
            await tell(client, app, repeatable=False)
    assert app.connections == 3


async def test_a_connection_that_was_closed_meanwhile_loses_nothing() -> None:
    app = RawApp(lambda connection, request: None if (connection, request) == (0, 1) else OK)
    async with app.running() as client:
        assert await tell(client, app) == 200
        assert await tell(client, app) == 200
    assert len({token_of(seen) for _, seen in app.seen}) == 2
    assert token_of(app.seen[1][1]) == token_of(app.seen[2][1])
    assert [connection for connection, _ in app.seen] == [0, 0, 1]


async def test_it_is_repeated_once() -> None:
    app = RawApp(lambda _connection, _request: None)
    async with app.running() as client:
        with pytest.raises(WebhookError) as caught:
            await tell(client, app)
    assert caught.value.code is Code.HTTP_PROTOCOL_VIOLATION
    assert len(app.seen) == 2


async def test_what_is_not_repeatable_is_sent_once() -> None:
    app = RawApp(lambda _connection, _request: None)
    async with app.running() as client:
        with pytest.raises(WebhookError):
            await tell(client, app, repeatable=False)
    assert len(app.seen) == 1


async def test_an_answer_that_goes_on_is_left() -> None:
    app = RawApp(lambda _connection, _request: b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"a" * 100_000)
    async with app.running() as client:
        assert await tell(client, app) == 200
        assert await tell(client, app) == 200
    assert app.connections == 2
