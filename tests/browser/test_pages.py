"""Pages of what has been: calls with their TwiML, callbacks that are sent again, what went wrong, recordings, the search."""

import asyncio
import re

import pytest
from aiohttp import web
from playwright.async_api import Page, Route, expect

from tests.app_server import failing
from tests.stage import NUMBERS, Stage

from .axe import violations
from .dashboard import fits, logged_in, until_so
from .running import Faults

pytestmark = pytest.mark.parametrize("either_engine", ["local"], indirect=True)

ROOM = (
    "<Response><Dial><Conference participantLabel='agent' statusCallback='/events' statusCallbackEvent='join leave'>"
    "Support</Conference></Dial></Response>"
)
RECORDED = "<Response><Dial><Conference record='record-from-start'>Support</Conference></Dial></Response>"


LOOKED_AT_SECONDS = 4
"""A call that is not over is looked at again by then."""


def phone(name: str) -> str:
    """Return a phone's number as pages write it."""
    digits = NUMBERS[name].removeprefix("+1")
    return f"+1 {digits[:3]} {digits[3:6]} {digits[6:]}"


async def test_callback_that_was_given_up_is_sent_again_and_arrives(stage: Stage, page: Page) -> None:
    stage.app.voice["/events"] = failing(404)
    await stage.room("ann", twiml=ROOM)
    await stage.callbacks(1)
    async with logged_in(stage, page) as dashboard:
        await dashboard.open("/callbacks?state=given-up")
        row = page.locator(".expander")
        await expect(row).to_contain_text("participant-join")
        await expect(row).to_contain_text("404 given up, tried once")
        await row.get_by_role("button").click()
        await expect(row).to_contain_text("What to do:")
        await row.get_by_role("button", name="Show what was sent").click()
        await expect(row.get_by_role("row", name="ParticipantLabel agent")).to_be_visible()
        stage.app.voice["/events"] = lambda _: web.Response(status=204)
        await row.get_by_role("button", name="Send again").click()
        await expect(page.get_by_role("status").filter(has_text="participant-join was sent again: 204")).to_be_visible()
        await expect(row).to_contain_text("204 in")
        first, again = stage.app.requests[-2:]
        assert again.params == first.params
        assert again.headers["I-Twilio-Idempotency-Token"] == first.headers["I-Twilio-Idempotency-Token"]
        assert await violations(page) == []


async def test_event_shows_its_callback_which_is_sent_again(stage: Stage, page: Page) -> None:
    stage.app.voice["/events"] = failing(404)
    await stage.room("ann", twiml=ROOM)
    (joined,) = await stage.callbacks(1)
    await stage.hang_up_all()
    await stage.callbacks(2)
    async with logged_in(stage, page) as dashboard:
        await dashboard.open(f"/conferences/{joined['ConferenceSid']}")
        event = page.locator(".event", has_text="agent joined")
        await expect(event).to_contain_text("404 given up, tried once")
        await event.get_by_role("button").click()
        await expect(event).to_contain_text(f"POST {stage.app.url('/events')}")
        stage.app.voice["/events"] = lambda _: web.Response(status=204)
        await event.get_by_role("button", name="Send again").click()
        await stage.callbacks(3)
        await expect(event).to_contain_text("204 in")
        # It stays open, and who has used the keyboard is still there.
        await expect(event.get_by_role("button", name="Send again")).to_be_visible()


async def test_list_that_is_answered_late_is_not_shown_in_the_place_of_what_was_chosen_since(stage: Stage, page: Page) -> None:
    async with logged_in(stage, page) as dashboard:
        await dashboard.open("/callbacks")
        chosen = asyncio.Event()

        async def dawdle(route: Route) -> None:
            await chosen.wait()
            await route.continue_()

        await page.route("**/Callbacks.json?State=owed", dawdle)
        async with page.expect_response("**/Callbacks.json?State=owed") as late:
            await page.get_by_role("button", name="Owed").click()
            await page.get_by_role("button", name="Given up").click()
            await expect(page.get_by_text("None was given up.")).to_be_visible()
            chosen.set()
        await (await late.value).finished()
        await page.get_by_role("button", name="Delivered").click()
        await expect(page.locator(".list-place")).to_have_text("None was delivered yet.")


