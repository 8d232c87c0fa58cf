"""What is wrong with a document, in a form that can be logged, shown and told to the application's author."""

import re
from dataclasses import dataclass

from ari_conf.twilio_codes import Code, Level, TwilioError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``message`` names the element, the attribute, the value and what is done instead.

    ``level`` is usually the level of ``code``, graver where a verb is not carried out. ``line`` is None where it is not known.
    """

    code: Code
    level: Level
    message: str
    line: int | None = None


class TwimlError(TwilioError):
    """The document cannot be run at all; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code, problem.message)
        self.problem = problem


_ENOUGH_PROBLEMS = 100


class Problems:
    """Collects problems while a document is read; a document that is full of them is described by its first hundred."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, code: Code, message: str, line: int | None, *, level: Level | None = None) -> None:
        """Note a problem; its level is that of the code unless another is given."""
        if len(self._found) < _ENOUGH_PROBLEMS:
            self._found.append(Problem(code, level or code.level, message, line))

    @property
    def full(self) -> bool:
        """Whether there is room for no more: then a message need not be made."""
        return len(self._found) == _ENOUGH_PROBLEMS

    def found(self) -> tuple[Problem, ...]:
        """Return the problems in the order of the document."""
        return tuple(self._found)


def document_error(code: Code, message: str, line: int | None = None) -> TwimlError:
    """Return the error for a document that cannot be run."""
    return TwimlError(Problem(code, code.level, message, line))


# What follows the scheme of a URL, http or SIP, up to its host if there is a user. It is consumed even if there is none,
# so that no input makes it try twice.
_USERINFO = re.compile(r"(//|\bsips?:)[^/?#\s@]*+(@?)")


def printable(text: str, longest: int = 60) -> str:
    """Return ``text`` shortened, without control characters and the passwords of URLs, fit for one line of a message."""
    if "@" in text:
        text = _USERINFO.sub(lambda found: f"{found[1]}...@" if found[2] else found[0], text)
    shown = text if len(text) <= longest else f"{text[: longest - 3]}..."
    return shown if shown.isprintable() else "".join(character if character.isprintable() else "�" for character in shown)


def quoted(text: str) -> str:
    """Return ``text`` as ``printable`` does, between double quotes."""
    return f'"{printable(text)}"'
