"""What is around all pages: logging in, how the connection is, colours, badges."""

import socket

from aiohttp import web
from playwright.async_api import Page, expect

from ari_conf.settings import ServerSettings
from tests.app_server import AUTH_TOKEN, failing
from tests.stage import ACCOUNT, Stage, set_stage

from .axe import violations
from .dashboard import Dashboard, logged_in
from .rooms import FORGOTTEN_SECONDS, LABELLED, ON_LOCAL, call_in, line, open_room
from .running import HEIGHT, Faults

SILENCE_SECONDS = 37
"""A stream without a word for so long is dead."""
ASLEEP_SECONDS = 62
"""A page that nobody has looked at for so long watches nothing."""
REFUSED_SECONDS = 3
"""A stream that was refused is asked for again by then."""
LOOK = """(state) => {
    Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


async def log_in(page: Page, name: str, password: str) -> None:
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Log in").click()


@ON_LOCAL
async def test_wrong_password_is_told_and_the_right_one_leads_where_one_wanted_to_go(
    stage: Stage, page: Page, faults: Faults
) -> None:
    faults.allow("status of 401")
    await page.goto(Dashboard(stage, page).url("/health"))
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert await violations(page) == []
    await log_in(page, ACCOUNT.sid, "guessed")
    await expect(page.get_by_role("alert")).to_contain_text("No operator, account or API key")
    await expect(page.get_by_label("Password")).to_be_focused()
    await page.keyboard.type(AUTH_TOKEN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="Health")).to_be_focused()
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def free_port() -> int:
    """Return a port that stays the same when a controller is started again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_page_whose_controller_was_away_says_so_and_goes_on(page: Page, faults: Faults) -> None:
    faults.allow("ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|status of 50")
    stale = page.get_by_text("What you see is as it was at")
    async with (
        set_stage(None, sections={"server": ServerSettings(port=free_port())}) as stage,
        logged_in(stage, page) as dashboard,
    ):
        await dashboard.open("/")
        await call_in(stage, "ann")
        await expect(line(page, "ann")).to_be_visible()
        await expect(stale).to_be_hidden()
        await stage.stop()
        await expect(stale).to_be_visible()
        await expect(page.locator(".connection")).to_have_text("No connection")
        await stage.restart()
        await expect(stale).to_be_hidden()
        await expect(page.locator(".connection")).to_have_text("Live")
        await expect(line(page, "ann")).to_be_visible()


