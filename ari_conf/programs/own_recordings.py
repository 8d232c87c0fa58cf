"""Recordings that are played to callers: the controller serves them to who logs in, and logs itself in for its own calls."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, urlsplit

LogIn = Callable[[str, str], str]
"""Takes a URL and the auth token of the call that wants it; returns the URL as it is to be fetched."""

_RECORDING: Final = re.compile(
    r"(?P<plain>.+/(?P<account>AC[0-9a-f]{32})/Recordings/(?P<sid>RE[0-9a-f]{32}))(?:\.wav|\.mp3)?(?:\?[^#]*)?"
)


class OwnRecordings:
    """The recordings of the accounts whose auth tokens are ``tokens``, by SID; ``url_of`` tells where one can be had."""

    def __init__(self, url_of: Callable[[str, str], str], tokens: Mapping[str, str]) -> None:
        self._url_of = url_of
        self._tokens = tokens

    def log_in(self, url: str, auth_token: str) -> str:
        """Return the RecordingUrl of a recording of the account that has this token with its login, any other URL as it is.

        The login is for the sound alone, at the very address that the application is told.
        """
        found = _RECORDING.fullmatch(url)
        if found is None or self._tokens.get(found["account"]) != auth_token:
            return url
        if found["plain"] != self._url_of(found["account"], found["sid"]) or "@" in urlsplit(url).netloc:
            return url
        return url.replace("://", f"://{found['account']}:{quote(auth_token, safe='')}@", 1)


def no_login(url: str, _auth_token: str) -> str:
    """Return the URL as it is."""
    return url
