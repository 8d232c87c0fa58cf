"""Callbacks: told to the application in order, in the background, without anybody waiting for the answer."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from ari_conf.twilio_codes import Code
from ari_conf.webhooks.client import WebhookClient, WebhookRequest
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.urls import redacted

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one callback went: ``status`` if the application accepted it, otherwise ``error``. ``url`` carries no userinfo."""

    lane: str
    url: str
    parameters: Mapping[str, str]
    status: int | None
    error: WebhookError | None
    seconds: float


@dataclass(frozen=True, slots=True)
class _Owed:
    url: str
    method: str
    parameters: Mapping[str, str]
    auth_token: str


class Callbacks:
    """Delivers callbacks in lanes, one for each conference: in order within a lane, lanes side by side.

    They are kept in memory. A callback that is not accepted is logged with 16011 and not repeated, and the lane goes on. So it
    goes with what comes when ``longest_lane`` callbacks wait already. ``on_delivered`` hears of each; it must not raise.
    """

    def __init__(
        self, client: WebhookClient, *, on_delivered: Callable[[Delivery], None] | None = None, longest_lane: int = 1000
    ) -> None:
        self._client = client
        self._on_delivered = on_delivered
        self._longest_lane = longest_lane
        self._lanes: dict[str, deque[_Owed]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def owed(self) -> int:
        """How many callbacks are not delivered yet, the ones under way included."""
        return sum(len(lane) for lane in self._lanes.values())

    def post(self, lane: str, url: str, method: str, parameters: Mapping[str, str], auth_token: str) -> None:
        """Owe the application a callback, and return at once."""
        callback = _Owed(url, method, parameters, auth_token)
        waiting = self._lanes.get(lane)
        if waiting is None:
            self._lanes[lane] = waiting = deque([callback])
            task = asyncio.create_task(self._run(lane, waiting), name=f"callbacks {lane}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif len(waiting) < self._longest_lane:
            waiting.append(callback)
        else:
            cause = f"{len(waiting)} callbacks wait for {redacted(url)} already; the application has to answer faster."
            error = WebhookError(Code.CONFERENCE_CALLBACK_FAILED, cause, url)
            self._done(Delivery(lane, redacted(url), parameters, None, error, 0.0))

    async def drain(self, timeout: float) -> int:  # noqa: ASYNC109
        """Wait until everything owed is delivered, at most ``timeout`` seconds; then give up the rest, with a log line.

        Returns how many callbacks were given up.
        """
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout)
        given_up = self.owed
        tasks = list(self._tasks)
        self._lanes.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if given_up:
            _log.warning("callbacks given up", code=Code.CONFERENCE_CALLBACK_FAILED.value, count=given_up, seconds=timeout)
        return given_up

    async def _run(self, lane: str, waiting: deque[_Owed]) -> None:
        try:
            while waiting:
                self._done(await self._deliver(lane, waiting[0]))
                waiting.popleft()
        finally:
            if self._lanes.get(lane) is waiting:
                del self._lanes[lane]

    async def _deliver(self, lane: str, callback: _Owed) -> Delivery:
        began = time.monotonic()
        status, error = None, None
        try:
            response = await self._client.fetch(
                WebhookRequest(
                    callback.url, callback.method, tuple(callback.parameters.items()), callback.auth_token, wants_body=False
                )
            )
            status = response.status
        except WebhookError as failure:
            error = failure
        return Delivery(lane, redacted(callback.url), callback.parameters, status, error, time.monotonic() - began)

    def _done(self, delivery: Delivery) -> None:
        if delivery.error is not None:
            _log.warning(
                "callback not delivered",
                code=Code.CONFERENCE_CALLBACK_FAILED.value,
                url=delivery.url,
                cause=delivery.error.message,
                cause_code=delivery.error.code.value,
                conference_sid=delivery.parameters.get("ConferenceSid"),
                callback_event=delivery.parameters.get("StatusCallbackEvent"),
                sequence_number=delivery.parameters.get("SequenceNumber"),
            )
        if self._on_delivered is not None:
            self._on_delivered(delivery)
