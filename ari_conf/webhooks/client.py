"""Requests to the application: signed, bounded in time and size, redirects followed, connection failures tried again."""

import asyncio
import re
import ssl as tls
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlencode

import aiohttp
import structlog
from yarl import URL

from ari_conf.twilio_codes import Code
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.failures import webhook_error
from ari_conf.webhooks.signature import SIGNATURE_HEADER, compute_signature
from ari_conf.webhooks.urls import redacted, redirected, target

_log = structlog.get_logger(__name__)

Form = Sequence[tuple[str, str]]
"""Parameters in the order in which they are sent; a name may stand more than once."""

_FORM_TYPE: Final = "application/x-www-form-urlencoded; charset=UTF-8"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_REDIRECTS_THAT_REPEAT: Final = frozenset({307, 308})
_CHUNK: Final = 8192
_TYPES_OF_ANY_FILE: Final = frozenset({"application/octet-stream", "binary/octet-stream"})
_FORBID_REUSE: Final = re.compile(r"(?:^|[\s,])(?:no-store|no-cache|max-age=0+)(?:$|[\s,=])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """How patient a request is; the defaults are Twilio's. Times in seconds, ``largest_body`` in bytes.

    ``total_timeout`` covers everything: all attempts, all redirects, the body. ``connect_retries`` counts further attempts
    after a connection could not be made; whatever happens once there is a connection is never repeated.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 15.0
    connect_retries: int = 1
    most_redirects: int = 10
    largest_body: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class MediaLimit:
    """How large the body of a sound may be, in bytes, and how many seconds it may take after the head of the answer."""

    largest_body: int = 64 * 1024 * 1024
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One request to the application, signed with ``auth_token``.

    ``parameters`` go into the body (POST) or are added to the query (GET).
    Without ``wants_body`` the answer counts as soon as its status is known, and its body is not read. The body of a sound is
    only read, up to ``media``, if that is given.
    """

    url: str
    method: str
    parameters: Form
    auth_token: str
    wants_body: bool = True
    media: MediaLimit | None = None


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """A successful answer (2xx). ``url`` is where it finally came from, the base of relative URLs in it.

    ``content_type`` is in lower case without parameters, empty if the application gave none. The body of a sound is empty
    unless the request asked for it. ``reusable``: the application did not forbid to use the answer again.
    """

    status: int
    url: str
    content_type: str
    body: bytes
    reusable: bool = True

    @property
    def is_audio(self) -> bool:
        """Tell whether the answer is a sound."""
        return self.content_type.startswith("audio/")

    @property
    def may_be_audio(self) -> bool:
        """Tell whether the answer is a sound, or of a type under which files of any kind are sent."""
        return self.is_audio or self.content_type in _TYPES_OF_ANY_FILE


@dataclass(frozen=True, slots=True)
class _Hop:
    """One step on the way to the answer, ready to be sent. ``url`` is as it was given, ``wire_url`` what is requested."""

    url: str
    method: str
    wire_url: URL
    headers: dict[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class _Redirection:
    status: int
    location: str


class WebhookClient:
    """Sends webhooks. An async context manager; one for the whole process is enough, any number of requests run at once.

    Each request has a connection of its own and no cookies, so that no caller's request can be spoilt by an earlier one's.
    ``tls_context`` replaces the usual trust in the system's certificate authorities.
    """

    def __init__(self, policy: HttpPolicy | None = None, *, tls_context: tls.SSLContext | None = None) -> None:
        self._policy = policy or HttpPolicy()
        self._tls_context = tls_context
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        policy = self._policy
        self._session = aiohttp.ClientSession(
            # A pooled connection may be closed by the application just as a POST goes out, and a POST is not repeated.
            connector=aiohttp.TCPConnector(force_close=True, limit=0, ssl=self._tls_context or True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, connect=policy.connect_timeout, sock_read=policy.read_timeout),
            headers={"User-Agent": "TwilioProxy/1.1", "Accept": "*/*", "Accept-Encoding": "identity"},
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, request: WebhookRequest) -> WebhookResponse:
        """Send ``request`` and return the answer.

        Raises ``WebhookError``: 11100 the URL is no http or https URL, 11205 no connection (after the retries), 11210 no such
        host, 11220 and 11235 to 11237 TLS, 11203 too slow, 11206 not HTTP or broken off, 11215 too many redirects, 11200 a
        status that is not 2xx, 11750 the body is too large. Nothing is logged but retries; the error says all there is to say.
        """
        began = asyncio.get_running_loop().time()
        deadline = asyncio.timeout_at(began + self._policy.total_timeout)
        try:
            async with deadline:
                return await self._follow(request, deadline)
        except TimeoutError as error:
            seconds = round((deadline.when() or began) - began, 1)
            raise WebhookError(
                Code.HTTP_TOTAL_TIMEOUT,
                f"{redacted(request.url)} did not answer completely within {seconds:g} s; it has to answer sooner.",
                request.url,
            ) from error

    async def _follow(self, request: WebhookRequest, deadline: asyncio.Timeout) -> WebhookResponse:
        token = str(uuid.uuid4())
        hop = _hop(request.url, request.method, request.parameters, request.auth_token, token)
        for _ in range(self._policy.most_redirects + 1):
            answer = await self._send(hop, request, deadline)
            if isinstance(answer, WebhookResponse):
                return answer
            url = redirected(hop.url, answer.location)
            if hop.method == "POST" and answer.status in _REDIRECTS_THAT_REPEAT:
                hop = _hop(url, "POST", request.parameters, request.auth_token, token)
            else:
                hop = _hop(url, "GET", (), request.auth_token, token)
        raise WebhookError(
            Code.HTTP_TOO_MANY_REDIRECTS,
            f"{redacted(request.url)} redirects more than {self._policy.most_redirects} times, lastly to {redacted(hop.url)}.",
            request.url,
        )

    async def _send(self, hop: _Hop, request: WebhookRequest, deadline: asyncio.Timeout) -> WebhookResponse | _Redirection:
        retries = self._policy.connect_retries
        while True:
            try:
                return await self._exchange(hop, request, deadline)
            except (aiohttp.ClientError, UnicodeError) as error:
                failure = webhook_error(error, hop.url)
                if not failure.before_connection or retries == 0:
                    raise failure.error from error
                retries -= 1
                _log.info("webhook tried again", code=failure.error.code.value, cause=failure.error.message)

    async def _exchange(self, hop: _Hop, request: WebhookRequest, deadline: asyncio.Timeout) -> WebhookResponse | _Redirection:
        if self._session is None:
            raise RuntimeError("the webhook client is not open; use it with `async with`")
        async with self._session.request(
            hop.method, hop.wire_url, data=hop.body, headers=hop.headers, allow_redirects=False
        ) as response:
            location = response.headers.get("Location")
            if response.status in _REDIRECTS and location:
                response.close()
                return _Redirection(response.status, location)
            return await self._answer(response, hop, request, deadline)

    async def _answer(
        self, response: aiohttp.ClientResponse, hop: _Hop, request: WebhookRequest, deadline: asyncio.Timeout
    ) -> WebhookResponse:
        status = response.status
        if not 200 <= status < 300:
            response.close()
            raise WebhookError(
                Code.HTTP_RETRIEVAL_FAILURE,
                f"{redacted(hop.url)} answered {status} to a {hop.method}; look into the application's log.",
                hop.url,
                status=status,
            )
        reusable = _FORBID_REUSE.search(response.headers.get("Cache-Control", "")) is None
        answer = WebhookResponse(status, hop.url, _content_type(response), b"", reusable)
        media = request.media
        if media is not None and answer.may_be_audio:
            deadline.reschedule(asyncio.get_running_loop().time() + media.seconds)
            return replace(answer, body=await _body(response, hop, media.largest_body, "send a smaller file"))
        if answer.is_audio or not request.wants_body:
            response.close()
            return answer
        largest = self._policy.largest_body
        return replace(answer, body=await _body(response, hop, largest, "a TwiML document has to be shorter"))


async def _body(response: aiohttp.ClientResponse, hop: _Hop, largest: int, remedy: str) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > largest:
            response.close()
            raise WebhookError(
                Code.BODY_TOO_LARGE,
                f"{redacted(hop.url)} sends more than {largest} bytes; {remedy}.",
                hop.url,
                status=response.status,
            )
    return bytes(body)


def _hop(url: str, method: str, parameters: Form, auth_token: str, token: str) -> _Hop:
    form = [(_clean(name), _clean(value)) for name, value in parameters]
    posts = method == "POST"
    place = target(url if posts else _with_query(url, form))
    headers = {
        "Content-Type": _FORM_TYPE,
        "I-Twilio-Idempotency-Token": token,
        SIGNATURE_HEADER: compute_signature(auth_token, str(place.url), form if posts else ()),
    }
    if place.authorization:
        headers["Authorization"] = place.authorization
    return _Hop(url, method, place.url, headers, urlencode(form).encode("ascii") if posts else None)


def _with_query(url: str, form: Form) -> str:
    if not form:
        return url
    bare, hash_mark, fragment = url.partition("#")
    separator = "&" if "?" in bare else "?"
    return f"{bare}{separator}{urlencode(form)}{hash_mark}{fragment}"


def _content_type(response: aiohttp.ClientResponse) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
