"""The page that is the dashboard, and the files that it is made of. They hold no data, so nobody has to log in for them."""

import functools
import gzip
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

STATIC: Final = Path(__file__).parent / "static"

_SHELL: Final = "index.html"

_CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""Only such files are served. A machine's own list may call a module plain text, and browsers do not run that."""

_NO_PAGES: Final = ("api", "rest", "static")
"""What is below these is no page."""


_REFUSED: Final = re.compile(r"q=0(\.0*)?")
"""How Accept-Encoding says what is not to be taken."""


@dataclass(frozen=True)
class _File:
    content: bytes
    content_type: str
    etag: str

    @functools.cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.content)


class Pages:
    """The files in ``folder``, as they are when the controller starts: read once, so that no path leads to any other."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = dict(_read(folder))

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the files and, below the dashboard, of everything else: to be added after all others."""
        return [
            web.get(r"/static/{path:[\s\S]*}", self._static),
            web.get("", self._below),
            web.get(r"/{path:[\s\S]*}", self._shell),
        ]

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return self._answer(request, request.match_info["path"])

    async def _below(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPSeeOther("/dashboard/")

    async def _shell(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["path"].partition("/")[0] in _NO_PAGES:
            raise web.HTTPNotFound
        return self._answer(request, _SHELL)

    def _answer(self, request: web.Request, path: str) -> web.StreamResponse:
        file = self._files.get(path)
        if file is None:
            raise web.HTTPNotFound
        packed = _takes_gzip(request.headers.get("Accept-Encoding", ""))
        etag = f"{file.etag}-gzip" if packed else file.etag
        # Browsers ask each time whether there is another, so that an update is seen at once.
        headers = {"ETag": f'"{etag}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if any(one.value in {etag, "*"} for one in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = file.content_type
        if packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=file.packed if packed else file.content, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    offers = (one.partition(";") for one in accepted.lower().split(","))
    return any(name.strip() == "gzip" and not _REFUSED.fullmatch(quality.strip()) for name, _, quality in offers)


def _read(folder: Path) -> Iterator[tuple[str, _File]]:
    for path in folder.rglob("*"):
        content_type = _CONTENT_TYPES.get(path.suffix)
        if content_type is not None and path.is_file():
            content = path.read_bytes()
            etag = hashlib.sha256(content).hexdigest()[:32]
            yield path.relative_to(folder).as_posix(), _File(content, content_type, etag)
