"""What a session opens, and what it does not: the data below ``/dashboard/api`` and REST below ``/dashboard/rest``."""

import asyncio
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator

import pytest

from ari_conf.audio.decode import decode
from ari_conf.dashboard import choices, guard, sounds
from tests.audio.sound_files import sound_file
from tests.security.wire import said_to
from tests.stage import ACCOUNT, until, within_deadline

from .door import ANN, LEO, NOR, OTHER, Browser, Office, office

REST = f"/dashboard/rest/Accounts/{ACCOUNT.sid}"
OTHERS = f"/dashboard/rest/Accounts/{OTHER.sid}"
SOUNDS = f"/dashboard/api/sounds?account={ACCOUNT.sid}"


@pytest.fixture
async def desk() -> AsyncIterator[Office]:
    async with office(ANN, LEO, NOR).open() as opened:
        yield opened


async def operations(desk: Office) -> list[tuple[str, str]]:
    """Return the method and the path of each operation, with ACCOUNT in the place of the account, and SIDs that nothing has."""
    paths = (await desk.browser().ask("GET", "/openapi.json")).json["paths"]
    return list(_written(paths))


def _written(paths: dict[str, dict[str, object]]) -> Iterator[tuple[str, str]]:
    for path, methods in paths.items():
        below = path.partition("/Accounts/{AccountSid}")[2]
        for method in methods:
            if method in {"get", "head", "post", "put", "delete"}:
                yield method.upper(), REST + re.sub(r"\{\w+\}", "CF" + "7" * 32, below)


async def test_nothing_is_shown_to_who_has_not_logged_in(desk: Office) -> None:
    strangers = [desk.browser(), desk.browser(), desk.browser()]
    strangers[1].cookie = "guessed"
    strangers[2].cookie = "é\udcff".encode("utf-8", "surrogatepass").decode("latin-1")
    for browser in strangers:
        for method, path in [("GET", "/dashboard/api/session"), ("DELETE", "/dashboard/api/session"), ("POST", SOUNDS)]:
            answer = await browser.ask(method, path)
            assert (answer.status, answer.code) == (401, 20003)
            assert "WWW-Authenticate" not in answer.headers
    found = await operations(desk)
    assert len(found) > 40
    for method, path in found:
        assert (await desk.browser().ask(method, path)).status == 401, (method, path)


async def test_basic_authentication_opens_rest_alone(desk: Office) -> None:
    login = {"Authorization": "Basic " + b64encode(f"{ACCOUNT.sid}:{ACCOUNT.auth_token}".encode()).decode()}
    assert (await desk.browser(**login).ask("GET", f"/2010-04-01/Accounts/{ACCOUNT.sid}/Calls.json")).status == 200
    assert (await desk.browser(**login).ask("GET", f"{REST}/Calls.json")).status == 401
    browser = await desk.browser().entered("ann")
    assert (await browser.ask("GET", f"/2010-04-01/Accounts/{ACCOUNT.sid}/Calls.json")).status == 401


async def test_an_operator_reaches_each_account_and_an_account_itself_alone(desk: Office) -> None:
    ann, own, nor = (
        await desk.browser().entered("ann"),
        await desk.browser().entered(ACCOUNT.sid, ACCOUNT.auth_token),
        await desk.browser().entered("nör"),
    )
    for browser, mine, others in ((ann, 200, 200), (own, 200, 404), (nor, 404, 200)):
        for path, status in ((REST, mine), (OTHERS, others)):
            assert (await browser.ask("GET", f"{path}/Conferences.json")).status == status
            assert (await browser.ask("GET", f"{path}.json")).status == status
    assert (await ann.ask("GET", "/dashboard/rest/Accounts/AC" + "3" * 32 + "/Calls.json")).status == 404
    for method, path in await operations(desk):
        assert (await nor.ask(method, path, data={} if method == "POST" else None)).status == 404, (method, path)
        assert (await ann.ask(method, path, data={} if method == "POST" else None)).status in {200, 201, 204, 400, 404, 405}


