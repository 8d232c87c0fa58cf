"""One connection to ARI: requests and events on the same WebSocket, HTTP where that does not serve.

Asterisk 20.14, 21.9, 22.4 and later take REST requests on the events' socket, which is several times faster than HTTP.
Older ones, binary bodies and the API's own description go over HTTP. The class has the interface of asyncswagger11's
``HttpClient``, so that asyncari's operations run over it. The password travels in the Authorization header only, never in
a URL.
"""

import asyncio
import base64
import contextlib
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode

import aiohttp
import orjson
import structlog

from ari_conf.media.timed_queue import TimedQueue

from .errors import AriLostError, AriReplacedError, AriTimeoutError

log = structlog.get_logger(__name__)

JsonObject = dict[str, Any]

_encode = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode

REQUEST_TIMEOUT: Final = 5.0
"""Seconds for one request. Asterisk answers in a millisecond; five seconds mean that it hangs."""

HEARTBEAT: Final = 5.0
"""Seconds between pings on the WebSocket; half of it without an answer means that the connection is dead."""

EVENT_QUEUE_SIZE: Final = 20_000
"""Events that may wait for their reader. With more we have lost track: the connection is dropped and all compared anew."""

_MEDIA_CLOSE_SECONDS: Final = 1.0

_CHUNK: Final = 65536

_LONGEST_SHOWN: Final = 500
"""Characters of a message that the log has."""


