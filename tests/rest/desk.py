"""What tests of the REST API have in common."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from yarl import URL

import ari_conf
from ari_conf.conference import Conference
from ari_conf.phones.phone import CallablePhone, Incoming
from tests.stage import ACCOUNT, Stage, within_deadline

P = ParamSpec("P")
R = TypeVar("R")

ROOM = "<Response><Dial><Conference>Room</Conference></Dial></Response>"


@dataclass(slots=True, eq=False)
class Desk:
    """``ask`` lets the SDK ask in a thread of its own, for it blocks; ``raw`` sends what the SDK would not."""

    stage: Stage
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = ari_conf.client(self.url, ACCOUNT.sid, ACCOUNT.auth_token)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.stage.controller.port}"

    @property
    def conference(self) -> Conference:
        """The only one that is running."""
        (conference,) = self.stage.controller.rooms.conferences
        return conference

    async def room(self, *names: str, twiml: str = ROOM) -> list[CallablePhone]:
        """Let phones of these names call one after the other, at different times, and wait until each is in the conference."""
        phones: list[CallablePhone] = []
        for name in names:
            await self.stage.clock.let_pass(0.02)
            phones += await self.stage.room(name, twiml=twiml)
            await self.stage.until(partial(self._somewhere, len(phones)))
        return phones

    def _somewhere(self, count: int) -> bool:
        return any(len(conference.participants) == count for conference in self.stage.controller.rooms.conferences)

    def rings(self, phone: CallablePhone) -> "asyncio.Task[Incoming]":
        """Let a phone listen for calls from now on; await what is returned until it rings."""
        return asyncio.create_task(phone.ringing())

    async def rung(self, rings: "asyncio.Task[Incoming]", call_sid: str) -> Incoming:
        """Wait until a phone rings and the controller has been told, which is a little later."""
        incoming = await within_deadline(rings)
        (called,) = [call for call in self.stage.controller.switchboard.calls if call.sid == call_sid]
        await self.stage.until(called.rings.done)
        return incoming

    async def ask(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(call, *args, **kwargs)

    async def refusal(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[int, int]:
        """Ask for something that is refused; return the HTTP status and the code."""
        with pytest.raises(TwilioRestException) as refused:
            await self.ask(call, *args, **kwargs)
        assert refused.value.code is not None
        return refused.value.status, refused.value.code

    async def raw(
        self,
        method: str,
        path: str,
        *,
        login: tuple[str, str] | None = (ACCOUNT.sid, ACCOUNT.auth_token),
        **more: Any,
    ) -> tuple[int, Mapping[str, str], Any]:
        """Return the status, the headers and the JSON of an answer; ``path`` follows the account."""
        headers = {"Authorization": "Basic " + b64encode(":".join(login).encode()).decode()} if login else {}
        where = path if path.startswith("/openapi") else f"/2010-04-01/Accounts/{ACCOUNT.sid}{path}"
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, URL(self.url + where, encoded=True), **more) as answer,
        ):
            return answer.status, answer.headers, await answer.json() if answer.content_type == "application/json" else None
