"""URLs of webhooks: what is requested, what is kept out of requests and logs, and how relative ones are resolved."""

import base64
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from yarl import URL

from ari_conf.twilio_codes import Code
from ari_conf.webhooks.errors import WebhookError

_AS_WRITTEN = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")

_USERINFO = re.compile(r"//[^/?#]*@")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: ``url`` has neither userinfo nor fragment, ``authorization`` is the header for the userinfo."""

    url: URL
    authorization: str | None


@lru_cache(maxsize=64)
def target(url: str) -> Target:
    """Take an absolute http or https URL apart. Raises ``WebhookError`` with 11100 if it is none."""
    try:
        parts = urlsplit(url)
        userinfo, _, location = parts.netloc.rpartition("@")
        bare = urlunsplit((parts.scheme, location, parts.path or "/", parts.query, ""))
        # What needs no quoting goes over the wire exactly as the application wrote it, for the URL is part of the signature.
        parsed = URL(bare, encoded=_AS_WRITTEN.fullmatch(bare) is not None)
        usable = parts.scheme in {"http", "https"} and bool(parsed.host) and parsed.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise WebhookError(
            Code.INVALID_URL, f'"{redacted(url)}" is not a well-formed http or https URL; check the setting or TwiML.', url
        )
    return Target(parsed, _basic(userinfo) if userinfo else None)


def resolve(base: str, reference: str) -> str:
    """Return the absolute URL of ``reference`` in a document that came from ``base``; an empty one is ``base`` itself.

    Raises ``WebhookError`` with 11100 if the two make no URL.
    """
    try:
        return urljoin(base, reference)
    except ValueError as error:
        raise WebhookError(
            Code.INVALID_URL, f'"{redacted(reference)}" is not a well-formed URL: {error}.', reference
        ) from error


def redirected(url: str, location: str) -> str:
    """Return the URL that a redirect from ``url`` leads to; credentials go along to the same origin and nowhere else.

    Raises ``WebhookError`` with 11216 if that is no http or https URL.
    """
    try:
        there = resolve(url, location)
        came_from, goes_to = target(url), target(there)
    except WebhookError as error:
        raise WebhookError(
            Code.HTTP_INVALID_REDIRECT,
            f'{redacted(url)} redirects to "{redacted(location)}", which is not a well-formed http or https URL.',
            url,
        ) from error
    if goes_to.authorization is None and goes_to.url.origin() == came_from.url.origin():
        userinfo, at_sign, _ = urlsplit(url).netloc.rpartition("@")
        there = urlsplit(there)._replace(netloc=f"{userinfo}{at_sign}{urlsplit(there).netloc}").geturl()
    return there


@lru_cache(maxsize=256)
def redacted(url: str) -> str:
    """Return ``url`` without userinfo and fragment and with no control characters, fit for logs and messages."""
    try:
        parts = urlsplit(url)
        shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
        if not parts.netloc:  # it is no URL, but there may be one in it
            shown = _USERINFO.sub("//", shown)
    except ValueError:
        shown = url.rpartition("@")[2]
    return "".join(character if character.isprintable() else "�" for character in shown)


def _basic(userinfo: str) -> str:
    user, _, password = userinfo.partition(":")
    credentials = f"{unquote(user)}:{unquote(password)}".encode()
    return f"Basic {base64.b64encode(credentials).decode('ascii')}"
