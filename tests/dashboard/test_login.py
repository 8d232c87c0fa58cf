"""Logging in to the dashboard, and what a session is good for."""

import asyncio
import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from ari_conf import passwords
from ari_conf.accounts import Account
from ari_conf.clock import VirtualClock
from ari_conf.dashboard import identities, login
from ari_conf.dashboard.choices import MOST_SESSIONS, SWEEP_SECONDS
from ari_conf.dashboard.identities import Identities
from ari_conf.dashboard.sessions import Sessions
from ari_conf.passwords import PasswordHash
from ari_conf.settings import ServerSettings
from ari_conf.store import LiveRow
from tests.stage import ACCOUNT, until, within_deadline

from .door import ANN, IDLE, KEY, LEO, NOR, OTHER, PASSWORD, Browser, Office, cheap_hash, office

SESSION = "/dashboard/api/session"


@pytest.fixture(autouse=True)
def hashing_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "LOG_N", 4)


@pytest.fixture
async def desk() -> AsyncIterator[Office]:
    async with office(ANN, LEO, NOR).open() as opened:
        yield opened


@pytest.mark.parametrize(
    ("name", "password", "role", "accounts"),
    [
        (ACCOUNT.sid, ACCOUNT.auth_token, "operator", [ACCOUNT.sid]),
        (KEY, "noras secret", "operator", [OTHER.sid]),
        ("ann", PASSWORD, "operator", [ACCOUNT.sid, OTHER.sid]),
        ("leo", PASSWORD, "read-only", [ACCOUNT.sid, OTHER.sid]),
        ("nör", PASSWORD, "operator", [OTHER.sid]),
        (" no\u0308r ", PASSWORD, "operator", [OTHER.sid]),
    ],
)
async def test_everybody_logs_in_with_what_they_have(
    desk: Office, name: str, password: str, role: str, accounts: list[str]
) -> None:
    browser = desk.browser()
    answer = await browser.log_in(name, password)
    assert answer.status == 200
    session = answer.json
    assert (session["role"], session["accounts"], session["all_accounts"]) == (role, accounts, len(accounts) == 2)
    assert session["expires_at"] == pytest.approx(desk.clock.now() + IDLE)
    assert set(session) == {"name", "role", "accounts", "all_accounts", "csrf", "expires_at", "version"}
    again = await browser.session()
    assert again.status == 200
    assert again.json["csrf"] == session["csrf"]


async def test_nobody_logs_in_with_something_else(desk: Office) -> None:
    for name, password in (
        (ACCOUNT.sid, "wrong"),
        (ACCOUNT.sid, OTHER.auth_token),
        (ACCOUNT.sid, PASSWORD),
        (KEY, "noras token"),
        ("AC" + "5" * 32, ACCOUNT.auth_token),
        ("ann", "wrong"),
        ("ann", "Correct horse"),
        ("Ann", PASSWORD),
        ("nobody", PASSWORD),
        ("ann\0", PASSWORD),
        ("ann", "\U0001f40e" * 100),
    ):
        answer = await desk.browser().log_in(name, password)
        assert (answer.status, answer.code) == (401, 20003), name
        assert "Set-Cookie" not in answer.headers
        assert "WWW-Authenticate" not in answer.headers
        await desk.clock.let_pass(6.0)


async def test_what_is_no_login_is_refused(desk: Office) -> None:
    for body, status in (
        (b"", 400),
        (b"{}", 400),
        (b"[]", 400),
        (b"nothing", 400),
        (b'{"name": "ann"}', 400),
        (b'{"name": "ann", "password": 7}', 400),
        (b'{"name": {"$ne": ""}, "password": "x"}', 400),
        (b'{"name": "ann", "password": "\\ud800"}', 400),
        (b'{"name": "ann", "password": "' + PASSWORD.encode() + b'", "role": "operator"}', 400),
        (b"[" * 8000, 400),
        (json.dumps({"name": "a" * 200, "password": "x"}).encode(), 400),
        (json.dumps({"name": "ann", "password": "x" * 9000}).encode(), 413),
    ):
        answer = await desk.browser().ask("POST", SESSION, data=body, headers={"Content-Type": "application/json"})
        assert (answer.status, answer.code) == (status, 20001), body
        assert "x" * 200 not in answer.body.decode()


