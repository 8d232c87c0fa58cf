"""Ask the application what to do with a call: a webhook whose answer is a TwiML document, or stands for one."""

from collections.abc import Mapping
from dataclasses import dataclass

from ari_conf.twilio_codes import Code
from ari_conf.twiml import Document, Play, Say, TwimlError, parse_twiml
from ari_conf.webhooks.client import WebhookClient, WebhookRequest, WebhookResponse
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.urls import redacted

_TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True, slots=True)
class FetchedDocument:
    """A document and ``url``, where it came from after all redirects: the base of the relative URLs in it.

    The URL may carry userinfo, which its relative URLs then share; redact it before it is shown.
    """

    document: Document
    url: str


async def fetch_twiml(
    client: WebhookClient, url: str, *, method: str, parameters: Mapping[str, str], auth_token: str
) -> FetchedDocument:
    """Request ``url`` and return the document that it answers with.

    A sound stands for a document that plays it, plain text that is no TwiML for one that says it; both end there.
    Raises ``WebhookError`` as ``WebhookClient.fetch`` does, and with 11770, 12300, 12100 or 12102 if the answer is no document.
    """
    response = await client.fetch(WebhookRequest(url, method, tuple(parameters.items()), auth_token))
    return FetchedDocument(document_of(response), response.url)


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
        )
    plain = response.content_type == "text/plain"
    if response.content_type not in _TWIML_TYPES and not plain:
        raise WebhookError(
            Code.CONTENT_TYPE,
            f'{where} answered with the content type "{response.content_type}"; TwiML is text/xml.',
            response.url,
            status=response.status,
        )
    try:
        return parse_twiml(response.body)
    except TwimlError as error:
        if plain:
            return Document((Say(text=" ".join(response.body.decode("utf-8", "replace").split())),))
        raise WebhookError(error.code, f"{where}: {error.message}", response.url, status=response.status) from error