@ON_LOCAL
async def test_colours_that_were_chosen_are_kept(entered: Page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = await entered.evaluate(paper)
    await entered.get_by_label("Colours").select_option("Dark")
    dark = await entered.evaluate(paper)
    assert dark != light
    await entered.reload()
    await expect(entered.get_by_label("Colours")).to_have_value("dark")
    assert await entered.evaluate(paper) == dark
    await entered.get_by_label("Colours").select_option("As the system")
    assert await entered.evaluate(paper) == light


@ON_LOCAL
async def test_failed_callbacks_and_notifications_are_counted_until_somebody_looks(stage: Stage, entered: Page) -> None:
    stage.app.voice["/events"] = lambda _request: web.Response(status=500)
    await call_in(stage, "ann", "bob")
    await stage.room("cid", twiml=LABELLED.format("cid").replace("<Response>", "<Response><Sms>There are none here</Sms>"))
    for name in ("Callbacks", "Notifications"):
        counted = entered.get_by_role("link", name=name)
        await expect(counted).to_contain_text("since you looked", use_inner_text=True)
        await counted.click()
        await expect(entered.get_by_role("heading", level=1, name=name)).to_be_focused()
        await expect(counted).not_to_contain_text("since you looked", use_inner_text=True)


@ON_LOCAL
async def test_small_window_has_its_navigation_behind_a_button(stage: Stage, entered: Page) -> None:
    await entered.set_viewport_size({"width": 400, "height": HEIGHT})
    health, menu = entered.get_by_role("link", name="Health"), entered.get_by_role("button", name="Menu")
    await expect(health).to_be_hidden()
    await menu.click()
    await health.focus()
    await entered.keyboard.press("Escape")
    await expect(health).to_be_hidden()
    await expect(menu).to_be_focused()
    await menu.click()
    # What happens meanwhile is counted in it, and does not take it away.
    stage.app.voice["/events"] = failing(404)
    await call_in(stage, "ann", "bob")
    await expect(entered.get_by_role("link", name="Callbacks")).to_contain_text("since you looked")
    await health.click()
    await expect(entered.get_by_role("heading", level=1, name="Health")).to_be_focused()
    await expect(health).to_be_hidden()


@ON_LOCAL
async def test_page_that_is_not_there_says_so(stage: Stage, entered: Page) -> None:
    for path in ("/nowhere", "/calls/%E0"):
        await entered.goto(Dashboard(stage, entered).url(path))
        await expect(entered.get_by_role("heading", level=1, name="There is no such page")).to_be_visible()
    await entered.goto(Dashboard(stage, entered).url(f"/conferences/CF{'0' * 32}"))
    await expect(entered.get_by_role("alert")).to_contain_text("There is no conference CF000")


@ON_LOCAL
async def test_session_that_ends_elsewhere_leads_to_the_login_page(stage: Stage, entered: Page, faults: Faults) -> None:
    faults.allow("status of 401|ERR_INCOMPLETE_CHUNKED_ENCODING")
    session = Dashboard(stage, entered).url("/api/session")
    csrf = (await (await entered.request.get(session)).json())["csrf"]
    await entered.request.delete(session, headers={"X-CSRF-Token": csrf})
    await expect(entered.get_by_role("heading", name="Log in")).to_be_visible()


async def test_stream_that_has_fallen_silent_is_asked_for_again(page: Page) -> None:
    async with set_stage(None) as stage, logged_in(stage, page) as dashboard:
        await page.clock.install()
        await dashboard.open("/")
        await expect(page.locator(".connection")).to_have_text("Live")
        async with page.expect_request("**/dashboard/api/live"):
            await page.clock.fast_forward(SILENCE_SECONDS * 1000)
        await expect(page.locator(".connection")).to_have_text("Live")


@ON_LOCAL
async def test_page_that_was_refused_goes_on_with_the_conference_it_is_of(stage: Stage, page: Page, faults: Faults) -> None:
    faults.allow("status of 503")
    await call_in(stage, "ann")
    await stage.until(lambda: bool(stage.controller.rooms.conferences))
    (conference,) = stage.controller.rooms.conferences
    async with logged_in(stage, page) as dashboard:
        await page.clock.install()
        await dashboard.open(f"/conferences/{conference.sid}")
        await expect(page.locator(".connection")).to_have_text("Live")
        await page.route("**/dashboard/api/live?*", lambda route: route.fulfill(status=503), times=1)
        await page.evaluate("dispatchEvent(new Event('online'))")
        await expect(page.locator(".connection")).to_have_text("No connection")
        async with page.expect_request(f"**/dashboard/api/live?conference={conference.sid}"):
            await page.clock.fast_forward(REFUSED_SECONDS * 1000)
        await expect(page.locator(".connection")).to_have_text("Live")


@ON_LOCAL
async def test_conference_that_has_ended_while_nobody_looked_is_shown_as_ended(stage: Stage, page: Page) -> None:
    await call_in(stage, "ann")
    await stage.until(lambda: bool(stage.controller.rooms.conferences))
    (conference,) = stage.controller.rooms.conferences
    async with logged_in(stage, page) as dashboard:
        await page.clock.install()
        await dashboard.open(f"/conferences/{conference.sid}")
        await expect(line(page, "ann")).to_be_visible()
        await page.evaluate(LOOK, "hidden")
        await page.clock.fast_forward(ASLEEP_SECONDS * 1000)
        await stage.hang_up_all()
        await stage.until(lambda: not stage.controller.rooms.conferences)
        await stage.clock.let_pass(FORGOTTEN_SECONDS)
        await page.evaluate(LOOK, "visible")
        await expect(page.locator(".room-head")).to_contain_text("last participant left")
        await expect(line(page, "ann")).to_be_hidden()


@ON_LOCAL
async def test_going_back_leaves_no_question_and_no_menu(stage: Stage, entered: Page) -> None:
    await call_in(stage, "ann")
    for asks in ("End", "More for ann"):
        await open_room(entered)
        await entered.get_by_role("button", name=asks, exact=True).click()
        asked = entered.get_by_role("dialog").or_(entered.get_by_role("menu"))
        await expect(asked).to_be_visible()
        await entered.go_back()
        await expect(entered.get_by_role("heading", level=1, name="Live")).to_be_visible()
        await expect(asked).to_have_count(0)


@ON_LOCAL
async def test_page_that_nobody_looks_at_lets_go_of_its_stream(stage: Stage, page: Page) -> None:
    async with logged_in(stage, page) as dashboard:
        await page.clock.install()
        await dashboard.open("/")
        await expect(page.locator(".connection")).to_have_text("Live")
        await page.evaluate(LOOK, "hidden")
        async with page.expect_event("requestfailed", lambda request: request.url.endswith("/api/live")):
            await page.clock.fast_forward(ASLEEP_SECONDS * 1000)
        async with page.expect_request("**/dashboard/api/live"):
            await page.evaluate(LOOK, "visible")