async def test_call_that_could_not_be_asked_for_once_is_looked_at_again(stage: Stage, page: Page, faults: Faults) -> None:
    faults.allow("ERR_FAILED")
    await stage.room("ann", twiml=ROOM)
    await stage.callbacks(1)
    (call,) = stage.controller.switchboard.calls
    async with logged_in(stage, page) as dashboard:
        await page.clock.install()
        await dashboard.open(f"/calls/{call.sid}")
        async with page.expect_event("requestfailed"):
            await page.route("**/Documents.json", lambda route: route.abort(), times=1)
            await page.clock.fast_forward(LOOKED_AT_SECONDS * 1000)
        await stage.hang_up_all()
        await stage.until(lambda: not stage.controller.switchboard.calls)
        async with page.expect_request("**/Documents.json"):
            await page.clock.fast_forward(LOOKED_AT_SECONDS * 1000)
        await expect(page.locator(".page-head")).to_contain_text("completed")


async def test_notification_is_explained_and_leads_to_its_call(stage: Stage, page: Page) -> None:
    stage.app.voice["/events"] = failing(404)
    await stage.room("ann", twiml=ROOM)
    await stage.callbacks(1)
    async with logged_in(stage, page) as dashboard:
        await dashboard.open("/notifications?log=0")
        row = page.locator(".expander").first
        await expect(row).to_contain_text("16011")
        await row.get_by_role("button").click()
        await expect(row).to_contain_text("What to do:")
        await row.get_by_role("button", name="Show the request and its answer").click()
        await expect(row.locator("pre")).to_have_text("<h1>Something went wrong</h1>")
        await row.get_by_role("link", name="Call").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(phone("ann"))
        await expect(page.get_by_role("heading", level=1)).to_be_focused()


async def test_call_is_told_verb_by_verb(stage: Stage, page: Page) -> None:
    first = '<Response><!-- <b> --><Gather numDigits="1" timeout="1"/><Redirect>/next?a=1&amp;b=2</Redirect></Response>'
    stage.answer(ROOM, "/next")
    await stage.room("ann", twiml=first)
    await stage.callbacks(1)
    (call,) = stage.controller.switchboard.calls
    async with logged_in(stage, page) as dashboard:
        await dashboard.open(f"/calls/{call.sid}")
        documents = page.locator(".document")
        await expect(documents).to_have_count(2)
        await expect(documents.first.locator("pre")).to_have_text(first)
        await expect(documents.first.locator(".xml-comment")).to_have_text("<!-- <b> -->")
        await expect(documents.first.locator(".verb")).to_have_text(
            [re.compile("<Gather>.*1.[0-9] s"), re.compile("<Redirect>")]
        )
        await expect(documents.last).to_contain_text(stage.app.url("/next?a=1&b=2"))
        await expect(documents.last.locator(".verb")).to_have_text([re.compile("<Dial>.*now")])
        await expect(page.get_by_role("list", name="Callbacks of this call")).to_be_hidden()
        await page.get_by_role("link", name="Support").click()
        await expect(page.get_by_role("heading", name="Support")).to_be_visible()


async def test_search_finds_rooms_and_people_and_says_what_it_does_not_understand(stage: Stage, page: Page) -> None:
    await stage.room("ann", twiml=ROOM)
    await stage.callbacks(1)
    async with logged_in(stage, page) as dashboard:
        await dashboard.open("/calls")
        await page.keyboard.press("/")
        await page.keyboard.type("label:agent")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("table", name="Conferences found").get_by_role("link", name="Support")).to_be_visible()
        whole = await page.locator("main .page").element_handle()
        await page.get_by_role("link", name="1 participant").click()
        await expect(page.get_by_role("heading", name="Participants")).to_be_in_viewport()
        await expect(page.get_by_role("listitem").filter(has_text="agent")).to_contain_text("in Support")
        box = page.get_by_role("searchbox", name="Search conferences")
        await page.get_by_text("How to search").click()
        await page.get_by_role("button", name="room:").click()
        await expect(box).to_have_value("label:agent room:")
        await box.fill("nobody")
        await box.press("Enter")
        await expect(page.get_by_text("No conference fits all of these words.")).to_be_visible()
        assert page.url.endswith("/conferences?q=nobody")
        # The link to the participants was one within the page.
        assert whole is not None
        assert await whole.evaluate("(page) => page.isConnected")


