"""A controller with accounts and operators, and a browser in front of it."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import aiohttp
from pydantic import SecretStr
from yarl import URL

from ari_conf import passwords
from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import VirtualClock
from ari_conf.media.local import LocalEngine
from ari_conf.passwords import PasswordHash
from ari_conf.settings import (
    DashboardSettings,
    DatabaseSettings,
    OperatorSettings,
    ServerSettings,
    Settings,
    StorageSettings,
)
from tests.stage import ACCOUNT

OTHER: Final = Account("AC" + "9" * 32, "noras token", {"SK" + "1" * 32: "noras secret"})
KEY: Final = "SK" + "1" * 32

IDLE: Final = 360.0
"""How many seconds a session lasts that nobody uses: on the virtual clock, hours take as long as they have seconds."""

PASSWORD: Final = "correct horse"


def cheap_hash(password: str) -> SecretStr:
    """Hash a password so that comparing it takes no time."""
    salt = b"salt for tests"
    return SecretStr(str(PasswordHash(4, 1, 1, salt, passwords._scrypt(password, salt, 4, 1, 1))))


_HASH: Final = cheap_hash(PASSWORD)

ANN: Final = OperatorSettings(name="ann", password=_HASH)
LEO: Final = OperatorSettings(name="leo", password=_HASH, role="read-only")
NOR: Final = OperatorSettings(name="nör", password=_HASH, account=OTHER.sid)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    json: Any
    body: bytes

    @property
    def code(self) -> int:
        """That of an error."""
        code: int = self.json["code"]
        return code


@dataclass(slots=True, eq=False)
class Browser:
    """Keeps its cookie itself and, like the page, sends the token of its session with whatever changes something."""

    port: int
    cookie: str = ""
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        """Ask for ``path`` as it is written; what ``headers`` has as None is not sent."""
        headers = self.headers | ({"Cookie": f"ari_conf_session={self.cookie}"} if self.cookie else {})
        if method not in {"GET", "HEAD"} and self.csrf:
            headers["X-CSRF-Token"] = self.csrf
        headers |= more.pop("headers", {})
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(method, url, headers=headers, allow_redirects=False, **more) as answer,
        ):
            body = await answer.read()
            json = await answer.json() if answer.content_type == "application/json" and body else None
            return Answer(answer.status, answer.headers, json, body)

    async def log_in(self, name: str, password: str = PASSWORD, **more: Any) -> Answer:
        answer = await self.ask("POST", "/dashboard/api/session", json={"name": name, "password": password}, **more)
        if answer.status == 200:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0].partition("=")[2]
            self.csrf = answer.json["csrf"]
        return answer

    async def entered(self, name: str, password: str = PASSWORD) -> Self:
        """Log in, and fail if that is refused."""
        answer = await self.log_in(name, password)
        assert answer.status == 200, answer.json
        return self

    async def session(self) -> Answer:
        return await self.ask("GET", "/dashboard/api/session")


@dataclass(slots=True, eq=False)
class Office:
    """``open`` runs a controller with these ``accounts``, on the same database as the one before it."""

    clock: VirtualClock
    settings: Settings
    accounts: tuple[Account, ...] = (ACCOUNT, OTHER)
    controller: Controller | None = None

    def browser(self, **headers: str) -> Browser:
        assert self.controller is not None
        return Browser(self.controller.port, headers=headers)

    def change(self, **sections: Any) -> None:
        """Change the settings of the next controller."""
        self.settings = self.settings.model_copy(update=sections)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        async with Controller(self.settings, self.accounts, LocalEngine(self.clock), clock=self.clock) as controller:
            self.controller = controller
            yield self


def office(*operators: OperatorSettings, server: ServerSettings | None = None) -> Office:
    settings = Settings(
        server=server or ServerSettings(port=0),
        database=DatabaseSettings(url=SecretStr(f"sqlite:///{StorageSettings().folder / str(uuid.uuid4())}.db")),
        dashboard=DashboardSettings(session_hours=IDLE / 3600),
    )
    return Office(VirtualClock(), settings.model_copy(update={"operators": operators}))
