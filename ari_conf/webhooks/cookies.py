"""The cookies of one call: kept while it lasts, and returned to the host that has set them."""

from collections.abc import Iterable
from typing import Final

import aiohttp
from yarl import URL

MOST_HOSTS: Final = 20
MOST_COOKIES: Final = 50
"""For each host."""
LARGEST_COOKIE: Final = 4096
"""In characters, with its attributes. What is beyond these limits is not kept."""


class CookieJar:
    """The cookies of one call. To be made once for a call, and passed with each of its requests.

    A cookie goes back to the host that has set it and to no other, whatever its ``Domain`` says.
    """

    def __init__(self, kept: Iterable[tuple[str, str]] = ()) -> None:
        self._hosts: dict[str, aiohttp.CookieJar] = {}
        self._origins: dict[tuple[str, str, str], tuple[str, str]] = {}
        """By host, name and path, which together make a cookie the same or another."""
        for url, header in kept:
            self.keep(URL(url), [header])

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What is kept, to make another jar of it: each a URL, and the ``Set-Cookie`` header that came from it.

        A ``Max-Age`` counts from the beginning there.
        """
        self._forget_origins()
        return list(self._origins.values())

    def keep(self, url: URL, headers: Iterable[str]) -> None:
        """Keep what the answer from ``url`` wants to have kept: its ``Set-Cookie`` headers."""
        for header in headers:
            name = header.partition("=")[0].strip()
            if not name or len(header) > LARGEST_COOKIE:
                continue
            jar = self._jar(url.host or "")
            if jar is None:
                return
            if len(jar) < MOST_COOKIES or any(morsel.key == name for morsel in jar):
                before = list(jar)
                jar.update_cookies_from_headers([header], url)
                for morsel in jar:
                    if not any(morsel is one for one in before):
                        origin = str(url.with_user(None).with_query(None)), header
                        self._origins[url.host or "", morsel.key, morsel["path"]] = origin
        self._forget_origins()

    def header(self, url: URL) -> str:
        """Return the ``Cookie`` header of a request for ``url``, empty if there is none."""
        jar = self._hosts.get(url.host or "")
        if jar is None:
            return ""
        # The jar picks, but it would write a value differently from how it came.
        as_set = {(morsel.key, morsel.value): morsel.coded_value for morsel in jar}
        picked = jar.filter_cookies(url).items()
        return "; ".join(f"{name}={as_set.get((name, morsel.value), morsel.value)}" for name, morsel in picked)

    def _forget_origins(self) -> None:
        """Forget where cookies came from that are gone: another jar would have them again."""
        there = {(host, morsel.key, morsel["path"]) for host, jar in self._hosts.items() for morsel in jar}
        self._origins = {cookie: origin for cookie, origin in self._origins.items() if cookie in there}

    def _jar(self, host: str) -> aiohttp.CookieJar | None:
        jar = self._hosts.get(host)
        if jar is None and len(self._hosts) < MOST_HOSTS:
            # unsafe: hosts that are IP addresses may have cookies too.
            jar = self._hosts[host] = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
        return jar
