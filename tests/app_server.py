"""The user's application as the tests play it: a real HTTP server that answers webhooks and checks every signature."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web
from twilio.request_validator import RequestValidator

AUTH_TOKEN = "0123456789abcdef0123456789abcdef"

XML_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {this} "{f"&{before};" * 10}">' for before, this in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><Response><Say>&i;</Say></Response>"
)


@dataclass(frozen=True, slots=True)
class AppRequest:
    """One request as it arrived: ``url`` as on the wire, ``params`` from the form of a POST or the query of a GET.

    ``json`` is the body as it came if it is JSON.
    """

    method: str
    path: str
    url: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    json: str | None = None


Handler = Callable[[AppRequest], Awaitable[web.StreamResponse] | web.StreamResponse | str]


class AppServer:
    """``voice[path]`` is a TwiML text or a handler; any other path takes callbacks and answers 204.

    ``requests`` has everything that arrived, ``bad_signatures`` those whose signature ``twilio``'s own validator refuses.
    """

    def __init__(self, auth_token: str = AUTH_TOKEN) -> None:
        self.auth_token = auth_token
        self.voice: dict[str, str | Handler] = {}
        self.requests: list[AppRequest] = []
        self.bad_signatures: list[AppRequest] = []
        self.port = 0
        self._arrived = asyncio.Condition()
        self._held: list[asyncio.Event] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for event in self._held:
            event.set()
        assert self._runner is not None
        await self._runner.cleanup()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def hold(self, path: str, answer: str) -> asyncio.Event:
        """Let ``path`` answer only when the returned event is set (at the latest when the server stops)."""
        released = asyncio.Event()
        self._held.append(released)

        async def held(_: AppRequest) -> web.Response:
            await released.wait()
            return twiml(answer)

        self.voice[path] = held
        return released

    def params(self, path: str) -> list[Mapping[str, str]]:
        """Return the parameters of every request to ``path``, in order of arrival."""
        return [request.params for request in self.requests if request.path == path]

    async def wait_for(self, wanted: Callable[[Mapping[str, str]], bool], deadline: float = 5.0) -> AppRequest:
        """Return the first request whose parameters are ``wanted``, waiting up to ``deadline`` seconds for it."""

        def found() -> AppRequest | None:
            return next((request for request in self.requests if wanted(request.params)), None)

        try:
            async with asyncio.timeout(deadline), self._arrived:
                await self._arrived.wait_for(lambda: found() is not None)
        except TimeoutError:
            seen = "\n".join(f"{request.method} {request.path} {dict(request.params)}" for request in self.requests)
            raise AssertionError(f"no such request within {deadline} s; there were:\n{seen or 'none'}") from None
        request = found()
        assert request is not None
        return request

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        # as an application behind no proxy sees it, and as the signature has it
        url = f"http://{request.host}{request.raw_path}"
        form = await request.post()
        json = await request.text() if request.content_type == "application/json" else None
        validator = RequestValidator(self.auth_token)
        seen = AppRequest(
            request.method,
            request.path,
            url,
            {name: str(value) for name, value in (form if request.method == "POST" else request.query).items()},
            dict(request.headers),
            json,
        )
        if not validator.validate(url, form if json is None else json, request.headers.get("X-Twilio-Signature", "")):
            self.bad_signatures.append(seen)
        async with self._arrived:
            self.requests.append(seen)
            self._arrived.notify_all()
        answer = self.voice.get(request.path)
        if answer is None:
            return web.Response(status=204)
        if isinstance(answer, str):
            return twiml(answer)
        made = answer(seen)
        if isinstance(made, Awaitable):
            made = await made
        return twiml(made) if isinstance(made, str) else made


def twiml(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/xml")


def failing(status: int = 500) -> Handler:
    return lambda _: web.Response(status=status, text="<h1>Something went wrong</h1>", content_type="text/html")


def html(_: AppRequest) -> web.Response:
    return web.Response(text="<!DOCTYPE html><html><body><p>It works!</p></body></html>", content_type="text/html")


def empty(_: AppRequest) -> web.Response:
    return web.Response(text="", content_type="text/xml")


def megabyte(_: AppRequest) -> web.Response:
    return twiml(f"<Response><Say>{'a' * 1_000_000}</Say></Response>")


def xml_bomb(_: AppRequest) -> web.Response:
    return twiml(XML_BOMB)


def redirect(location: str, status: int = 302) -> Handler:
    return lambda _: web.Response(status=status, headers={"Location": location})


class ClosedPort:
    """A context manager for a loopback port that refuses connections; nobody else can get it meanwhile."""

    def __enter__(self) -> str:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._socket.close()