async def test_a_login_that_does_not_end_is_given_up(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "BODY_SECONDS", 0.1)
    json_type = {"Content-Type": "application/json"}

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1000

    slow = await within_deadline(desk.browser().ask("POST", SESSION, data=never(), headers=json_type))
    assert (slow.status, slow.code) == (408, 20001)
    monkeypatch.setattr(login, "BODY_SECONDS", 60.0)
    large = await within_deadline(desk.browser().ask("POST", SESSION, data=endless(), headers=json_type))
    assert (large.status, large.code) == (413, 20001)
    packed = await desk.browser().ask("POST", SESSION, data=b"{}", headers=json_type | {"Content-Encoding": "gzip"})
    assert (packed.status, packed.code) == (415, 20001)


async def test_a_form_of_another_site_cannot_log_somebody_in(desk: Office) -> None:
    body = json.dumps({"name": "ann", "password": PASSWORD}).encode()
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = await desk.browser().ask("POST", SESSION, data=body, headers={"Content-Type": content_type})
        assert answer.status == 415


async def test_cookie_is_for_the_dashboard_alone_and_for_no_script(desk: Office) -> None:
    cookie = (await desk.browser().log_in("ann")).headers["Set-Cookie"]
    value, *attributes = cookie.split("; ")
    assert set(attributes) == {"HttpOnly", "SameSite=Strict", "Path=/dashboard"}
    assert len(value) > 40
    secure = (await desk.browser(Origin=f"https://127.0.0.1:{desk.browser().port}").log_in("ann")).headers["Set-Cookie"]
    assert "Secure" in secure


@pytest.mark.parametrize(
    ("server", "insecure", "secure"),
    [
        ({"public_url": "https://conference.example"}, {"Origin": "http://conference.example"}, {}),
        ({"public_url": "http://conference.example"}, {}, {"Origin": "https://conference.example"}),
        (
            {},
            {"X-Forwarded-Proto": "https"},
            {"X-Forwarded-Proto": "http", "Sec-Fetch-Site": "same-origin", "Origin": "https://x"},
        ),
        ({"trusted_proxies": ["127.0.0.1"]}, {"X-Forwarded-Proto": "https, http"}, {"X-Forwarded-Proto": "http, https"}),
    ],
)
async def test_cookie_is_secure_where_the_browser_speaks_https(
    server: dict[str, Any], insecure: dict[str, str], secure: dict[str, str]
) -> None:
    async with office(ANN, server=ServerSettings.model_validate({"port": 0} | server)).open() as desk:
        for headers, is_secure in ((insecure, False), (secure, True)):
            browser = desk.browser(**{"Host": "conference.example", **headers})
            assert ("Secure" in (await browser.log_in("ann")).headers["Set-Cookie"]) is is_secure
            assert ("Secure" in (await browser.ask("DELETE", SESSION)).headers["Set-Cookie"]) is is_secure


async def test_page_of_another_site_is_refused(desk: Office) -> None:
    browser = await desk.browser().entered("ann")
    cases: tuple[dict[str, str], ...] = (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "file://"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://[::1"},
        {"Origin": "http://127.0.0.1:99999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site", "Host": "evil.example"},
    )
    for headers in cases:
        answer = await desk.browser(**headers).log_in("ann")
        assert (answer.status, answer.code) == (403, 20003), headers
        browser.headers = headers
        assert (await browser.ask("DELETE", SESSION)).status == 403
    browser.headers = {}
    assert (await browser.session()).status == 200


