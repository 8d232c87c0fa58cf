"""The page that is the dashboard, its files, and what every answer tells browsers."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ari_conf.dashboard.pages import STATIC, Pages
from tests.security.wire import said_to

from .door import ANN, Office, office

SHELL = (STATIC / "index.html").read_bytes()


@pytest.fixture
async def desk() -> AsyncIterator[Office]:
    async with office(ANN).open() as opened:
        yield opened


async def test_the_front_door_leads_to_the_dashboard(desk: Office) -> None:
    for path in ("/", "/dashboard"):
        answer = await desk.browser().ask("GET", path)
        assert (answer.status, answer.headers["Location"]) == (303, "/dashboard/")


async def test_each_page_is_the_shell_and_needs_no_login(desk: Office) -> None:
    for path in (
        "",
        "conferences",
        "conferences/CF" + "1" * 32,
        "calls/x",
        "login",
        "health",
        "a/b/c?d=e",
        "apis",
        "%00",
        "%C3%A9",
    ):
        answer = await desk.browser().ask("GET", f"/dashboard/{path}")
        assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, SHELL, "text/html; charset=utf-8"), path
    head = await desk.browser(**{"Accept-Encoding": "identity"}).ask("HEAD", "/dashboard/")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(SHELL)))


async def test_what_is_there_already_is_not_sent_again(desk: Office) -> None:
    for path in ("/dashboard/", "/dashboard/static/index.html"):
        first = await desk.browser().ask("GET", path)
        etag = first.headers["ETag"]
        assert first.headers["Cache-Control"] == "no-cache"
        for asked in (etag, f'W/{etag}, "x"', f'"x", {etag}', "*"):
            again = await desk.browser(**{"If-None-Match": asked}).ask("GET", path)
            assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag), asked
        assert (await desk.browser(**{"If-None-Match": '"other"'}).ask("GET", path)).status == 200


async def test_files_come_packed_to_who_unpacks_them(desk: Office) -> None:
    plain = await desk.browser(**{"Accept-Encoding": "identity"}).ask("GET", "/dashboard/")
    for accepted, is_packed in (
        ("gzip", True),
        ("br;q=1.0, GZIP;q=0.8, *;q=0.1", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
    ):
        browser = desk.browser(**{"Accept-Encoding": accepted})
        answer = await browser.ask("GET", "/dashboard/")
        assert (answer.headers.get("Content-Encoding") == "gzip") is is_packed, accepted
        assert (answer.headers["ETag"] != plain.headers["ETag"]) is is_packed
        # The client has unpacked it.
        assert (answer.body, answer.headers["Vary"]) == (SHELL, "Accept-Encoding")
        browser.headers["If-None-Match"] = answer.headers["ETag"]
        assert (await browser.ask("GET", "/dashboard/")).status == 304


async def test_every_answer_tells_browsers_what_a_page_may_do(desk: Office) -> None:
    browser = await desk.browser().entered("ann")
    port = desk.browser().port
    answers = [
        *[
            await browser.ask(method, path)
            for method, path in (
                ("GET", "/dashboard"),
                ("GET", "/dashboard/"),
                ("HEAD", "/dashboard/"),
                ("PUT", "/dashboard/"),
                ("GET", "/dashboard/static/index.html"),
                ("GET", "/dashboard/static/nothing"),
                ("GET", "/dashboard/api/session"),
                ("GET", "/dashboard/api/nothing"),
                ("PUT", "/dashboard/api/session"),
                ("GET", "/dashboard/rest/nothing"),
            )
        ],
        await desk.browser().ask("GET", "/dashboard/api/session"),
    ]
    for answer in answers:
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
        assert "unsafe" not in str(policy)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
    outside = await said_to(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"Content-Security-Policy" not in outside


def test_files_have_the_kinds_that_browsers_insist_on(tmp_path: Path) -> None:
    kinds = {
        "a.js": "text/javascript; charset=utf-8",
        "b.css": "text/css; charset=utf-8",
        "c/d.svg": "image/svg+xml",
        "e.webmanifest": "application/manifest+json",
        "f.woff2": "font/woff2",
        "g.html": "text/html; charset=utf-8",
    }
    for name in (*kinds, "secret.py", "none", ".hidden", "x.map"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    assert {name: file.content_type for name, file in Pages(tmp_path)._files.items()} == kinds


async def test_no_path_leads_out_of_the_folder(desk: Office) -> None:
    for path in (
        "../pages.py",
        "..%2fpages.py",
        "%2e%2e/pages.py",
        "%2e%2e%2fpages.py",
        "..\\pages.py",
        "..%5cpages.py",
        "....//pages.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "x/../index.html",
        "index.html/",
        "index.html%00",
        "INDEX.HTML",
        "",
        ".",
        "js",
    ):
        request = f"GET /dashboard/static/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        head, _, body = (await said_to(desk.browser().port, request.encode())).partition(b"\r\n\r\n")
        # What a path with dots means is settled by the URL: that of another page, if it is one.
        assert head.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")) or body == SHELL, head
        assert b"import" not in body
        assert b"root:" not in body


def test_pages_load_nothing_from_elsewhere_and_have_no_script_within() -> None:
    for file in STATIC.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert not re.search(r"""\s(?:style|on\w+)=""", text)
