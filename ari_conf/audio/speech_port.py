"""The port between text and speech."""

from typing import Final, Protocol

from . import Samples

LONGEST_TEXT: Final = 4096
"""Characters of a text that are spoken; the rest is left out."""


class SpeechError(Exception):
    """The text cannot be spoken; the message says why and what helps."""


class SpeechPort(Protocol):
    """What speaks."""

    def speak(self, text: str, *, ssml: str | None = None, voice: str | None = None, language: str | None = None) -> Samples:
        """Return ``text`` as speech at 8000 Hz; empty if there is nothing to say.

        ``ssml`` is the same with its speech markup, an XML fragment without a root, which is then spoken as far as it is
        understood. ``voice`` and ``language`` are those of ``<Say>``; what is not known gives way to the default, with a log
        line. Safe in any thread, and to be called in one: it takes a while. Raises ``SpeechError``.
        """
        ...
