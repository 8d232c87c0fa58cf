"""The browser of the tests does what tests of pages rely on, and does not let pass what must not be."""

import os
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.stage import Stage

from .axe import violations
from .chromium import NAMED
from .running import Faults, opened_page
from .screenshots import SIZES, take_screenshots
from .site import INK, PAPER, Site


@pytest_asyncio.fixture(loop_scope="session")
async def site() -> AsyncIterator[Site]:
    async with Site().serving() as serving:
        yield serving


async def test_text_is_there_and_events_arrive(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await expect(page.get_by_role("heading", name="Support")).to_be_visible()
    await expect(page.get_by_role("status")).to_have_text("connected")
    site.tell("Ann joins")
    site.tell("Ann talks")
    await expect(page.get_by_role("listitem")).to_have_text(["Ann joins", "Ann talks"])


async def test_click_posts_a_form(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await page.get_by_label("Who").fill("Ann")
    await page.get_by_role("button", name="Mute").click()
    await expect(page.get_by_role("heading")).to_have_text("Ann is muted")
    assert site.muted == ["Ann"]


async def test_keyboard_does_without_a_mouse(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await expect(page.get_by_label("Who")).to_be_focused()
    await page.keyboard.type("Bob")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Mute")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading")).to_have_text("Bob is muted")


async def test_page_that_loses_the_network_sees_it_and_comes_back(site: Site, page: Page) -> None:
    await page.goto(site.url)
    await expect(page.get_by_role("status")).to_have_text("connected")
    await page.context.set_offline(True)
    site.hang_up()
    await expect(page.get_by_role("status")).to_have_text("lost")
    await page.context.set_offline(False)
    await expect(page.get_by_role("status")).to_have_text("connected")


async def test_axe_finds_what_is_wrong_and_nothing_in_a_clean_page(site: Site, page: Page) -> None:
    await page.goto(f"{site.url}/unfit")
    found = await violations(page)
    assert [violation.split(" ")[:2] for violation in found] == [["color-contrast", "(serious):"], ["label", "(critical):"]]
    await page.goto(site.url)
    assert await violations(page) == []


async def test_dark_mode_changes_colours(site: Site, page: Page) -> None:
    colours = "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    await page.goto(site.url)
    assert await page.evaluate(colours) == [INK, PAPER]
    await page.emulate_media(color_scheme="dark")
    assert await page.evaluate(colours) == [PAPER, INK]


async def test_screenshots_have_each_width_and_scheme(site: Site, page: Page, tmp_path: Path) -> None:
    await page.goto(site.url)
    taken = [path.read_bytes() for path in await take_screenshots(page, tmp_path / "new", "room")]
    widths = [struct.unpack(">I", picture[16:20])[0] for picture in taken]
    assert widths == [width for width, _ in SIZES.values() for _ in ("light", "dark")]
    assert len(set(taken)) == len(taken)


@pytest.mark.skipif(NAMED in os.environ, reason="a browser that is named comes with what fonts it has")
async def test_no_font_of_the_machine_is_used(page: Page) -> None:
    await page.set_content("<p style='font: 20px system-ui'>Inter</p><pre>DejaVu Sans Mono</pre>")
    session = await page.context.new_cdp_session(page)
    await session.send("DOM.enable")
    await session.send("CSS.enable")
    root = (await session.send("DOM.getDocument"))["root"]["nodeId"]
    for selector, family in (("p", "Inter"), ("pre", "DejaVu Sans Mono")):
        node = (await session.send("DOM.querySelector", {"nodeId": root, "selector": selector}))["nodeId"]
        fonts = await session.send("CSS.getPlatformFontsForNode", {"nodeId": node})
        assert [font["familyName"].removesuffix(" Variable") for font in fonts["fonts"]] == [family]


async def do(browser: Browser, faults: Faults, url: str, script: str) -> None:
    """Open ``url`` in a page of its own, run ``script`` there, and close the page."""
    async with opened_page(browser, faults) as page:
        await page.goto(url)
        await page.evaluate(script)


@pytest.mark.parametrize("host", ["foreign.example", "198.51.100.7"])
async def test_request_to_a_foreign_host_fails_the_test_and_finds_no_host(browser: Browser, site: Site, host: str) -> None:
    with pytest.raises(AssertionError, match=f"request to a foreign host: http://{host}/lib.js") as failed:
        await do(browser, Faults(), site.url, f"fetch('http://{host}/lib.js').catch(() => null)")
    assert "net::ERR_NAME_NOT_RESOLVED" in str(failed.value)


async def test_socket_to_a_foreign_host_fails_the_test(browser: Browser) -> None:
    script = "new Promise(done => { new WebSocket('ws://foreign.example/live').onerror = done })"
    with pytest.raises(AssertionError, match=r"request to a foreign host: ws://foreign\.example/live"):
        await do(browser, Faults(), "about:blank", script)


async def test_error_in_the_console_fails_the_test_unless_it_is_allowed(browser: Browser, site: Site) -> None:
    faults = Faults()
    faults.allow("status of 405")
    script = "fetch('/mute').then(() => fetch('/nowhere')).then(() => null)"
    with pytest.raises(AssertionError, match=rf"^error in the console: .* status of 404 .*{site.url}/nowhere\)$"):
        await do(browser, faults, site.url, script)


async def test_page_of_the_fixture_is_watched(site: Site, page: Page, faults: Faults) -> None:
    faults.allow("status of 405")
    await page.goto(site.url)
    async with page.expect_console_message(lambda message: "status of 404" in message.text):
        await page.evaluate("fetch('/mute').then(() => fetch('/nowhere')).then(() => null)")
    provoked = faults.found.pop()
    assert "status of 404" in provoked


async def test_error_that_nothing_catches_fails_the_test(browser: Browser) -> None:
    script = "new Promise(done => { setTimeout(() => { setTimeout(done, 1); throw new Error('thrown') }) })"
    with pytest.raises(AssertionError, match="error that nothing has caught: thrown"):
        await do(browser, Faults(), "about:blank", script)


async def test_pages_of_two_tests_share_nothing(browser: Browser, site: Site, page: Page) -> None:
    await page.goto(site.url)
    await page.evaluate("localStorage.setItem('who', 'Ann'); document.cookie = 'who=Ann'")
    async with opened_page(browser, Faults()) as other:
        await other.goto(site.url)
        assert await other.evaluate("[localStorage.getItem('who'), document.cookie]") == [None, ""]


@pytest.mark.parametrize("either_engine", ["local"], indirect=True)
async def test_page_of_a_running_controller(stage: Stage, page: Page) -> None:
    await page.goto(f"http://127.0.0.1:{stage.controller.port}/readyz")
    await expect(page.locator("body")).to_contain_text('"ready"')


def test_fixture_in_another_event_loop_is_refused_and_nothing_is_left_of_it(request: pytest.FixtureRequest) -> None:
    # pytest asserts that nothing is left when it makes the fixture again, for whatever test comes next.
    for _ in range(2):
        with pytest.raises(pytest.fail.Exception, match='lacks loop_scope="session"'):
            request.getfixturevalue("_function_scoped_runner")
