"""Error codes, explained to who has to do something about them: ``GET /dashboard/api/codes``.

The texts are in ``code_texts/``, a file for each area. Operators read them at night: what has happened, what became of the
call, what to look at.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from aiohttp import web

from .visitor import Answer, Route, Visitor

_FOLDER: Final = Path(__file__).parent / "code_texts"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code in a few words, what has happened when it is told, and what to do."""

    title: str
    cause: str
    remedy: str


@cache
def read_explanations() -> dict[str, Explanation]:
    """Return what each code means, by its number."""
    return {
        number: Explanation(**texts)
        for file in sorted(_FOLDER.glob("*.toml"))
        for number, texts in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }


def code_routes() -> list[Route]:
    """Return the route of all of them."""

    async def codes(_request: web.Request, _visitor: Visitor) -> Answer:
        return {"codes": read_explanations()}

    return [Route("GET", "/codes", codes)]
