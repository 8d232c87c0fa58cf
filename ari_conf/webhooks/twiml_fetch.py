"""Ask the application what to do with a call: a webhook whose answer is a TwiML document, or stands for one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ari_conf.twilio_codes import Code
from ari_conf.twiml import Document, Play, Say, TwimlError, document_text, parse_twiml
from ari_conf.webhooks.client import WebhookClient
from ari_conf.webhooks.cookies import CookieJar
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.request import WebhookRequest, WebhookResponse
from ari_conf.webhooks.urls import redacted

_TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True, slots=True)
class FetchedDocument:
    """A document and ``url``, where it came from after all redirects: the base of the relative URLs in it.

    The URL may carry userinfo, which its relative URLs then share; redact it before it is shown. ``text`` is the document as
    it came, empty if it was a sound.
    """

    document: Document
    url: str
    text: str = field(default="", compare=False, repr=False)


async def fetch_twiml(
    client: WebhookClient,
    url: str,
    *,
    method: str,
    parameters: Mapping[str, str],
    auth_token: str,
    cookies: CookieJar | None = None,
) -> FetchedDocument:
    """Request ``url`` and return the document that it answers with. ``cookies`` are those of the call.

    A sound stands for a document that plays it, plain text that is no TwiML for one that says it; both end there.
    Raises ``WebhookError`` as ``WebhookClient.fetch`` does, and with 11770, 12300, 12100 or 12102 if the answer is no document.
    """
    response = await client.fetch(WebhookRequest(url, method, tuple(parameters.items()), auth_token, cookies=cookies))
    return FetchedDocument(document_of(response), response.url, _text_of(response))


def document_again(url: str, text: str) -> FetchedDocument:
    """Return a document that ``fetch_twiml`` has returned before, made of what it had as ``url`` and ``text``."""
    if not text:
        return FetchedDocument(Document((Play(url=url),)), url)
    try:
        return FetchedDocument(parse_twiml(text), url, text)
    except TwimlError:
        return FetchedDocument(_said(text), url, text)


def document_of(response: WebhookResponse) -> Document:
    """Return the document that an answer is or stands for. Raises ``WebhookError``: 11770, 12300, 12100 or 12102."""
    where = redacted(response.url)
    if response.is_audio:
        return Document((Play(url=response.url),))
    if not response.body.strip():
        raise WebhookError(
            Code.BODY_EMPTY,
            f"{where} answered with an empty body; <Response/> is the shortest document.",
            response.url,
            status=response.status,
            exchange=response.exchange,
        )
    plain = response.content_type == "text/plain"
    if response.content_type not in _TWIML_TYPES and not plain:
        raise WebhookError(
            Code.CONTENT_TYPE,
            f'{where} answered with the content type "{response.content_type}"; TwiML is text/xml.',
            response.url,
            status=response.status,
            exchange=response.exchange,
        )
    try:
        return parse_twiml(response.body)
    except TwimlError as error:
        if plain:
            return _said(response.body.decode("utf-8", "replace"))
        raise WebhookError(
            error.code, f"{where}: {error.message}", response.url, status=response.status, exchange=response.exchange
        ) from error


def _text_of(response: WebhookResponse) -> str:
    try:
        text = document_text(response.body)
    except TwimlError:  # plain text may be anything
        text = response.body.decode("utf-8", "replace")
    # A database takes no NUL in a text.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _said(text: str) -> Document:
    """Return the document that plain text stands for."""
    return Document((Say(text=" ".join(text.split())),))
