"""One request on its way to its answer, through redirects and further attempts."""

import asyncio
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import aiohttp
import structlog

from ari_conf.notifications import KEPT_BODY
from ari_conf.spans import Span, SpanKind, new_span
from ari_conf.twilio_codes import Code
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.failures import Failure, failure_of, kind_of_status
from ari_conf.webhooks.hop import hop_to
from ari_conf.webhooks.policy import HttpPolicy
from ari_conf.webhooks.request import WebhookRequest, WebhookResponse
from ari_conf.webhooks.urls import redacted, redirected

_log = structlog.get_logger(__name__)

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REDIRECTS_THAT_REPEAT: Final = frozenset({307, 308})
_NOT_MODIFIED: Final = 304
_CHUNK: Final = 8192
_FORBID_REUSE: Final = re.compile(r"(?:^|[\s,])(?:no-store|no-cache|max-age=0+)(?:$|[\s,=])", re.IGNORECASE)
_NOT_KEPT: Final = frozenset({"set-cookie"})
"""Headers that are no business of whoever reads about a failure."""
_PATIENCE: Final = 0.5
"""For so many seconds a body is read that is not needed: to keep it with a failure, or to use the connection again."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """``fresh`` makes a connection for each request, ``pooled`` uses those again that are open."""

    fresh: aiohttp.ClientSession
    pooled: aiohttp.ClientSession


@dataclass(frozen=True, slots=True)
class _Redirection:
    status: int
    location: str


class Fetching:
    """Carries out one request. To be used once."""

    def __init__(self, sessions: Sessions, request: WebhookRequest, policy: HttpPolicy) -> None:
        self._sessions = sessions
        self._request = request
        self._policy = policy
        self._retries = policy.retries
        # The deadline sees to a silence that is as long; a timer for each read would be wasted on it.
        silence = policy.read_timeout if request.media or policy.read_timeout < policy.total_timeout else None
        self._timeout = aiohttp.ClientTimeout(total=None, connect=policy.connect_timeout, sock_read=silence)
        self._token = request.idempotency_token or str(uuid.uuid4())
        self._hop = hop_to(request, request.url, self._token, repeats=True)
        self._began = asyncio.get_running_loop().time()
        self._deadline = asyncio.timeout_at(self._began + policy.total_timeout)

    async def run(self) -> WebhookResponse:
        """Return the answer. Raises ``WebhookError``, see ``WebhookClient.fetch``."""
        try:
            async with self._deadline:
                return await self._follow()
        except TimeoutError as error:
            seconds = round((self._deadline.when() or self._began) - self._began, 1)
            raise WebhookError(
                Code.HTTP_TOTAL_TIMEOUT,
                f"{redacted(self._request.url)} did not answer completely within {seconds:g} s; it has to answer sooner.",
                self._request.url,
                exchange=self._hop.exchange(),
            ) from error

    async def _follow(self) -> WebhookResponse:
        for _ in range(self._policy.most_redirects + 1):
            answer = await self._send()
            if isinstance(answer, WebhookResponse):
                return answer
            url = redirected(self._hop.url, answer.location)
            repeats = self._hop.method == "POST" and answer.status in _REDIRECTS_THAT_REPEAT
            self._hop = hop_to(self._request, url, self._token, repeats=repeats)
        raise WebhookError(
            Code.HTTP_TOO_MANY_REDIRECTS,
            f"{redacted(self._request.url)} redirects more than {self._policy.most_redirects} times, "
            f"lastly to {redacted(self._hop.url)}.",
            self._request.url,
            exchange=self._hop.exchange(),
        )

    async def _send(self) -> WebhookResponse | _Redirection:
        while True:
            try:
                answer = await self._attempt()
            except (aiohttp.ClientError, UnicodeError) as error:
                failure = failure_of(error, self._hop)
                if not self._may_retry(failure):
                    raise failure.error from error
            else:
                if not isinstance(answer, Failure):
                    return answer
                if not self._may_retry(answer):
                    raise answer.error
                failure = answer
            _log.info("webhook tried again", code=failure.error.code.value, cause=failure.error.message)

    def _may_retry(self, failure: Failure) -> bool:
        if self._retries == 0 or failure.kind not in self._policy.retry_on:
            return False
        self._retries -= 1
        return True

    async def _attempt(self) -> WebhookResponse | _Redirection | Failure:
        if not self._request.repeatable:
            return await self._exchange(self._sessions.fresh)
        try:
            return await self._exchange(self._sessions.pooled)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
            # The connection may have been closed by the application while it was idle. A new one says how things are.
            return await self._exchange(self._sessions.fresh)

    async def _exchange(self, session: aiohttp.ClientSession) -> WebhookResponse | _Redirection | Failure:
        with new_span(self._hop.method, self._hop.facts, SpanKind.CLIENT) as span:
            try:
                return await self._ask(session, span)
            except asyncio.CancelledError:
                if self._deadline.expired():
                    span.fail("timeout")
                raise

    async def _ask(self, session: aiohttp.ClientSession, span: Span) -> WebhookResponse | _Redirection | Failure:
        hop = self._hop
        cookies = self._request.cookies
        headers = hop.headers
        if self._request.media is None:  # a sound may be anywhere, and not the application's
            headers = {**headers, **span.headers}
        cookie = cookies.header(hop.wire_url) if cookies is not None else ""
        if cookie:
            headers = headers | {"Cookie": cookie}
        async with session.request(
            hop.method, hop.wire_url, data=hop.body, headers=headers, allow_redirects=False, timeout=self._timeout
        ) as response:
            span.note({"http.response.status_code": response.status})
            if response.status >= 400:
                span.fail(str(response.status))
            if cookies is not None:
                cookies.keep(hop.wire_url, response.headers.getall("Set-Cookie", ()))
            location = response.headers.get("Location")
            if response.status in _REDIRECTS and location:
                response.close()
                return _Redirection(response.status, location)
            if not self._is_success(response.status):
                return await self._failure(response)
            return await self._answer(response)

    def _is_success(self, status: int) -> bool:
        return 200 <= status < 300 or (status == _NOT_MODIFIED and self._request.is_conditional)

    async def _failure(self, response: aiohttp.ClientResponse) -> Failure:
        status, place = response.status, redacted(self._hop.url)
        exchange = self._hop.exchange(status, _kept_headers(response), await _beginning(response))
        if status < 400:
            code = Code.HTTP_INVALID_REDIRECT
            sentence = f"{place} answered {status}, which is no redirect to another URL; answer 200, or 302 with a Location."
        else:
            code = Code.HTTP_RETRIEVAL_FAILURE
            sentence = f"{place} answered {status} to a {self._hop.method}; look into the application's log."
        error = WebhookError(code, sentence, self._hop.url, status=status, exchange=exchange)
        return Failure(error, kind_of_status(status))

    async def _answer(self, response: aiohttp.ClientResponse) -> WebhookResponse:
        request, status = self._request, response.status
        headers = {name.lower(): value for name, value in _texts(response)}
        reusable = _FORBID_REUSE.search(headers.get("cache-control", "")) is None
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        answer = WebhookResponse(status, self._hop.url, content_type, b"", reusable, headers)
        if status == _NOT_MODIFIED:
            return answer
        if request.media is not None and answer.may_be_audio:
            self._deadline.reschedule(asyncio.get_running_loop().time() + request.media.seconds)
            body = await self._body(response, request.media.largest_body, "send a smaller file")
            return replace(answer, body=body)
        if request.media is not None and not request.wants_body:
            exchange = self._hop.exchange(status, _kept_headers(response), await _beginning(response))
            return replace(answer, exchange=exchange)
        if answer.is_audio or not request.wants_body:
            if request.repeatable:
                await _beginning(response)
            else:
                response.close()
            return answer
        body = await self._body(response, self._policy.largest_body, "a TwiML document has to be shorter")
        exchange = self._hop.exchange(status, _kept_headers(response), body[:KEPT_BODY])
        return replace(answer, body=body, exchange=exchange)

    async def _body(self, response: aiohttp.ClientResponse, largest: int, remedy: str) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > largest:
                response.close()
                raise WebhookError(
                    Code.BODY_TOO_LARGE,
                    f"{redacted(self._hop.url)} sends more than {largest} bytes; {remedy}.",
                    self._hop.url,
                    status=response.status,
                    exchange=self._hop.exchange(response.status, _kept_headers(response), bytes(body[:KEPT_BODY])),
                )
        return bytes(body)


def _kept_headers(response: aiohttp.ClientResponse) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in _texts(response) if name.lower() not in _NOT_KEPT)


def _texts(response: aiohttp.ClientResponse) -> Iterator[tuple[str, str]]:
    """Yield the headers; a byte that is no UTF-8, which no database, JSON or further request could take, is replaced."""
    for name, value in response.headers.items():
        yield name, value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """Read what comes at once, up to what is kept. A connection whose answer has not been read to the end is closed."""
    if response.content.at_eof():
        return b""
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for chunk in response.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) >= KEPT_BODY:
                    break
    except (aiohttp.ClientError, TimeoutError):
        pass
    if not response.content.at_eof():
        response.close()
    return bytes(body[:KEPT_BODY])
