"""Who may come in: HTTP basic authentication, and no more requests than are allowed."""

import base64
import binascii
import hashlib
import hmac
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from ari_conf.accounts import Account
from ari_conf.clock import Clock

from .addresses import FORWARDED_FOR, Network, client_address, owner_of
from .buckets import Buckets
from .choices import FAILED_LOGIN_COST, GUESSES_AT_ONCE, GUESSES_PER_SECOND
from .errors import RestCode, RestError

MOST_PROVEN: Final = 10_000
"""So many addresses from which somebody has logged in are remembered."""

CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="Twilio API"'}


@dataclass(frozen=True, slots=True)
class Login:
    """Whose request it is; ``by_token`` if the client has shown the account's auth token, not an API key."""

    account: Account
    by_token: bool


class TooManyRequestsError(RestError):
    """A bucket is empty; ``seconds`` from now there is a token in it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(RestCode.TOO_MANY_REQUESTS, "Too many requests; send fewer, and this one again later.", 429)
        self.seconds = math.ceil(seconds)


class Gate:
    """Lets requests in that carry the SID and the token of one of ``accounts``, or one of its API keys and the secret.

    Whoever guesses has to wait, by address and, from wherever the guesses come, by account or key. Guesses do not shut an
    account's own client out: an address from which it has logged in goes on. Whom one of ``trusted_proxies`` speaks for is
    told from another.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        rate: float,
        burst: float,
        clock: Clock,
        trusted_proxies: Collection[Network] = (),
    ) -> None:
        self._trusted = trusted_proxies
        self._logins: dict[str, tuple[bytes, Login]] = {}
        self._headers: dict[int, tuple[bytes, str, Login]] = {}
        """What clients send that write these logins as usual, by its hash: most requests are admitted by one comparison."""
        for account in accounts:
            self._let_in(account.sid, account.auth_token, Login(account, by_token=True))
            for key_sid, secret in account.api_keys.items():
                self._let_in(key_sid, secret, Login(account, by_token=False))
        self._addresses = Buckets(rate, burst, clock)
        self._accounts = Buckets(rate, burst, clock)
        self._guesses = Buckets(GUESSES_PER_SECOND, GUESSES_AT_ONCE, clock)
        self._proven: set[tuple[str, str]] = set()

    def admit(self, request: web.Request) -> Login:
        """Return whose request it is. Raises ``RestError`` with 20003 or 20429."""
        peer, forwarded = request.remote or "", request.headers.getall(FORWARDED_FOR, ())
        # Whom a proxy speaks for is worked out each time; who comes directly is known from the last time.
        address = owner_of(client_address(peer, forwarded, self._trusted) if forwarded else peer)
        if not self._addresses.take(address):
            raise TooManyRequestsError(self._addresses.seconds_until(address))
        user, login = self._login(request.headers.get("Authorization", ""))
        if (user, address) not in self._proven:
            self._prove(user, address, login)
        if login is None:
            self._addresses.take(address, FAILED_LOGIN_COST)
            if user in self._logins:
                self._guesses.take(user)
            raise RestError(RestCode.AUTHENTICATE, "Authenticate", 401)
        if not self._accounts.take(login.account.sid):
            raise TooManyRequestsError(self._accounts.seconds_until(login.account.sid))
        return login

    def _let_in(self, user: str, password: str, login: Login) -> None:
        self._logins[user] = _digest(password), login
        header = b"Basic " + base64.b64encode(f"{user}:{password}".encode())
        self._headers[hash(header)] = header, user, login

    def _prove(self, user: str, address: str, login: Login | None) -> None:
        """Count what may be a guess, and remember from where somebody has logged in. Raises ``RestError`` with 20429."""
        if user in self._logins and not self._guesses.take(user, 0.0):
            raise TooManyRequestsError(self._guesses.seconds_until(user))
        if login is not None:
            if len(self._proven) >= MOST_PROVEN:
                self._proven.clear()
            self._proven.add((user, address))

    def _login(self, header: str) -> tuple[str, Login | None]:
        """Return the user of an Authorization header, empty if there is none, and whose request it is if the password fits."""
        sent = header.encode(errors="surrogateescape")
        usual, user, known = self._headers.get(hash(sent), (b"", "", None))
        if known is not None and hmac.compare_digest(sent, usual):
            return user, known
        return self._unusual_login(header)

    def _unusual_login(self, header: str) -> tuple[str, Login | None]:
        kind, _, credentials = header.partition(" ")
        try:
            user, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return "", None
        # An unknown user costs the same time as a wrong password.
        expected, login = self._logins.get(user, (bytes(32), None))
        same = hmac.compare_digest(_digest(password), expected)
        return user, login if same and kind.lower() == "basic" else None


def _digest(secret: str) -> bytes:
    """Return something of the same length for every secret, so that comparing tells nothing of it."""
    return hashlib.sha256(secret.encode()).digest()
