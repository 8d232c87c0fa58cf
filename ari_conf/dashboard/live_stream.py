"""The live feed over HTTP: a stream of server-sent events for each page that is open, and the controller's health."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from ari_conf.rest.errors import RestCode, RestError
from ari_conf.rest.refusals import unavailable

from .live import Feed
from .live_client import Client
from .sessions import Sessions
from .visitor import Answer, Route, Visitor

MOST_OF_A_SESSION: Final = 20
"""Streams: one for each page that somebody has open."""

MOST_STREAMS: Final = 200
"""Of all sessions together: half of the connections that the controller takes, so that REST has its own."""

BEAT_SECONDS: Final = 15.0
"""After so long without a word a stream says that it is alive; proxies and pages give up later than that."""

GONE_SECONDS: Final = 1.0
"""How often it is looked whether a page that has nothing to be told is still open; aiohttp does not tell."""

WRITE_SECONDS: Final = 30.0
"""A watcher that takes nothing for so long is let go of; it may come again, and is told all there is."""

CLOSE_SECONDS: Final = 1.0
"""How long a stream that is closed may take to write what it is writing; a stopping controller waits for it."""

_HEADERS: Final = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
"""The second one keeps nginx from holding events back."""

_BEGINNING: Final = "retry: 1000\n\n"
_BEAT: Final = "event:beat\ndata:{}\n\n"
"""An event, not a comment: a browser does not tell the page of comments, which could not know then that the stream is alive."""


@dataclass(slots=True, eq=False)
class _Stream:
    """An open stream of a session. ``client`` is there once it is fed."""

    session: str
    request: web.Request
    client: Client | None = None
    closed: bool = False
    _abort: asyncio.TimerHandle | None = None

    @property
    def is_gone(self) -> bool:
        """Whether whoever watched has closed the connection."""
        return self.request.transport is None or self.request.transport.is_closing()

    def close(self) -> None:
        """Write no more; who takes nothing of what is being written is cut off."""
        self.closed = True
        if self.client is not None:
            self.client.close()
        if self._abort is None and self.request.transport is not None:
            self._abort = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.request.transport.abort)

    def is_over(self) -> None:
        """Note that nothing is written any more: the connection may serve other requests."""
        if self._abort is not None:
            self._abort.cancel()


class Streams:
    """Serves ``feed``. The streams of a session end with it."""

    def __init__(self, feed: Feed, sessions: Sessions) -> None:
        self._feed = feed
        self._streams: set[_Stream] = set()
        sessions.on_ended.append(self._close_those_of)

    def routes(self) -> list[Route]:
        """Return what visitors are answered."""
        return [Route("GET", "/live", self._live), Route("GET", "/health", self._health)]

    async def _health(self, _request: web.Request, visitor: Visitor) -> Answer:
        return await self._feed.health(visitor.scope)

    async def _live(self, request: web.Request, visitor: Visitor) -> Answer:
        """Stream until the page is closed, the session ends or the controller stops."""
        if request.method == "HEAD":
            return web.Response(headers=_HEADERS)
        if not self._feed.is_open:
            raise unavailable("controller")
        self._refuse_too_many(visitor)
        stream = _Stream(visitor.session, request)
        self._streams.add(stream)
        try:
            stream.client = await self._feed.connect(visitor.scope, request.query.get("conference") or None)
            return await _serve(stream, stream.client)
        finally:
            self._streams.discard(stream)
            stream.is_over()
            if stream.client is not None:
                self._feed.disconnect(stream.client)

    def close(self) -> None:
        """Close all that are open."""
        for stream in self._streams:
            stream.close()

    def _refuse_too_many(self, visitor: Visitor) -> None:
        there = [stream for stream in self._streams if not stream.is_gone]
        own = sum(stream.session == visitor.session for stream in there)
        if own < MOST_OF_A_SESSION and len(there) < MOST_STREAMS:
            return
        who = "by you" if own >= MOST_OF_A_SESSION else "by all who have logged in"
        raise RestError(RestCode.TOO_MANY_REQUESTS, f"Too many pages are open {who} ({len(there)}); close some of them.", 429)

    def _close_those_of(self, session: str) -> None:
        for stream in self._streams:
            if stream.session == session:
                stream.close()


async def _serve(stream: _Stream, client: Client) -> web.StreamResponse:
    response = web.StreamResponse(headers=_HEADERS)
    try:
        await response.prepare(stream.request)
        text = _BEGINNING
        while not (stream.closed or client.closed or stream.is_gone):
            if text:
                async with asyncio.timeout(WRITE_SECONDS):
                    await response.write(text.encode())
            text = await _next(stream, client)
    except ConnectionError:
        pass  # the page is closed
    except TimeoutError:
        if stream.request.transport is not None:
            stream.request.transport.abort()
    return response


async def _next(stream: _Stream, client: Client) -> str:
    """Wait for what is to be written next: news, or a beat when there are none; nothing if the page is closed."""
    until = time.monotonic() + BEAT_SECONDS
    while (left := until - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(min(left, GONE_SECONDS)):
                return await client.news()
        except TimeoutError:
            if stream.is_gone:
                return ""
    return _BEAT