async def test_page_of_ours_is_let_in_through_a_proxy(desk: Office) -> None:
    port = desk.browser().port
    for headers in (
        {"Origin": f"http://127.0.0.1:{port}"},
        {"Origin": f"http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://conference.example", "Host": "conference.example"},
        {"Origin": "https://conference.example", "Host": "conference.example:443"},
        {"Origin": "https://conference.example", "Sec-Fetch-Site": "same-origin"},
    ):
        assert (await desk.browser(**headers).log_in("ann")).status == 200, headers
    server = ServerSettings.model_validate({"port": 0, "public_url": "https://conference.example/x"})
    async with office(ANN, server=server).open() as behind:
        assert (await behind.browser(Origin="https://conference.example").log_in("ann")).status == 200
        assert (await behind.browser(Origin="http://conference.example").log_in("ann")).status == 403


async def test_who_logs_out_is_out(desk: Office) -> None:
    browser, other = await desk.browser().entered("ann"), await desk.browser().entered("ann")
    stolen = Browser(browser.port, browser.cookie, browser.csrf)
    assert (await browser.ask("DELETE", SESSION, headers={"X-CSRF-Token": "wrong"})).status == 403
    answer = await browser.ask("DELETE", SESSION)
    assert answer.status == 204
    assert "ari_conf_session=" in answer.headers["Set-Cookie"]
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert (await stolen.session()).status == 401
    assert (await other.session()).status == 200


async def test_a_session_that_somebody_has_brought_along_is_not_taken_up(desk: Office) -> None:
    browser = desk.browser()
    browser.cookie = "chosen-by-a-stranger"
    await browser.log_in("ann")
    assert browser.cookie != "chosen-by-a-stranger"
    before = Browser(browser.port, browser.cookie)
    await browser.log_in("leo")
    assert (await before.session()).status == 401
    assert (await browser.session()).json["name"] == "leo"


async def test_session_ends_when_nobody_uses_it_and_after_a_week_in_any_case() -> None:
    clock, kept, ended = VirtualClock(), list[LiveRow](), list[str]()
    known = Identities((ACCOUNT, OTHER), ())
    sessions = Sessions(known, clock, idle_seconds=12 * 3600.0, keep=kept.extend)
    sessions.on_ended.append(ended.append)
    idle, busy = (sessions.begin(identity) for account in (ACCOUNT, OTHER) if (identity := known.find(account.sid)))
    async with running(sessions.sweep()):
        for _ in range(15):
            await clock.let_pass(11 * 3600)
            assert sessions.find(busy) is not None
        assert len(ended) == 1
        assert sessions.find(idle) is None
        await clock.let_pass(3 * 3600 + SWEEP_SECONDS)
        assert len(ended) == 2
        assert sessions.find(busy) is None
    assert {row.sid for row in kept if row.data is None} == set(ended)


async def test_last_use_is_written_once_a_minute_at_most() -> None:
    clock, kept = VirtualClock(), list[LiveRow]()
    known = Identities((ACCOUNT,), ())
    sessions = Sessions(known, clock, idle_seconds=3600.0, keep=kept.extend)
    identity = known.find(ACCOUNT.sid)
    assert identity is not None
    token = sessions.begin(identity)
    for _ in range(120):
        await clock.let_pass(1.0)
        assert sessions.find(token) is not None
    assert len(kept) == 3


async def test_a_log_in_has_so_many_sessions_and_the_one_that_rests_longest_goes() -> None:
    clock = VirtualClock()
    known = Identities((ACCOUNT,), ())
    sessions = Sessions(known, clock, idle_seconds=3600.0, keep=lambda _rows: None)
    identity = known.find(ACCOUNT.sid)
    assert identity is not None
    tokens = []
    for _ in range(MOST_SESSIONS):
        tokens.append(sessions.begin(identity))
        await clock.let_pass(0.1)
    sessions.find(tokens[0])
    sessions.begin(identity)
    assert sessions.find(tokens[0]) is not None
    assert sessions.find(tokens[1]) is None
    assert sessions.find(tokens[2]) is not None


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    yield
    task.cancel()
    await asyncio.wait([task])


