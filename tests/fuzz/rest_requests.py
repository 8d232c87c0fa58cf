"""REST: whatever is asked, it is answered at once, never with a 500, as JSON with a code if refused; others are served."""

import asyncio
import base64
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from unittest import mock

from structlog.testing import capture_logs

from ari_conf.app import Controller
from ari_conf.clock import VirtualClock
from ari_conf.media.local import LocalEngine
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.settings import ROOM_OF_THE_DIALLED_NAME, NumberSettings, RestSettings, StorageSettings, WebhookSettings
from ari_conf.webhooks import HttpPolicy, WebhookClient
from ari_conf.webhooks.network_rules import NetworkRules
from tests.app_server import AppServer
from tests.stage import ACCOUNT, leaves_no_task, settings_for, until

from .target import HERE, Check, Target

_LOGIN: Final = base64.b64encode(f"{ACCOUNT.sid}:{ACCOUNT.auth_token}".encode())
_OWN_FRAMING: Final = re.compile(rb"\s*(content-length|transfer-encoding|connection|upgrade)\b", re.IGNORECASE)
"""How long a body is, and what becomes of the connection, is HTTP's affair and aiohttp's: wrong ones only make it wait."""

_IMPATIENT: Final = HttpPolicy(connect_timeout=0.2, read_timeout=0.2, total_timeout=0.3)
_WELL_FORMED: Final = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE) /2010-04-01/Accounts/[!-~]{0,8000}")
"""First lines that aiohttp hands on, if there are no headers that it could refuse."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @classmethod
    def parse(cls, raw: bytes) -> "_Answer":
        while True:
            head, end, raw = raw.partition(b"\r\n\r\n")
            assert end, f"no answer: {head!r}"
            first, *lines = head.split(b"\r\n")
            status = int(first.split(b" ")[1])
            if status >= 200:
                fields = (line.partition(b":") for line in lines)
                return cls(status, {name.lower(): value.strip() for name, _, value in fields}, raw)

    def check(self, request: bytes) -> None:
        assert self.status < 500, self
        if b"twilio-request-id" not in self.headers or request.startswith(b"HEAD "):
            return  # no request to the API, or not even one of HTTP; or an answer without a body
        if self.status >= 400:
            error: Any = json.loads(self.body)
            assert error["status"] == self.status, self
            assert isinstance(error["code"], int), self
            assert error["message"], self
        elif self.headers.get(b"content-type") == b"application/json":
            json.loads(self.body)


class _World:
    """A controller with a conference of two."""

    def __init__(
        self, controller: Controller, clock: VirtualClock, phones: list[VirtualPhone], logs: list[MutableMapping[str, Any]]
    ) -> None:
        self._controller = controller
        self._clock = clock
        self._phones = phones
        self._logs = logs

    async def check(self, data: bytes) -> None:
        await self._meet()
        request, well_formed = self._request(data)
        answer = _Answer.parse(await self._ask(request))
        answer.check(request)
        assert not well_formed or b"twilio-request-id" in answer.headers, answer
        await self._clock.let_pass(0.1)
        plain = b"GET /2010-04-01/Accounts/%b/Conferences.json HTTP/1.1\r\nHost: h\r\n" % ACCOUNT.sid.encode()
        witness = _Answer.parse(await self._ask(plain + b"Authorization: Basic %b\r\nConnection: close\r\n\r\n" % _LOGIN))
        assert witness.status == 200, witness
        for entry in self._logs:
            assert ACCOUNT.auth_token not in repr(entry), entry
            # It has been answered with a 500, then, or somebody's call has.
            assert not entry.get("exc_info"), entry
        self._logs.clear()

    async def _meet(self) -> None:
        """Let everybody call again who is in no conference any more."""
        rooms = self._controller.rooms
        if not rooms.conferences or len(rooms.conferences[0].participants) < len(self._phones):
            for phone in self._phones:
                await phone.hang_up()
            await until(lambda: not rooms.conferences, self._clock)
            for phone in self._phones:
                await phone.dial("room")
            await until(lambda: sum(len(one.participants) for one in rooms.conferences) == len(self._phones), self._clock)

    def _request(self, data: bytes) -> tuple[bytes, bool]:
        """Make a request of an input, and tell whether it is one that the API itself has to answer."""
        conference = self._controller.rooms.conferences[0]
        names = {"account": ACCOUNT.sid, "conference": conference.sid, "call": next(iter(conference.participants))}
        for name, value in names.items():
            data = data.replace(b"{%b}" % name.encode(), value.encode())
        data = data.replace(b"{login}", _LOGIN)
        head, _, body = data.partition(b"\n\n")
        first, *lines = head.split(b"\n")
        lines = [line for line in lines if not _OWN_FRAMING.match(line)]
        more = [b"Host: h", b"Connection: close", b"Content-Length: %d" % len(body)]
        request = b"\r\n".join([first + b" HTTP/1.1", *lines, *more, b"", b""]) + body
        return request, not lines and _WELL_FORMED.fullmatch(first) is not None

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._controller.port)
        try:
            writer.write(request)
            # Of a request that is too large the rest is not read.
            with contextlib.suppress(ConnectionError):
                return await reader.read()
            return b""
        finally:
            writer.transport.abort()

    async def end(self) -> None:
        for phone in self._phones:
            await phone.hang_up()
        for call in self._controller.switchboard.calls:
            await self._controller.engine.hang_up(call.sid)
        await until(lambda: not self._controller.switchboard.calls and not self._controller.rooms.conferences, self._clock)


@contextlib.asynccontextmanager
async def _open() -> AsyncIterator[Check]:
    clock = VirtualClock()
    engine = LocalEngine(clock, recordings=StorageSettings().raw_recordings)

    def only_here(_rules: NetworkRules, address: str) -> str | None:
        return None if address == "127.0.0.1" else "another machine, and this is a test"

    # aiohttp tells of each request that is none of HTTP.
    quiet = mock.patch.object(logging.getLogger("aiohttp.server"), "disabled", new=True)
    with quiet, capture_logs() as logs, mock.patch.object(NetworkRules, "refusal", only_here):
        async with leaves_no_task(), AppServer() as app:
            settings = settings_for(app, NumberSettings(twiml=ROOM_OF_THE_DIALLED_NAME)).model_copy(
                update={"rest": RestSettings(rate=1e9, burst=1e9), "webhooks": WebhookSettings(callback_max_age=0.0)}
            )
            client = WebhookClient(_IMPATIENT)
            async with Controller(settings, (ACCOUNT,), engine, clock=clock, webhooks=client) as controller:
                phones = [VirtualPhone(engine, name, 400.0, number=f"+1555010{name}") for name in "01"]
                world = _World(controller, clock, phones, logs)
                try:
                    yield world.check
                finally:
                    await world.end()


TARGET = Target("rest_requests", HERE / "corpus/rest_requests", _open, examples=400)