class AriResponse:
    """The answer to a request, as asyncari's operations want it."""

    __slots__ = ("content", "status_code")

    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code = status_code
        self.content = content

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Parse the body. Raises ValueError if it is not JSON."""
        return orjson.loads(self.content)


class _Pending(NamedTuple):
    answer: "asyncio.Future[AriResponse]"
    deadline: float
    what: str


class AriTransport:
    """A connection to one Asterisk. ``url`` is its HTTP address without ``/ari``, for example ``http://127.0.0.1:8088``.

    ``events`` are the messages of the socket in order; ``closed`` is done when the socket is gone, with the cause.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        *,
        request_timeout: float = REQUEST_TIMEOUT,
        event_queue_size: int = EVENT_QUEUE_SIZE,
        rest_over_websocket: bool = True,
    ) -> None:
        credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {credentials}"}
        self._base = url.rstrip("/")
        self._timeout = request_timeout
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._pending: dict[str, _Pending] = {}
        self._watch: asyncio.TimerHandle | None = None
        self._request_ids = itertools.count(1)
        self.rest_over_websocket = rest_over_websocket
        self.events: TimedQueue[JsonObject] = TimedQueue(event_queue_size)
        self.closed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    async def open(self, app: str) -> None:
        """Open the socket as Stasis application ``app``; events gather in ``events`` from now on.

        Raises aiohttp's errors; the caller knows what they mean to a user.
        """
        self._socket = await self._http().ws_connect(
            f"{self._base}/ari/events",
            params={"app": app, "subscribeAll": "false"},
            headers=self._headers,
            heartbeat=HEARTBEAT,
            max_msg_size=0,
            timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
        )
        self._reader = asyncio.create_task(self._read(self._socket), name="ARI reader")

    async def close(self) -> None:
        """Close everything; requests under way fail with ``AriLostError``."""
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        if self._socket is not None:
            await self._socket.close()
        if self._session is not None:
            await self._session.close()
        self._end(AriLostError("the connection to Asterisk was closed"))

    async def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AriResponse:
        """Send one request and return its answer, whatever its status.

        ``url`` may name any host: what counts is what follows ``/ari/``. Raises ``AriTimeoutError`` and ``AriLostError``;
        nothing is repeated here, since not every operation may be.
        """
        resource = url.partition("/ari/")[2]
        if (
            self._socket is None
            or not self.rest_over_websocket
            or resource.startswith("api-docs/")
            or resource.endswith("/file")
        ):
            return await self._request_by_http(method, resource, params, data, headers)
        return await self._request_by_socket(self._socket, method, resource, params, data)

    async def download(self, resource: str, target: Path) -> AriResponse:
        """Write what ``GET resource`` answers to ``target``, if it is success; return the answer, its body only if it is not.

        However long it takes, as long as something comes. Raises as ``request`` does.
        """
        patient = aiohttp.ClientTimeout(total=None, sock_connect=self._timeout, sock_read=self._timeout)
        url = f"{self._base}/ari/{resource}"
        try:
            async with self._http().get(url, headers=self._headers, timeout=patient) as answer:
                if answer.status != 200:
                    return AriResponse(answer.status, await answer.read())
                with target.open("wb") as file:
                    async for chunk in answer.content.iter_chunked(_CHUNK):
                        file.write(chunk)
                return AriResponse(answer.status, b"")
        except TimeoutError as error:
            raise AriTimeoutError(_too_late(f"GET {resource}", self._timeout)) from error
        except aiohttp.ClientError as error:
            raise AriLostError(f"the connection to Asterisk broke during GET {resource}: {error}") from error

    async def open_media(self, connection: str) -> aiohttp.ClientWebSocketResponse:
        """Open the WebSocket at which Asterisk hands out a channel's audio. Raises ``AriLostError``."""
        url = f"{self._base}/media/{quote(connection, safe='')}"
        try:
            return await self._http().ws_connect(
                url, headers=self._headers, timeout=aiohttp.ClientWSTimeout(ws_close=_MEDIA_CLOSE_SECONDS)
            )
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise AriLostError(f"Asterisk hands out no audio at {self._base}/media: {error!r}") from error

    async def ws_connect(self, url: str, params: Any = None, headers: Any = None) -> None:  # noqa: ARG002
        """Refuse: the one socket is opened by ``open``."""
        raise RuntimeError("the events' socket is opened by AriTransport.open")

    async def _request_by_socket(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        method: str,
        resource: str,
        params: Mapping[str, Any] | None,
        data: str | bytes | None,
    ) -> AriResponse:
        request_id = str(next(self._request_ids))
        message: JsonObject = {
            "type": "RESTRequest",
            "transaction_id": "",
            "request_id": request_id,
            "method": method,
            "uri": resource,
        }
        if params:
            message["query_strings"] = [{"name": name, "value": str(value)} for name, value in params.items()]
        if data:
            message["content_type"] = "application/json"
            message["message_body"] = data if isinstance(data, str) else data.decode()
        if self.closed.done():
            raise AriLostError(str(self.closed.result()))
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[AriResponse] = loop.create_future()
        self._pending[request_id] = _Pending(answer, loop.time() + self._timeout, f"{method} {resource}")
        if self._watch is None:
            self._watch = loop.call_later(self._timeout, self._give_up_late_ones)
        try:
            await socket.send_str(_encode(message))
            return await answer
        except (ConnectionError, aiohttp.ClientError) as error:
            raise AriLostError(f"the connection to Asterisk broke: {error!r}") from error
        finally:
            self._pending.pop(request_id, None)

    async def _request_by_http(
        self,
        method: str,
        resource: str,
        params: Mapping[str, Any] | None,
        data: str | bytes | None,
        headers: Mapping[str, str] | None,
    ) -> AriResponse:
        url = f"{self._base}/ari/{resource}"
        if params:
            url += "?" + urlencode({name: str(value) for name, value in params.items()})
        try:
            async with self._http().request(method, url, data=data, headers={**(headers or {}), **self._headers}) as answer:
                return AriResponse(answer.status, await answer.read())
        except TimeoutError as error:
            cause = AriTimeoutError(_too_late(f"{method} {resource}", self._timeout))
            if self._socket is not None:
                self._end(cause)
            raise cause from error
        except aiohttp.ClientError as error:
            raise AriLostError(
                f"Asterisk cannot be reached at {self._base} ({error}); is it running, and is http.conf enabled there?"
            ) from error

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Asterisk closes an idle connection after 15 s (session_keep_alive); leave before it does.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=10),
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                trust_env=False,
            )
        elif self._session.closed:
            raise AriLostError("the connection to Asterisk was closed")
        return self._session

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Sort what arrives, and nothing more: whoever is slow here makes Asterisk drop the connection."""
        cause: Exception = AriLostError("Asterisk closed the connection")
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.data)
                elif message.type is aiohttp.WSMsgType.ERROR:
                    cause = AriLostError(f"the connection to Asterisk broke: {socket.exception()}")
                    break
        except asyncio.QueueFull:
            cause = AriLostError(f"{self.events.maxsize} events were waiting for us; the connection is made anew")
        except (AriLostError, AriReplacedError) as error:
            cause = error
        finally:
            self._end(cause)
            await socket.close()

    def _take(self, text: str) -> None:
        try:
            message = orjson.loads(text)
        except ValueError:
            message = None
        if isinstance(message, dict) and isinstance(message.get("type"), str):
            self._sort(message)
        else:
            log.warning("Asterisk has sent something that is no message of ARI; it is passed over", ari_message=beginning(text))

    def _sort(self, message: JsonObject) -> None:
        match message["type"]:
            case "RESTResponse":
                self._answer(message)
            case "ApplicationReplaced":
                raise AriReplacedError(
                    "another program has connected to Asterisk as the same application; "
                    "stop it, or give one of the two another [asterisk] app"
                )
            case _:
                self.events.put_nowait(message)

    def _answer(self, message: JsonObject) -> None:
        # A pattern of a mapping would say the same, at five times the price; answers come by the thousand.
        request_id, status, body = message.get("request_id"), message.get("status_code"), message.get("message_body", "")
        if not isinstance(request_id, str) or not isinstance(status, int) or not isinstance(body, str):
            # Which request this is the answer to is not known for certain, and what was carried out neither.
            raise AriLostError("an answer of Asterisk is not as it should be; the connection is made anew")
        pending = self._pending.pop(request_id, None)
        if pending is not None and not pending.answer.done():
            pending.answer.set_result(AriResponse(status, body.encode(errors="replace")))

    def _end(self, cause: Exception) -> None:
        if not self.closed.done():
            self.closed.set_result(cause)
        if self._watch is not None:
            self._watch.cancel()
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(AriLostError(str(cause)))
        self._pending.clear()

    def _give_up_late_ones(self) -> None:
        """Give up the connection with the first request that is late: what was carried out can be seen only by comparing anew.

        One timer serves all requests, for the oldest is always the first to be late.
        """
        self._watch = None
        oldest = next(iter(self._pending.values()), None)
        if oldest is None:
            return
        loop = asyncio.get_running_loop()
        if oldest.deadline > loop.time():
            self._watch = loop.call_at(oldest.deadline, self._give_up_late_ones)
            return
        cause = AriTimeoutError(_too_late(oldest.what, self._timeout))
        if not oldest.answer.done():
            oldest.answer.set_exception(cause)
        self._end(cause)


def beginning(message: object) -> str:
    """Return as much of a message as belongs into a line of the log."""
    try:
        text = str(message)
    except RecursionError:
        text = "(brackets within brackets)"
    return text[:_LONGEST_SHOWN].encode(errors="replace").decode()


def _too_late(what: str, seconds: float) -> str:
    return f"Asterisk did not answer {what} within {seconds:g} s"