async def test_a_restart_knows_who_was_logged_in() -> None:
    before = office(ANN, LEO)
    async with before.open():
        browser = await before.browser().entered("ann")
        gone = await before.browser().entered("leo")
        await gone.ask("DELETE", SESSION)
    kept = kept_sessions(before)
    assert len(kept) == 1
    assert browser.cookie not in str(kept)
    assert PASSWORD not in str(kept)
    async with before.open():
        browser.port = gone.port = before.browser().port
        assert (await browser.session()).json["name"] == "ann"
        assert (await browser.session()).json["csrf"] == browser.csrf
        assert (await gone.session()).status == 401
        await before.clock.let_pass(IDLE + 1)
        assert (await browser.session()).status == 401
    assert kept_sessions(before) == []


def kept_sessions(desk: Office) -> list[Any]:
    url = desk.settings.database.url.get_secret_value()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
        return database.execute("select * from live where kind = 'dashboard session'").fetchall()


async def test_use_outlives_a_restart() -> None:
    desk = office(ANN)
    async with desk.open():
        browser = await desk.browser().entered("ann")
        await desk.clock.let_pass(IDLE - 30)
        assert (await browser.session()).status == 200
    async with desk.open():
        browser.port = desk.browser().port
        await desk.clock.let_pass(IDLE - 30)
        assert (await browser.session()).status == 200


@pytest.mark.parametrize(
    "changed",
    [
        (),
        (ANN.model_copy(update={"password": cheap_hash("another")}),),
        (ANN.model_copy(update={"role": "read-only"}),),
        (ANN.model_copy(update={"account": ACCOUNT.sid}),),
    ],
    ids=["removed", "password", "role", "account"],
)
async def test_operator_who_has_changed_has_to_log_in_again(changed: tuple[Any, ...]) -> None:
    desk = office(ANN)
    async with desk.open():
        browser = await desk.browser().entered("ann")
    desk.change(operators=changed)
    async with desk.open():
        browser.port = desk.browser().port
        assert (await browser.session()).status == 401


async def test_account_whose_token_has_changed_has_to_log_in_again() -> None:
    desk = office(ANN)
    async with desk.open():
        token = await desk.browser().entered(OTHER.sid, OTHER.auth_token)
        key = await desk.browser().entered(KEY, "noras secret")
        operator = await desk.browser().entered("ann")
    desk.accounts = (ACCOUNT, Account(OTHER.sid, "another token", OTHER.api_keys))
    async with desk.open():
        for browser, status in ((token, 401), (key, 200), (operator, 200)):
            browser.port = desk.browser().port
            assert (await browser.session()).status == status
    desk.accounts = (ACCOUNT,)
    async with desk.open():
        for browser in (key, operator):
            browser.port = desk.browser().port
        assert (await key.session()).status == 401
        assert (await operator.session()).json["accounts"] == [ACCOUNT.sid]


async def test_who_guesses_has_to_wait_by_address(desk: Office) -> None:
    for _ in range(10):
        assert (await desk.browser().log_in("ann", "a guess")).status == 401
    answer = await desk.browser().log_in("ann")
    assert (answer.status, answer.code) == (429, 20429)
    await desk.clock.let_pass(int(answer.headers["Retry-After"]))
    for _ in range(30):
        assert (await desk.browser().log_in("ann")).status == 200


