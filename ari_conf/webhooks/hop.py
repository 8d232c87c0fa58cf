"""One step on the way to an answer, the first request or what a redirect leads to: signed, and ready to be sent."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote_plus

from yarl import URL

from ari_conf.notifications import Exchange
from ari_conf.spans import Facts
from ari_conf.webhooks.request import Form, WebhookRequest
from ari_conf.webhooks.signature import BODY_HASH, SIGNATURE_HEADER, body_hash, compute_signature
from ari_conf.webhooks.urls import redacted, target

_FORM_TYPE: Final = "application/x-www-form-urlencoded; charset=UTF-8"
_JSON_TYPE: Final = "application/json"
_needs_no_quoting: Final = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
_quoted_lately: Final = lru_cache(1000)(quote_plus)
_LARGEST_REMEMBERED: Final = 200
"""In characters."""


@dataclass(frozen=True, slots=True)
class Hop:
    """A request as it is sent: ``url`` is as it was given, ``wire_url`` what is requested."""

    url: str
    method: str
    wire_url: URL
    headers: dict[str, str]
    body: bytes | None
    parameters: Form

    @property
    def facts(self) -> Facts:
        """What is said of the span of this request."""
        place = self.wire_url
        return {
            "http.request.method": self.method,
            "url.full": redacted(self.url),
            "server.address": place.host or "",
            "server.port": place.port or 0,
        }

    def exchange(self, status: int | None = None, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> Exchange:
        """Return what is kept of this request and its answer."""
        return Exchange(self.method, redacted(self.url), self.parameters, status, headers, body)


def hop_to(request: WebhookRequest, url: str, token: str, *, repeats: bool) -> Hop:
    """Return the request for ``url``: with method, parameters and body of ``request`` if it ``repeats`` that, else a bare GET.

    Raises ``WebhookError`` with 11100 if that is no http or https URL.
    """
    method = request.method if repeats else "GET"
    form = [(_clean(name), _clean(value)) for name, value in request.parameters] if repeats else []
    body = None
    content_type = _FORM_TYPE
    in_query: Form = form
    signed: Form = ()
    if method == "POST" and request.json_body is not None:
        body = request.json_body
        content_type = _JSON_TYPE
        in_query = [*form, (BODY_HASH, body_hash(body))]
    elif method == "POST":
        body = _encoded(form).encode("ascii")
        in_query, signed = (), form
    place = target(_with_query(url, in_query))
    headers = {
        "Content-Type": content_type,
        "I-Twilio-Idempotency-Token": token,
        SIGNATURE_HEADER: compute_signature(request.auth_token, str(place.url), signed),
    }
    if place.authorization:
        headers["Authorization"] = place.authorization
    headers.update(request.headers)
    return Hop(url, method, place.url, headers, body, form)


def _with_query(url: str, form: Form) -> str:
    if not form:
        return url
    bare, hash_mark, fragment = url.partition("#")
    separator = "&" if "?" in bare else "?"
    return f"{bare}{separator}{_encoded(form)}{hash_mark}{fragment}"


def _encoded(form: Form) -> str:
    """Do what ``urlencode`` does, several times as fast: nearly all names and values are plain, or the same again."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in form)


def _quoted(text: str) -> str:
    if _needs_no_quoting(text):
        return text
    return _quoted_lately(text) if len(text) <= _LARGEST_REMEMBERED else quote_plus(text)


def _clean(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