async def test_no_path_leads_around_the_account(desk: Office) -> None:
    nor = await desk.browser().entered("nör")
    for path in (
        f"/dashboard/rest/Accounts/{OTHER.sid}/../{ACCOUNT.sid}/Calls.json",
        f"/dashboard/rest/Accounts/{OTHER.sid}%2F..%2F{ACCOUNT.sid}/Calls.json",
        f"/dashboard/rest/Accounts/{OTHER.sid}/Accounts/{ACCOUNT.sid}/Calls.json",
        f"/dashboard/rest//Accounts/{ACCOUNT.sid}/Calls.json",
        f"/dashboard/rest/x/Accounts/{OTHER.sid}/Accounts/{ACCOUNT.sid}/Calls.json",
        f"/dashboard/rest/Accounts/{ACCOUNT.sid.lower()}/Calls.json",
        f"/dashboard/rest/Accounts/{ACCOUNT.sid}%00/Calls.json",
        f"/dashboard/rest/Accounts/{OTHER.sid}.{ACCOUNT.sid}/Calls.json",
        f"/dashboard/rest/2010-04-01/Accounts/{ACCOUNT.sid}/Calls.json",
        f"/dashboard/rest/2010-04-01/Accounts/{OTHER.sid}/Calls.json",
        "/dashboard/rest/Accounts.json",
        "/dashboard/rest/Accounts/",
        "/dashboard/rest",
        "/dashboard/rest/",
    ):
        assert (await nor.ask("GET", path)).status == 404, path


async def test_the_token_of_an_account_is_never_shown(desk: Office) -> None:
    for name, password in (("ann", None), (ACCOUNT.sid, ACCOUNT.auth_token)):
        browser = await (desk.browser().entered(name, password) if password else desk.browser().entered(name))
        assert (await browser.ask("GET", f"{REST}.json")).json["auth_token"] is None


async def test_changes_need_the_token_of_the_session(desk: Office) -> None:
    browser, other = await desk.browser().entered("ann"), await desk.browser().entered("ann")
    for csrf in ("", "wrong", other.csrf, browser.csrf.upper(), browser.csrf + " x", "é"):
        stranger = Browser(browser.port, browser.cookie, csrf)
        answer = await stranger.ask("POST", f"{REST}/Queues.json", data={"FriendlyName": "x"})
        assert (answer.status, answer.code) == (403, 20003), csrf
        assert "reload the page" in answer.json["message"]
    assert (await browser.ask("POST", f"{REST}/Queues.json", data={"FriendlyName": "x"})).status == 201
    assert len((await browser.ask("GET", f"{REST}/Queues.json")).json["queues"]) == 1


async def test_who_is_read_only_sees_all_and_changes_nothing(desk: Office) -> None:
    leo = await desk.browser().entered("leo")
    for method, path in [*await operations(desk), ("POST", SOUNDS), ("PATCH", f"{REST}/Calls.json"), ("QUERY", REST)]:
        answer = await leo.ask(method, path, data={} if method == "POST" else None)
        if method in {"GET", "HEAD"}:
            assert answer.status in {200, 404}
        else:
            assert (answer.status, answer.code) == (403, 20003), (method, path)
            assert "read-only" in answer.json["message"]
    assert (await leo.ask("DELETE", "/dashboard/api/session")).status == 204


async def test_pages_of_a_list_lead_on_the_same_way(desk: Office) -> None:
    browser = await desk.browser().entered("ann")
    for number in range(5):
        assert (await browser.ask("POST", f"{REST}/Queues.json", data={"FriendlyName": f"q{number}"})).status == 201
    names, uri = [], f"{REST}/Queues.json?PageSize=2"
    while uri:
        page = (await browser.ask("GET", uri)).json
        names += [queue["friendly_name"] for queue in page["queues"]]
        uri = page["next_page_uri"]
    assert sorted(names) == [f"q{number}" for number in range(5)]


async def test_data_is_kept_by_no_cache(desk: Office) -> None:
    browser = await desk.browser().entered("ann")
    for path in ("/dashboard/api/session", f"{REST}/Calls.json", "/dashboard/api/nothing", f"{REST}/nothing"):
        assert (await browser.ask("GET", path)).headers["Cache-Control"] == "no-store"