async def test_recording_is_drawn_and_sought_in_by_keyboard_and_played(stage: Stage, page: Page) -> None:
    await stage.room("ann", "bob", twiml=RECORDED)
    await stage.until(lambda: bool(stage.controller.recordings.busy))
    await stage.clock.let_pass(12)
    await stage.hang_up_all()
    await stage.until(lambda: not stage.controller.recordings.busy)
    async with logged_in(stage, page) as dashboard:
        await dashboard.open("/recordings")
        slider = page.get_by_role("slider", name="Position in the recording")
        assert len((await slider.locator(".wave-shape").get_attribute("d") or "").split("M")) > 100
        await slider.focus()
        for key, at in (
            ("ArrowRight", "5"),
            ("PageUp", await slider.get_attribute("aria-valuemax")),
            ("Home", "0"),
            ("ArrowUp", "5"),
        ):
            await page.keyboard.press(key)
            await expect(slider).to_have_attribute("aria-valuenow", str(at))
        await page.get_by_role("button", name="Play").click()
        await expect(page.get_by_role("button", name="Pause")).to_be_visible()
        await until_so(page, "document.querySelector('audio').currentTime > 5")
        length = await page.locator("audio").evaluate("(audio) => audio.duration")
        assert length == pytest.approx(float(await slider.get_attribute("aria-valuemax") or 0), abs=0.1)
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="Download as WAV").click()
        assert (await (await downloading.value).path()).read_bytes()[:4] == b"RIFF"
        assert await violations(page) == []


async def test_who_waits_in_a_queue_since_when(stage: Stage, page: Page) -> None:
    await stage.room("ann", "bob", twiml="<Response><Enqueue>help</Enqueue></Response>")
    await stage.until(lambda: any(len(one.queue.members) == 2 for one in stage.controller.queues.of_account("AC" + "0" * 32)))
    async with logged_in(stage, page) as dashboard:
        await dashboard.open("/queues")
        members = page.get_by_role("list", name="Who waits in help").get_by_role("listitem")
        await expect(members).to_have_text([re.compile(rf"1\.{re.escape(phone('ann'))}waits 0:\d\d"), re.compile(r"2\.")])


PAGES = ("/conferences", "/calls", "/recordings", "/callbacks", "/notifications", "/queues", "/health")
INSPECTED = ("/conferences", "/queues", "/health")
"""Those whose kind no other test has inspected."""


async def with_two_accounts(route: Route) -> None:
    """Let the page believe that it may see two accounts, between which most lists let choose."""
    answer = await route.fetch()
    session = await answer.json()
    await route.fulfill(response=answer, json=session | {"accounts": [*session["accounts"], "AC" + "9" * 32]})


async def test_pages_are_accessible_and_fit_a_phone(stage: Stage, page: Page) -> None:
    stage.app.voice["/events"] = failing(404)
    await stage.room("ann", twiml=ROOM)
    await stage.callbacks(1)
    (call,) = stage.controller.switchboard.calls
    async with logged_in(stage, page) as dashboard:
        await page.route("**/dashboard/api/session", with_two_accounts)
        await page.set_viewport_size({"width": 400, "height": 800})
        for path in (*PAGES, f"/calls/{call.sid}"):
            await dashboard.open(path)
            await expect(page.locator(".loading:visible")).to_have_count(0)
            assert (path, await fits(page)) == (path, True)
            if path not in PAGES or path in INSPECTED:
                assert (path, await violations(page)) == (path, [])


async def test_health_is_told_in_words_and_stays_up_to_date(stage: Stage, page: Page) -> None:
    async with logged_in(stage, page) as dashboard:
        await dashboard.open("/health")
        calls = page.locator(".tile", has_text="Now").locator("dl > div", has_text="Calls")
        await expect(calls).to_have_text("Calls0")
        await stage.room("ann", twiml=ROOM)
        await expect(calls).to_have_text("Calls1")
