"""What the URL of a program answers with: a document of the few verbs that may stand there, or a sound."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from ari_conf.audio.decode import DecodeError
from ari_conf.media.port import SoundFile
from ari_conf.twilio_codes import Code
from ari_conf.twiml import Pause, Play, Problem, Redirect, Say, TwimlError
from ari_conf.twiml.elements import read_elements
from ari_conf.webhooks import MediaLimit, WebhookClient, WebhookError, WebhookRequest, WebhookResponse, document_of, redacted

from .sounds import SoundStore

_log = structlog.get_logger(__name__)

ProgramVerb = Play | Say | Pause | Redirect

_ALLOWED = frozenset({"Play", "Say", "Pause", "Redirect"})


@dataclass(frozen=True, slots=True)
class ProgramRequest:
    """Where a program comes from: an absolute URL, its method, what the application is told, and the token that signs it."""

    url: str
    method: str
    parameters: Mapping[str, str]
    auth_token: str


@dataclass(frozen=True, slots=True)
class Content:
    """An answer: ``sound`` if it is one, otherwise the ``verbs`` of a document and its ``problems``.

    ``url`` is where it came from after all redirects, the base of the relative URLs in it.
    """

    url: str
    verbs: tuple[ProgramVerb, ...] = ()
    problems: tuple[Problem, ...] = ()
    sound: SoundFile | None = None


async def fetch_content(
    webhooks: WebhookClient, sounds: SoundStore, request: ProgramRequest, media: MediaLimit | None = None
) -> Content:
    """Ask the application, and make a sound that it answers with ready.

    Raises ``WebhookError``: as ``fetch_twiml`` does; 12300 for a sound that cannot be decoded; 13238 for a document with
    another verb than Play, Say, Pause and Redirect, which is refused as a whole, before anything of it is heard.
    """
    response = await webhooks.fetch(
        WebhookRequest(
            request.url, request.method, tuple(request.parameters.items()), request.auth_token, media=media or MediaLimit()
        )
    )
    if response.may_be_audio:
        try:
            sound = await sounds.from_media(response.body, content_type=response.content_type)
        except DecodeError as error:
            raise WebhookError(
                Code.CONTENT_TYPE,
                f'{redacted(response.url)} answered with the content type "{response.content_type}", but {error}.',
                response.url,
                status=response.status,
            ) from error
        except OSError as error:
            _log.error("a sound cannot be kept; there is silence in its place", cause=str(error))
            return Content(response.url)
        return Content(response.url, sound=sound)
    document = document_of(response)
    _check_elements(response)
    verbs = tuple(verb for verb in document.verbs if isinstance(verb, ProgramVerb))
    return Content(response.url, verbs, document.problems)


def _check_elements(response: WebhookResponse) -> None:
    try:
        elements = read_elements(response.body).children
    except TwimlError:
        return  # plain text, which is said
    for element in elements:
        if element.name not in _ALLOWED:
            raise WebhookError(
                Code.CONFERENCE_FORBIDDEN_VERB,
                f"{redacted(response.url)}: <{element.name}> on line {element.line} may not stand in what is played to "
                "participants of a conference; only <Play>, <Say>, <Pause> and <Redirect> may.",
                response.url,
                status=response.status,
            )
