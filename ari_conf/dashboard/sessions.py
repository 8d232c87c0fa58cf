"""The sessions of those who have logged in, kept so that a restarted controller knows them.

A session is known by a random token that its browser alone has; here is the token's SHA-256, and a MAC made with the token over
the credential that opened it. So what is kept opens nothing, and a changed password, token or role ends the session.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from ari_conf.clock import Clock
from ari_conf.live import Keeper
from ari_conf.store import LiveRow, Store

from .choices import HARD_END_SECONDS, KEPT_EVERY_SECONDS, MOST_SESSIONS, SWEEP_SECONDS
from .identities import Identities, Identity
from .visitor import Visitor

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as it is kept under its token's SHA-256; ``mac`` is over the credential. Times are in seconds since 1970."""

    name: str
    mac: str
    created_at: float
    used_at: float


_KEEPER: Final = Keeper("dashboard session", Session)


class Sessions:
    """Sessions of ``identities``, each of which ends when it was not used for ``idle_seconds``.

    ``keep`` takes the rows that are to be in the database. ``on_ended`` are told of each session that has ended, by what
    ``Visitor.session`` names it; they must not raise. Until ``restore`` has read what is kept, nobody is known.
    """

    def __init__(
        self, identities: Identities, clock: Clock, *, idle_seconds: float, keep: Callable[[Sequence[LiveRow]], None]
    ) -> None:
        self._identities = identities
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._keep = keep
        self._sessions: dict[str, Session] = {}
        self._kept_use: dict[str, float] = {}
        self.restored = False
        self.on_ended: list[Callable[[str], None]] = []

    async def restore(self, store: Store) -> None:
        """Know again who was logged in. Raises SQLAlchemy's errors."""
        self._sessions = await _KEEPER.read(store)
        self._kept_use = {key: session.used_at for key, session in self._sessions.items()}
        self.restored = True
        self._end_what_is_over()

    async def sweep(self) -> None:
        """End sessions when they are over, for ever."""
        while True:
            await self._clock.sleep_until(self._clock.monotonic() + SWEEP_SECONDS)
            self._end_what_is_over()

    def begin(self, identity: Identity) -> str:
        """Log somebody in, and return the token of the session."""
        own = [key for key, session in self._sessions.items() if session.name == identity.name]
        for key in sorted(own, key=lambda key: self._sessions[key].used_at)[: max(0, len(own) - MOST_SESSIONS + 1)]:
            self.end(key)
        token, now = secrets.token_urlsafe(32), self._clock.now()
        session = Session(name=identity.name, mac=_mac(token, identity.credential), created_at=now, used_at=now)
        self._write(_key(token), session)
        return token

    def find(self, token: str) -> Visitor | None:
        """Return whose session it is, which is used now; None if there is none, or if it has ended."""
        key = _key(token)
        session = self._sessions.get(key)
        if session is None:
            return None
        now = self._clock.now()
        identity = self._identities.find(session.name)
        if identity is None or not hmac.compare_digest(session.mac, _mac(token, identity.credential)) or self._is_over(session):
            self.end(key)
            return None
        session = self._sessions[key] = replace(session, used_at=now)
        if now - self._kept_use[key] >= KEPT_EVERY_SECONDS:
            self._write(key, session)
        return Visitor(
            session=key,
            name=identity.name,
            role=identity.role,
            accounts=identity.accounts,
            all_accounts=identity.all_accounts,
            expires_at=self._ends_at(session),
            csrf=_mac(token, b"csrf"),
        )

    def end(self, session: str) -> None:
        """Let a session end now, by what ``Visitor.session`` names it; one that has ended stays so."""
        if self._sessions.pop(session, None) is None:
            return
        del self._kept_use[session]
        self._keep([_KEEPER.over(session)])
        for tell in self.on_ended:
            tell(session)

    def _end_what_is_over(self) -> None:
        for key in [key for key, session in self._sessions.items() if self._is_over(session)]:
            self.end(key)

    def _is_over(self, session: Session) -> bool:
        return self._clock.now() >= self._ends_at(session)

    def _ends_at(self, session: Session) -> float:
        return min(session.used_at + self._idle_seconds, session.created_at + HARD_END_SECONDS)

    def _write(self, key: str, session: Session) -> None:
        self._sessions[key] = session
        self._kept_use[key] = session.used_at
        self._keep([_KEEPER.row(key, session)])


def _key(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _mac(token: str, what: bytes) -> str:
    return hmac.new(token.encode(errors="surrogatepass"), what, hashlib.sha256).hexdigest()
