"""The demo's application: what a user of ari_conf writes. It answers with TwiML and is told what happens."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from html import escape
from types import TracebackType
from typing import Self

from aiohttp import web

from ari_conf.webhooks import SIGNATURE_HEADER, compute_signature

ROOM = "Weekly call"
MODERATOR = "moderator"
COACH = "coach"
COACHED = "bob"


@dataclass(slots=True)
class Application:
    """A web application on a loopback port of its own. ``callbacks`` are the events it was told, with their times."""

    auth_token: str
    callbacks: list[tuple[float, dict[str, str]]] = field(default_factory=list)
    recordings: list[dict[str, str]] = field(default_factory=list)
    wrongly_signed: int = 0
    url: str = ""
    _runner: web.AppRunner | None = None
    _told: asyncio.Event = field(default_factory=asyncio.Event)
    _call_sids: dict[str, str] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(
            [web.post("/voice", self._voice), web.post("/events", self._events), web.post("/recording", self._recording)]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def wait_told(self, count: int, seconds: float) -> None:
        """Return when ``count`` callbacks and a recording have come, or after ``seconds``."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while len(self.callbacks) < count or not self.recordings:
                    self._told.clear()
                    await self._told.wait()

    async def _voice(self, request: web.Request) -> web.Response:
        """Put every caller into the room; it starts with the moderator and ends with them. The coach is heard by one alone."""
        form = await self._form(request)
        dialled = form["To"]
        self._call_sids[dialled] = form["CallSid"]
        moderator = "true" if dialled == MODERATOR else "false"
        return web.Response(
            content_type="text/xml",
            text=f"""<?xml version="1.0" encoding="UTF-8"?>
            <Response>
              <Dial>
                <Conference startConferenceOnEnter="{moderator}" endConferenceOnExit="{moderator}"
                            {f'coach="{self._call_sids[COACHED]}"' if dialled == COACH else ""}
                            record="record-from-start" recordingStatusCallback="/recording"
                            statusCallback="/events" statusCallbackEvent="start end join leave"
                            participantLabel="{escape(dialled)}">{ROOM}</Conference>
              </Dial>
            </Response>""",
        )

    async def _recording(self, request: web.Request) -> web.Response:
        self.recordings.append(await self._form(request))
        self._told.set()
        return web.Response(status=204)

    async def _events(self, request: web.Request) -> web.Response:
        self.callbacks.append((time.monotonic(), await self._form(request)))
        self._told.set()
        return web.Response(status=204)

    async def _form(self, request: web.Request) -> dict[str, str]:
        form = {name: str(value) for name, value in (await request.post()).items()}
        signature = compute_signature(self.auth_token, f"{self.url}{request.path_qs}", tuple(form.items()))
        if request.headers.get(SIGNATURE_HEADER) != signature:
            self.wrongly_signed += 1
        return form
