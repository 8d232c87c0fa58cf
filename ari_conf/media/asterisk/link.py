"""The link to one Asterisk: connect, notice when it breaks, connect again.

asyncari brings the operations (made from Asterisk's own description of its API); how they travel is ``transport``'s affair.
"""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
import structlog
from asyncari.client import Client

from ari_conf.asterisk_version import AsteriskVersion, AsteriskVersionError
from ari_conf.media.port import EngineError, EngineUnavailableError, Meter
from ari_conf.spans import Facts, SpanKind, new_span

from .errors import AriFinalError, AriLostError, AriRefusedError
from .events import EVENTS, fault_of
from .transport import REQUEST_TIMEOUT, AriResponse, AriTransport, JsonObject, beginning

log = structlog.get_logger(__name__)

FIRST_RETRY: Final = 0.1
LONGEST_RETRY: Final = 5.0
"""Seconds before the first and between later attempts to connect again; the time doubles in between, with jitter."""


@dataclass(frozen=True, slots=True)
class AriAddress:
    """Where an Asterisk is and who we are there. ``url`` is its HTTP address without ``/ari``."""

    url: str
    username: str
    password: str
    app: str = "ari_conf"

    def __repr__(self) -> str:
        return f"AriAddress({self.url!r}, username={self.username!r}, app={self.app!r})"


