"""What is asked of the application, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ari_conf.notifications import Exchange
from ari_conf.webhooks.cookies import CookieJar
from ari_conf.webhooks.policy import MediaLimit

Form = Sequence[tuple[str, str]]
"""Parameters in the order in which they are sent; a name may stand more than once."""

_CONDITIONAL: Final = frozenset({"if-none-match", "if-modified-since"})
_TYPES_OF_ANY_FILE: Final = frozenset({"application/octet-stream", "binary/octet-stream"})


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One request to the application, signed with ``auth_token``.

    ``parameters`` go into the body (POST) or are added to the query (GET). With ``json_body``, which needs POST, that is the
    body, and the parameters are added to the query, with the body's hash.
    Without ``wants_body`` the answer counts as soon as its status is known, and its body is not read. The body of a sound is
    only read, up to ``media``, if that is given. ``headers`` are sent along; with If-None-Match or If-Modified-Since among
    them the answer may be 304.
    ``idempotency_token`` is the same over redirects and further attempts, and a new one if it is not given. ``cookies`` are
    those of the call: returned, and added to. A ``repeatable`` request goes over a connection that may have been used before,
    and is sent once more if that turns out to be closed; so the application may see it twice, with the same token.
    """

    url: str = field(repr=False)
    method: str
    parameters: Form
    auth_token: str = field(repr=False)
    wants_body: bool = True
    media: MediaLimit | None = None
    headers: tuple[tuple[str, str], ...] = ()
    idempotency_token: str | None = None
    cookies: CookieJar | None = field(default=None, compare=False, repr=False)
    json_body: bytes | None = field(default=None, repr=False)
    repeatable: bool = False

    @property
    def is_conditional(self) -> bool:
        """Tell whether the answer may be that nothing has changed (304)."""
        return any(name.lower() in _CONDITIONAL for name, _ in self.headers)


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """A successful answer: 2xx, or 304 to a conditional request.

    ``url`` is where it finally came from, the base of relative URLs in it. ``content_type`` is in lower case without
    parameters, empty if the application gave none. The body of a sound is empty unless the request asked for it.
    ``reusable``: the application did not forbid to use the answer again. The names of ``headers`` are in lower case.
    ``exchange`` is there for what may turn out to be of no use: a document, or something else than a sound.
    """

    status: int
    url: str
    content_type: str
    body: bytes
    reusable: bool = True
    headers: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    exchange: Exchange | None = field(default=None, compare=False, repr=False)

    @property
    def is_audio(self) -> bool:
        """Tell whether the answer is a sound."""
        return self.content_type.startswith("audio/")

    @property
    def may_be_audio(self) -> bool:
        """Tell whether the answer is a sound, or of a type under which files of any kind are sent."""
        return self.is_audio or self.content_type in _TYPES_OF_ANY_FILE
