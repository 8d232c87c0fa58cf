"""What a program is: a document of the few verbs that may stand there, or a sound; mostly what its URL answers with."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import structlog

from ari_conf.audio.decode import DecodeError
from ari_conf.media.port import SoundFile
from ari_conf.twilio_codes import Code, TwilioError
from ari_conf.twiml import (
    Document,
    Gather,
    Hangup,
    Leave,
    Pause,
    Play,
    Problem,
    Prompt,
    Redirect,
    Say,
    TwimlError,
    parse_twiml,
)
from ari_conf.twiml.elements import read_elements
from ari_conf.webhooks import MediaLimit, WebhookClient, WebhookError, WebhookRequest, WebhookResponse, document_of, redacted

from .sounds import SoundStore

_log = structlog.get_logger(__name__)

Stop = Gather | Hangup | Leave
"""A verb that a program cannot carry out itself: it stops there, where such a verb is allowed."""

_Verbs = tuple[type[Prompt | Redirect | Stop], ...]

_ALWAYS_ALLOWED: _Verbs = (Pause, Play, Redirect, Say)


@dataclass(frozen=True, slots=True)
class ProgramRequest:
    """Where a program comes from: an absolute URL, its method, what the application is told, and the token that signs it.

    ``parameters`` may be a function, which is asked anew for each request. With ``twiml`` that is the first document, which
    comes from no URL.
    """

    url: str
    method: str
    parameters: Mapping[str, str] | Callable[[], Mapping[str, str]]
    auth_token: str
    twiml: str = ""

    def told(self) -> dict[str, str]:
        """Return what the application is told now."""
        return dict(self.parameters() if callable(self.parameters) else self.parameters)


@dataclass(frozen=True, slots=True)
class Content:
    """An answer: ``sound`` if it is one, otherwise the ``verbs`` of a document and its ``problems``.

    ``url`` is where it came from after all redirects, the base of the relative URLs in it.
    """

    url: str
    verbs: tuple[Prompt | Redirect | Stop, ...] = ()
    problems: tuple[Problem, ...] = ()
    sound: SoundFile | None = None

    def prompts_from(self, position: int) -> tuple[tuple[Prompt, ...], Redirect | Stop | None]:
        """Return the prompts from ``position`` on, and the verb behind them, None if they are the last."""
        rest = self.verbs[position:]
        prompts: list[Prompt] = []
        for verb in rest:
            if not isinstance(verb, Prompt):
                return tuple(prompts), verb
            prompts.append(verb)
        return tuple(prompts), None


async def fetch_content(
    webhooks: WebhookClient,
    sounds: SoundStore,
    request: ProgramRequest,
    media: MediaLimit | None = None,
    stops: Collection[type[Stop]] = (),
) -> Content:
    """Ask the application, and make a sound that it answers with ready.

    Raises ``WebhookError``: as ``fetch_twiml`` does; 12300 for a sound that cannot be decoded; 13238 for a document with
    another verb than Play, Say, Pause, Redirect and ``stops``, which is refused as a whole, before anything of it is heard.
    """
    response = await webhooks.fetch(
        WebhookRequest(
            request.url, request.method, tuple(request.told().items()), request.auth_token, media=media or MediaLimit()
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
                exchange=response.exchange,
            ) from error
        except OSError as error:
            _log.error("a sound cannot be kept; there is silence in its place", cause=str(error))
            return Content(response.url)
        return Content(response.url, sound=sound)
    document = document_of(response)
    allowed = (*_ALWAYS_ALLOWED, *stops)
    _check_answer(response, allowed)
    return _content(response.url, document, allowed)


def given_content(twiml: str) -> Content:
    """Return what a document is that came from no URL.

    Raises ``TwilioError``: as ``parse_twiml`` does, and with 13238 for another verb than Play, Say, Pause and Redirect.
    """
    document = parse_twiml(twiml)
    forbidden = _forbidden(twiml, _ALWAYS_ALLOWED)
    if forbidden:
        raise TwilioError(Code.CONFERENCE_FORBIDDEN_VERB, forbidden)
    return _content("", document, _ALWAYS_ALLOWED)


def _content(url: str, document: Document, allowed: _Verbs) -> Content:
    return Content(url, tuple(verb for verb in document.verbs if isinstance(verb, allowed)), document.problems)


def _check_answer(response: WebhookResponse, allowed: _Verbs) -> None:
    try:
        forbidden = _forbidden(response.body, allowed)
    except TwimlError:
        return  # plain text, which is said
    if forbidden:
        raise WebhookError(
            Code.CONFERENCE_FORBIDDEN_VERB,
            f"{redacted(response.url)}: {forbidden}",
            response.url,
            status=response.status,
            exchange=response.exchange,
        )


def _forbidden(document: bytes | str, allowed: _Verbs) -> str:
    """Return what is wrong with the first verb that is not allowed, empty if all are."""
    names = sorted(verb.__name__ for verb in allowed)
    for element in read_elements(document).children:
        if element.name not in names:
            return (
                f"<{element.name}> on line {element.line} may not stand in what is played to those who wait or listen; "
                f"only {', '.join(f'<{name}>' for name in names)} may."
            )
    return ""