class AriLink:
    """A connection that comes back.

    ``on_event`` is called with each event, ``on_lost`` with the cause when the connection breaks, and ``on_back`` (awaited)
    with the length of the gap in seconds and whether Asterisk was restarted meanwhile. Events that arrive during ``on_back``
    wait. ``meters`` are told how long requests took, and events have waited.
    """

    def __init__(
        self,
        address: AriAddress,
        *,
        on_event: Callable[[JsonObject], None],
        on_lost: Callable[[Exception], None],
        on_back: Callable[[float, bool], Awaitable[None]],
        request_timeout: float = REQUEST_TIMEOUT,
        rest_over_websocket: bool | None = None,
    ) -> None:
        self.address = address
        self.version = ""
        self.meters: list[Meter] = []
        self._server = _server(address.url)
        self._on_event = on_event
        self._on_lost = on_lost
        self._on_back = on_back
        self._request_timeout = request_timeout
        self._rest_over_websocket = rest_over_websocket
        self._transport: AriTransport | None = None
        self._operations: Client | None = None
        self._startup_time = ""
        self._still_away = ""
        self._keeper: asyncio.Task[None] | None = None

    @classmethod
    def for_requests(cls, address: AriAddress) -> "AriLink":
        """Return a link that is used for requests alone: connect, call, close."""

        async def not_kept(_gap_seconds: float, _restarted: bool) -> None:  # noqa: FBT001
            raise AssertionError("a link for requests is not kept")

        return cls(address, on_event=lambda _event: None, on_lost=lambda _cause: None, on_back=not_kept)

    @property
    def rest_over_websocket(self) -> bool:
        """Whether requests go over the events' socket."""
        return self._transport is not None and self._transport.rest_over_websocket

    async def connect(self) -> None:
        """Connect for the first time. Raises ``EngineError`` with the cause and what helps; nothing is left open then."""
        await self._connect()

    def keep(self) -> None:
        """Hand out events and keep the connection alive from now on, until ``close``."""
        self._keeper = asyncio.create_task(self._keep(), name="ARI link")
        self._keeper.add_done_callback(self._on_keeper_ended)

    async def close(self) -> None:
        """Disconnect and stay so."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        await self._disconnect()

    async def call(self, resource: str, operation: str, **parameters: str | Collection[Any]) -> AriResponse:
        """Carry out one of asyncari's operations, for example ``call("channels", "answer", channelId=…)``.

        What belongs into the body of the request is a list or a mapping.

        Raises ``AriRefusedError`` for any status that is not success, ``EngineUnavailableError`` if there is no answer.
        """
        operations = self._operations
        if operations is None:
            raise AriLostError(f"there is no connection to Asterisk at {self.address.url}")
        perform = operations.swagger.get_resource(resource).get_operation(operation)
        began = time.monotonic()
        with new_span(f"ARI {resource}.{operation}", self._server, SpanKind.CLIENT) as asking:
            try:
                answer: AriResponse = await perform(**parameters)
            except EngineUnavailableError:
                self._measure(resource, operation, began, "unavailable")
                raise
            refused = answer.status_code >= 300
            asking.note({"http.response.status_code": answer.status_code})
            if refused:
                asking.fail(str(answer.status_code))
        self._measure(resource, operation, began, "refused" if refused else "")
        if refused:
            what = [value for value in parameters.values() if isinstance(value, str)]
            raise AriRefusedError(operation, "/".join([resource, *what][:3]), answer.status_code, _message(answer))
        return answer

    def _measure(self, resource: str, operation: str, began: float, failure: str) -> None:
        seconds = time.monotonic() - began
        for meter in self.meters:
            meter.asked(f"{resource}.{operation}", seconds, failure)

    def takes(self, resource: str, operation: str, parameter: str) -> bool:
        """Tell whether this Asterisk's operation has a parameter; newer versions have more."""
        if self._operations is None:
            return False
        perform = self._operations.swagger.get_resource(resource).get_operation(operation)
        return any(known["name"] == parameter for known in perform.json["parameters"])

    async def download(self, recording: str, target: Path) -> None:
        """Write the file of a stored recording to ``target``. Raises as ``call`` does, or ``OSError``."""
        if self._transport is None:
            raise AriLostError(f"there is no connection to Asterisk at {self.address.url}")
        resource = f"recordings/stored/{quote(recording, safe='')}/file"
        answer = await self._transport.download(resource, target)
        if answer.status_code != 200:
            raise AriRefusedError("getStoredFile", f"recordings/{recording}", answer.status_code, _message(answer))

    async def open_media(self, connection: str) -> aiohttp.ClientWebSocketResponse:
        """Open the WebSocket at which Asterisk hands out a channel's audio. Raises ``EngineUnavailableError``."""
        if self._transport is None:
            raise AriLostError(f"there is no connection to Asterisk at {self.address.url}")
        return await self._transport.open_media(connection)

    async def _connect(self) -> None:
        transport = AriTransport(
            self.address.url, self.address.username, self.address.password, request_timeout=self._request_timeout
        )
        try:
            transport.rest_over_websocket = False
            info = await self._info(transport)
            version, startup_time = info["system"]["version"], info["status"]["startup_time"]
            client = Client(None, urljoin(self.address.url.rstrip("/") + "/", "."), self.address.app, transport)
            await client.swagger.init()
            await transport.open(self.address.app)
            transport.rest_over_websocket = (
                _takes_rest_on_socket(client) if self._rest_over_websocket is None else self._rest_over_websocket
            )
            await self._filter_events(transport)
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError, OSError) as error:
            await transport.close()
            raise EngineUnavailableError(
                f"the address {self.address.url} does not answer as Asterisk does ({error!r}); "
                "check [asterisk] url, and that res_ari and res_http_websocket are loaded"
            ) from error
        except BaseException:  # cancelled, or told in a sentence already: nothing is left open
            await transport.close()
            raise
        self._transport, self._operations = transport, client
        self.version, self._startup_time = version, startup_time

    async def _info(self, transport: AriTransport) -> JsonObject:
        answer = await transport.request("GET", "/ari/asterisk/info")
        if answer.status_code == 401:
            raise EngineError(
                f"Asterisk at {self.address.url} does not accept the user {self.address.username!r} with the password given; "
                "compare [asterisk] username and password with ari.conf"
            )
        if answer.status_code != 200:
            raise EngineError(
                f"Asterisk at {self.address.url} answered {answer.status_code} to GET /ari/asterisk/info; "
                "check that http.conf and ari.conf are enabled and res_ari_asterisk is loaded"
            )
        info: JsonObject = answer.json()
        try:
            reason = AsteriskVersion.parse(info["system"]["version"]).why_not()
        except AsteriskVersionError as error:
            raise EngineError(str(error)) from error
        if reason:
            raise EngineError(reason)
        return info

    async def _filter_events(self, transport: AriTransport) -> None:
        body = json.dumps({"allowed": [{"type": name} for name in EVENTS]})
        answer = await transport.request(
            "PUT",
            f"/ari/applications/{self.address.app}/eventFilter",
            data=body,
            headers={"Content-Type": "application/json"},
        )
        if answer.status_code != 200:
            log.warning("Asterisk does not filter events for us; the link will be noisier", status=answer.status_code)

    async def _keep(self) -> None:
        while self._transport is not None:
            cause = await self._hand_out_events(self._transport)
            lost_at, startup_time = time.monotonic(), self._startup_time
            await self._disconnect()
            self._on_lost(cause)
            if isinstance(cause, AriFinalError):
                return
            delay = FIRST_RETRY
            while not await self._come_back(lost_at, startup_time, delay):
                delay = min(delay * 2, LONGEST_RETRY)

    def _on_keeper_ended(self, keeper: "asyncio.Task[None]") -> None:
        fault = None if keeper.cancelled() else keeper.exception()
        if fault is not None:
            log.error("a fault in ari_conf has ended the connection to Asterisk", exc_info=fault)
            self._on_lost(AriFinalError(f"a fault in ari_conf: {fault!r}"))

    async def _come_back(self, lost_at: float, startup_time: str, delay: float) -> bool:
        """Try once to connect and to compare everything, after a jittered ``delay`` in seconds."""
        await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311
        try:
            await self._connect()
            gap, restarted = time.monotonic() - lost_at, self._startup_time != startup_time
            await self._on_back(gap, restarted)
        except EngineError as error:
            # That it is away has been said; only another cause is news.
            tell = log.debug if str(error) == self._still_away else log.info
            self._still_away = str(error)
            tell("Asterisk is still away", cause=str(error), next_try_within_seconds=min(delay * 2, LONGEST_RETRY))
            await self._disconnect()
            return False
        except Exception:
            # An answer that is not as it should be, or a fault of ours: calls go on, and the next attempt may well succeed.
            log.exception("what Asterisk answers cannot be compared with what we know; it is tried again")
            await self._disconnect()
            return False
        self._still_away = ""
        log.debug("the connection to Asterisk is back", gap_seconds=round(gap, 3), asterisk_restarted=restarted)
        return True

    async def _disconnect(self) -> None:
        self._operations = None
        if self._transport is not None:
            await self._transport.close()

    async def _hand_out_events(self, transport: AriTransport) -> Exception:
        """Hand out events until the connection ends; return the cause."""
        transport.events.on_taken = [meter.read for meter in self.meters]
        while True:
            next_event = asyncio.ensure_future(transport.events.get())
            either: set[asyncio.Future[Any]] = {next_event, transport.closed}
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not next_event.done():
                    next_event.cancel()
            if next_event.cancelled() or not next_event.done():
                return transport.closed.result()
            self._hand_out(next_event.result())
            while not transport.events.empty():
                self._hand_out(transport.events.get_nowait())

    def _hand_out(self, event: JsonObject) -> None:
        """Hand out one event; one that is not as it should be must not cost us the others."""
        if event["type"] not in EVENTS:
            return  # an Asterisk that does not filter them for us
        fault = fault_of(event)
        if fault:
            log.warning(
                "an event of Asterisk is not as it should be; it is passed over", cause=fault, ari_event=beginning(event)
            )
            return
        try:
            self._on_event(event)
        except Exception:
            log.exception("an event of Asterisk could not be handled; it is passed over", ari_event=beginning(event))


def _server(url: str) -> Facts:
    """Return what is said of the span of a request."""
    parts = urlsplit(url)
    return {"server.address": parts.hostname or "", "server.port": parts.port or (443 if parts.scheme == "https" else 80)}


def _takes_rest_on_socket(client: Any) -> bool:
    events = client.swagger.get_resource("events")
    return events is not None and "RESTRequest" in events.json["api_declaration"]["models"]


def _message(answer: AriResponse) -> str:
    try:
        body = answer.json()
    except ValueError:
        return answer.text
    return str(body.get("message") or body.get("error") or body) if isinstance(body, dict) else str(body)