async def test_a_session_asks_as_often_as_rest_allows() -> None:
    busy = office(ANN)
    busy.change(rest=busy.settings.rest.model_copy(update={"rate": 1.0, "burst": 5.0}))
    async with busy.open() as desk:
        browser, other = await desk.browser().entered("ann"), await desk.browser().entered("ann")
        statuses = [(await browser.session()).status for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        assert (await other.session()).status == 200


async def test_odd_methods_are_told_so(desk: Office) -> None:
    browser = await desk.browser().entered("ann")
    for path in ("/dashboard/api/session", f"{REST}/Calls.json", "/dashboard/", "/dashboard/api/nothing"):
        for method in ("PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
            assert (await browser.ask(method, path)).status in {404, 405}, (method, path)


async def test_what_is_no_cookie_is_no_session(desk: Office) -> None:
    browser = await desk.browser().entered("ann")
    port, token = browser.port, browser.cookie
    for cookie in (
        f"ari_conf_session=x{token}",
        f"ari_conf_session={token[:-1]}",
        f"Ari_Conf_Session={token}",
        "ari_conf_session=" + "x" * 7000,
        "ari_conf_session",
        ";;;=;=;",
        "ari_conf_session=\xff\xfe",
    ):
        request = f"GET /dashboard/api/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
        assert (await said_to(port, request.encode("latin-1"))).startswith(b"HTTP/1.1 401"), cookie


async def test_a_name_that_is_a_header_stays_a_name(desk: Office) -> None:
    answer = await desk.browser().log_in("x\r\nSet-Cookie: ari_conf_session=mine")
    assert answer.status == 401
    assert "Set-Cookie" not in answer.headers
    assert (await desk.browser().ask("GET", "/dashboard/%0d%0aSet-Cookie:%20a=b")).headers.get("Set-Cookie") is None


async def test_a_sound_is_made_ready_to_be_announced(desk: Office) -> None:
    browser = await desk.browser().entered("ann")
    for sound, kind in (
        (sound_file("WAV", "PCM_16"), "audio/wav"),
        (sound_file("MP3"), "audio/mpeg"),
        (sound_file("OGG"), "application/octet-stream"),
    ):
        answer = await browser.ask("POST", SOUNDS, data=sound, headers={"Content-Type": kind})
        assert answer.status == 201, answer.json
        assert re.fullmatch(r"[0-9a-f]{64}\.wav", answer.json["sound"])
        assert answer.json["seconds"] == pytest.approx(1.0, abs=0.1)
        ready = await browser.ask("GET", f"/media/{answer.json['sound']}")
        assert len(decode(ready.body)) == pytest.approx(8000, abs=800)


async def test_what_is_no_sound_is_refused(desk: Office) -> None:
    browser = await desk.browser().entered("ann")
    sound = sound_file("WAV", "PCM_16", seconds=0.1)
    for kind, body, status, told in (
        ("audio/wav", b"", 400, "it is empty"),
        ("audio/wav", b"no sound at all", 400, "no sound in a known format"),
        ("audio/wav", sound[:30], 400, "cannot be played"),
        ("image/png", sound, 415, "image/png"),
        ("application/x-www-form-urlencoded", b"a=b", 415, "Send a sound"),
    ):
        answer = await browser.ask("POST", SOUNDS, data=body, headers={"Content-Type": kind})
        assert (answer.status, answer.code) == (status, 20001)
        assert told in answer.json["message"]


async def test_sounds_are_for_accounts_that_one_may_see(desk: Office) -> None:
    nor = await desk.browser().entered("nör")
    for account in (f"?account={ACCOUNT.sid}", "?account=", ""):
        answer = await nor.ask("POST", f"/dashboard/api/sounds{account}", data=b"x", headers={"Content-Type": "audio/wav"})
        assert answer.status == 404


async def test_uploads_end_where_they_are_too_large_too_slow_or_too_many(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await desk.browser().entered("ann")
    wav = {"Content-Type": "audio/wav"}
    monkeypatch.setattr(sounds, "LARGEST_SOUND", 1000)
    assert (await browser.ask("POST", SOUNDS, data=b"x" * 1001, headers=wav)).status == 413

    async def without_length() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100

    assert (await browser.ask("POST", SOUNDS, data=without_length(), headers=wav)).status == 413

    async def never() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    monkeypatch.setattr(sounds, "SOUND_SECONDS", 60.0)
    slow = [asyncio.create_task(browser.ask("POST", SOUNDS, data=never(), headers=wav)) for _ in range(choices.SOUNDS_AT_ONCE)]
    controller = desk.controller
    assert controller is not None
    assert controller.dashboard is not None
    uploads = controller.dashboard._uploads
    await until(lambda: uploads._under_way == choices.SOUNDS_AT_ONCE)
    assert (await browser.ask("POST", SOUNDS, data=b"x", headers=wav)).status == 429
    for task in slow:
        task.cancel()
    await asyncio.wait(slow)
    await until(lambda: not uploads._under_way)
    monkeypatch.setattr(sounds, "SOUND_SECONDS", 0.1)
    assert (await within_deadline(browser.ask("POST", SOUNDS, data=never(), headers=wav))).status == 408


async def test_nobody_is_let_in_before_it_is_known_who_was_logged_in(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await desk.browser().entered("ann")
    assert desk.controller is not None
    assert desk.controller.dashboard is not None
    monkeypatch.setattr(desk.controller.dashboard.sessions, "restored", False)
    for method, path in (("GET", "/dashboard/api/session"), ("POST", "/dashboard/api/session"), ("GET", f"{REST}/Calls.json")):
        assert (await browser.ask(method, path)).status == 503
    assert guard.COOKIE == "ari_conf_session"
