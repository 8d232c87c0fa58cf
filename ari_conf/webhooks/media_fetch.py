"""Fetch a sound that TwiML names: a plain GET, without the parameters of any call."""

from dataclasses import dataclass

from ari_conf.twilio_codes import Code
from ari_conf.webhooks.client import MediaLimit, WebhookClient, WebhookRequest
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.urls import redacted


@dataclass(frozen=True, slots=True)
class FetchedMedia:
    """A sound as it came: ``data`` in whatever format, ``content_type`` in lower case without parameters.

    ``reusable``: the application did not forbid to use it again without asking.
    """

    url: str
    content_type: str
    data: bytes
    reusable: bool


async def fetch_media(client: WebhookClient, url: str, *, auth_token: str, limit: MediaLimit | None = None) -> FetchedMedia:
    """Request the sound at ``url``, which may be up to 64 MB large unless ``limit`` says otherwise.

    The request is signed as every request is. Raises ``WebhookError`` as ``WebhookClient.fetch`` does, and with 13420 if the
    answer is not of a type that can be a sound: any of audio/…, or application/octet-stream.
    """
    response = await client.fetch(
        WebhookRequest(url, "GET", (), auth_token, wants_body=False, media=limit or MediaLimit()),
    )
    if not response.may_be_audio:
        raise WebhookError(
            Code.PLAY_CONTENT_TYPE,
            f'{redacted(response.url)} has the content type "{response.content_type}"; a sound is audio/mpeg or audio/wav.',
            response.url,
            status=response.status,
        )
    return FetchedMedia(response.url, response.content_type, response.body, response.reusable)