async def test_who_guesses_from_everywhere_has_to_wait_by_name() -> None:
    server = ServerSettings.model_validate({"port": 0, "trusted_proxies": ["127.0.0.1"]})
    async with office(server=server).open() as desk:
        at_home = {"X-Forwarded-For": "192.0.2.200"}
        assert (await desk.browser(**at_home).log_in(OTHER.sid, OTHER.auth_token)).status == 200
        guesses = [desk.browser(**{"X-Forwarded-For": f"198.51.100.{host}"}) for host in range(50)]
        answers = await asyncio.gather(*(guess.log_in(OTHER.sid, "a guess") for guess in guesses))
        assert {answer.status for answer in answers} == {401}
        new = desk.browser(**{"X-Forwarded-For": "203.0.113.1"})
        assert (await new.log_in(OTHER.sid, OTHER.auth_token)).status == 429
        assert (await new.log_in(ACCOUNT.sid, ACCOUNT.auth_token)).status == 200
        assert (await desk.browser(**at_home).log_in(OTHER.sid, OTHER.auth_token)).status == 200


async def test_so_many_passwords_wait_and_others_come_again(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "HASHED_WAITING", 1)
    goes_on, compared = threading.Event(), threading.Event()

    def slow(_hashed: PasswordHash, password: str) -> bool:
        compared.set()
        return goes_on.wait(10) and password == PASSWORD

    monkeypatch.setattr(PasswordHash, "fits", slow)
    first = asyncio.create_task(desk.browser().log_in("ann"))
    await until(compared.is_set)
    try:
        for _ in range(12):
            refused = await desk.browser().log_in("ann")
            assert (refused.status, refused.code, refused.headers["Retry-After"]) == (429, 20429, "1")
        assert (await desk.browser().log_in(ACCOUNT.sid, ACCOUNT.auth_token)).status == 200
    finally:
        goes_on.set()
    assert (await first).status == 200


async def test_name_that_nobody_has_takes_as_long_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[PasswordHash] = []
    fits = PasswordHash.fits

    def counted(self: PasswordHash, password: str) -> bool:
        compared.append(self)
        return fits(self, password)

    monkeypatch.setattr(PasswordHash, "fits", counted)
    ann = ANN.model_copy(update={"password": SecretStr(str(PasswordHash.of(PASSWORD)))})
    async with office(ann).open() as desk:
        known, unknown = await desk.browser().log_in("ann", "wrong"), await desk.browser().log_in("nobody", "wrong")
    assert known.json == unknown.json
    costs = {(one.log_n, one.block_size, one.parallel) for one in compared}
    assert len(compared) == 2
    assert len(costs) == 1


async def test_passwords_are_compared_when_nothing_else_wants_the_processor(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    priorities: list[int] = []

    def noted(_hashed: PasswordHash, _password: str) -> bool:
        priorities.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return True

    monkeypatch.setattr(PasswordHash, "fits", noted)
    here = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert (await desk.browser().log_in("ann", "anything")).status == 200
    assert priorities == [19]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == here


async def test_the_log_tells_who_came_and_what_they_changed_but_no_passwords(desk: Office) -> None:
    with structlog.testing.capture_logs() as lines:
        await desk.browser().log_in("ann", "a wrong password")
        await desk.browser().log_in("a password in the place of a name", "x")
        browser = await desk.browser().entered("ann")
        path = f"/dashboard/rest/Accounts/{ACCOUNT.sid}/Queues.json"
        await browser.ask("GET", path)
        assert (await browser.ask("POST", path, data={"FriendlyName": "q"})).status == 201
    told = [line for line in lines if "dashboard" in line["event"]]
    assert [(line["log_level"], line["name"]) for line in told] == [
        ("warning", "ann"),
        ("warning", None),
        ("info", "ann"),
        ("info", "ann"),
    ]
    assert told[0]["address"] == "127.0.0.1"
    assert (told[3]["method"], told[3]["path"]) == ("POST", path)
    for secret in ("a wrong password", "in the place of a name", PASSWORD, browser.cookie, browser.csrf):
        assert secret not in str(lines)


async def test_without_a_dashboard_there_is_nothing() -> None:
    desk = office(ANN)
    desk.change(dashboard=desk.settings.dashboard.model_copy(update={"enabled": False}))
    async with desk.open():
        for path in ("/", "/dashboard/", SESSION):
            assert (await desk.browser().ask("GET", path)).status == 404
