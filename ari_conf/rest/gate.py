"""Who may come in: HTTP basic authentication, and no more requests than are allowed."""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from aiohttp import web

from ari_conf.accounts import Account
from ari_conf.clock import Clock

from .buckets import Buckets
from .choices import FAILED_LOGIN_COST
from .errors import RestCode, RestError

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
    """Lets requests in that carry the SID and the token of one of ``accounts``, or one of its API keys and the secret."""

    def __init__(self, accounts: Iterable[Account], rate: float, burst: float, clock: Clock) -> None:
        self._logins: dict[str, tuple[bytes, Login]] = {}
        self._headers: dict[int, tuple[bytes, Login]] = {}
        """What clients send that write these logins as usual, by its hash: most requests are admitted by one comparison."""
        for account in accounts:
            self._let_in(account.sid, account.auth_token, Login(account, by_token=True))
            for key_sid, secret in account.api_keys.items():
                self._let_in(key_sid, secret, Login(account, by_token=False))
        self._addresses = Buckets(rate, burst, clock)
        self._accounts = Buckets(rate, burst, clock)

    def admit(self, request: web.Request) -> Login:
        """Return whose request it is. Raises ``RestError`` with 20003 or 20429."""
        address = _network(request.remote or "")
        if not self._addresses.take(address):
            raise TooManyRequestsError(self._addresses.seconds_until(address))
        login = self._login(request.headers.get("Authorization", ""))
        if login is None:
            self._addresses.take(address, FAILED_LOGIN_COST)
            raise RestError(RestCode.AUTHENTICATE, "Authenticate", 401)
        if not self._accounts.take(login.account.sid):
            raise TooManyRequestsError(self._accounts.seconds_until(login.account.sid))
        return login

    def _let_in(self, user: str, password: str, login: Login) -> None:
        self._logins[user] = _digest(password), login
        header = b"Basic " + base64.b64encode(f"{user}:{password}".encode())
        self._headers[hash(header)] = header, login

    def _login(self, header: str) -> Login | None:
        sent = header.encode(errors="surrogateescape")
        usual, login = self._headers.get(hash(sent), (b"", None))
        if login is not None and hmac.compare_digest(sent, usual):
            return login
        return self._unusual_login(header)

    def _unusual_login(self, header: str) -> Login | None:
        kind, _, credentials = header.partition(" ")
        try:
            user, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        # An unknown user costs the same time as a wrong password.
        expected, login = self._logins.get(user, (bytes(32), None))
        same = hmac.compare_digest(_digest(password), expected)
        return login if same and kind.lower() == "basic" else None


def _digest(secret: str) -> bytes:
    """Return something of the same length for every secret, so that comparing tells nothing of it."""
    return hashlib.sha256(secret.encode()).digest()


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    """Return whom an address belongs to: itself, for IPv6 its /64, of which one machine has all addresses."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
