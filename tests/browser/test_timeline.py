"""The timeline of a conference: to scale, near and far, by mouse and keyboard, for ten people and for a thousand."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.stage import Stage

from .axe import violations
from .dashboard import Dashboard, fits, logged_in, until_so
from .drawn import ANN, BARS, BEGIN, BOB, CHIEF, CONFERENCE, HEAD, LENGTH, answer_with, bars, callback, person, span, timeline
from .running import Faults

pytestmark = pytest.mark.parametrize("either_engine", ["local"], indirect=True)

NONE = "\N{EN DASH}"

SHARPNESS = 0.003
"""How far from where it belongs a bar may be drawn, as a share of the width: two pixels."""


async def opened(dashboard: Dashboard, told: dict[str, Any]) -> None:
    await answer_with(dashboard.page, told)
    await dashboard.open(f"/conferences/{CONFERENCE}")
    await dashboard.page.locator(".tl-row").first.wait_for()


def shares(*spans: tuple[float, float]) -> list[Any]:
    """Return seconds of the conference as shares of it."""
    return [pytest.approx([begins / LENGTH, ends / LENGTH], abs=SHARPNESS) for begins, ends in spans]


async def test_bars_are_drawn_to_scale(stage: Stage, page: Page) -> None:
    async with logged_in(stage, page) as dashboard:
        await opened(dashboard, timeline())
        assert await bars(page, CHIEF) == {"stay": shares((0, 600)), "waiting": shares((0, 60)), "coaching": shares((200, 300))}
        assert await bars(page, ANN) == {
            "stay": shares((60, 540)),
            "talk": shares((90, 105), (180, 181)),
            "hold": shares((400, 450)),
            "coached": shares((200, 300)),
        }
        assert await bars(page, BOB) == {"stay": shares((120, 600)), "muted": shares((130, 330))}
        assert await bars(page, "RE" + "1" * 32) == {"recording": shares((60, 240), (300, 480)), "pause": shares((240, 300))}


async def test_axis_says_the_time_where_it_is(stage: Stage, page: Page) -> None:
    async with logged_in(stage, page) as dashboard:
        await opened(dashboard, timeline())
        mark = page.locator(".tl-tick", has_text="02:20 PM")
        moved = await mark.evaluate(
            "(mark) => mark.transform.baseVal.consolidate().matrix.e / mark.ownerSVGElement.clientWidth"
        )
        # From 14:13:20 to 14:20:00.
        assert moved == pytest.approx(400 / LENGTH, abs=SHARPNESS)


async def test_pointer_is_told_what_it_is_on_and_the_wheel_comes_nearer(stage: Stage, page: Page) -> None:
    async with logged_in(stage, page) as dashboard:
        await opened(dashboard, timeline())
        row = page.locator(f'.tl-row[data-row="{ANN}"] .tl-row-ground')
        box = await row.bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        await page.mouse.move(box["x"] + box["width"] * 97 / LENGTH, middle)
        await expect(page.get_by_role("tooltip")).to_contain_text("Talking 02:14:50 PM to 02:15:05 PM (15 s)")
        await page.keyboard.down("Control")
        await page.mouse.wheel(0, -400)
        await page.keyboard.up("Control")
        # What is under the pointer stays there.
        await expect(page.get_by_role("tooltip")).to_contain_text("Talking 02:14:50 PM to 02:15:05 PM (15 s)")
        talk = (await bars(page, ANN))["talk"][0]
        assert talk[1] - talk[0] == pytest.approx(15 / LENGTH * 1.5**4, rel=0.02)
        await page.get_by_role("button", name="Show all").click()
        assert (await bars(page, BOB))["stay"] == shares((120, 600))


async def test_keyboard_goes_from_bar_to_bar_and_brings_them_into_view(stage: Stage, page: Page) -> None:
    async with logged_in(stage, page) as dashboard:
        await opened(dashboard, timeline())
        await page.get_by_role("application").focus()
        for key in ("End", "ArrowRight", "ArrowRight"):
            await page.keyboard.press(key)
        await expect(page.get_by_role("tooltip")).to_have_text("BobMuted 02:15:30 PM to 02:18:50 PM (3 min 20 s)")
        for _ in range(8):
            await page.keyboard.press("+")
        assert (await bars(page, BOB))["muted"][0][0] < 0
        await page.keyboard.press("ArrowRight")
        assert (await bars(page, BOB))["muted"][0][0] == pytest.approx(0, abs=SHARPNESS)
        await page.keyboard.press("0")
        assert (await bars(page, BOB))["muted"] == shares((130, 330))


GROWN = f"""() => {{
  const row = document.querySelector('.tl-row[data-row="{CHIEF}"]'), line = document.querySelector("[data-now]");
  return [({BARS})(row), line.x1.baseVal.value / line.ownerSVGElement.getBoundingClientRect().width];
}}"""


async def test_what_goes_on_reaches_to_now_and_grows(stage: Stage, page: Page) -> None:
    people = [person(CHIEF, "chief", 0, 600, 0, talk=[span(1, 2)])]
    people[0]["stays"][0]["left_at"] = None
    head = {**HEAD, "status": "in-progress", "ended_at": None}
    async with logged_in(stage, page) as dashboard:
        await opened(dashboard, timeline(conference=head, people=people, recordings=[], end=None, now=BEGIN + 10))
        first, now = await page.evaluate(GROWN)
        assert first["stay"] == [pytest.approx([0, now], abs=SHARPNESS)]
        # As time passes, what has been comes nearer to the left.
        before = first["talk"][0][0]
        await until_so(page, f"({GROWN})()[0].talk[0][0] < {before - SHARPNESS}")


async def test_thousand_people_are_drawn_as_far_as_they_are_seen(stage: Stage, page: Page) -> None:
    people = [person(f"CA{number:032x}", f"guest {number}", number / 2, 600, number / 2) for number in range(1000)]
    people[-1]["talk"] = [span(500 + at / 10, 500.05 + at / 10) for at in range(500)]
    async with logged_in(stage, page) as dashboard:
        await opened(dashboard, timeline(people=people, recordings=[]))
        assert await page.locator(".tl-row").count() < 50
        await page.get_by_role("application").focus()
        await page.keyboard.press("End")
        await expect(page.get_by_role("link", name="guest 999")).to_be_in_viewport()
        assert await page.locator(".tl-row").count() < 50
        drawn = await bars(page, f"CA{999:032x}")
        assert drawn["stay"] == shares((499.5, 600))
        # What cannot be told apart at this scale is one bar, and no work.
        assert len(drawn["talk"]) < 100
        assert drawn["talk"][0][0] == pytest.approx(500 / LENGTH, abs=SHARPNESS)


async def test_table_says_the_same_and_the_page_is_accessible_and_fits_a_phone(stage: Stage, page: Page) -> None:
    async with logged_in(stage, page) as dashboard:
        await opened(dashboard, timeline())
        await page.get_by_text("The same as a table").click()
        row = page.get_by_role("row", name="chief")
        await expect(row.get_by_role("cell")).to_have_text(
            [
                *("Sep 21 02:13:20 PM", "Sep 21 02:23:20 PM", "participant hung up"),
                *("10 min", "1 min", NONE, NONE, NONE, "+1 555 010 0400"),
            ]
        )
        assert await violations(page) == []
        await page.set_viewport_size({"width": 400, "height": 800})
        assert await fits(page)


async def test_recording_that_is_heard_is_left_alone_when_its_callback_settles(
    stage: Stage, page: Page, faults: Faults
) -> None:
    faults.allow("status of 503")
    told = timeline()
    owed = callback("owed")
    told["recordings"][0]["callbacks"] = [owed]
    async with logged_in(stage, page) as dashboard:
        await answer_with(page, told)
        await page.route("**/timeline", lambda route: route.fulfill(status=503), times=1)
        await dashboard.open(f"/conferences/{CONFERENCE}")
        # The first answer is a refusal, after which all there is is shown nevertheless.
        await page.get_by_role("button", name="Try again").click()
        row = page.get_by_role("list", name="Callbacks of this recording").get_by_role("listitem")
        await row.get_by_role("button").click()
        await expect(row).to_contain_text("503 tried once")
        heard = await page.locator("audio").element_handle()
        owed |= callback("delivered")
        await page.evaluate("dispatchEvent(new Event('online'))")
        await expect(row).to_contain_text("204 in 50 ms")
        await expect(row.get_by_role("button", name="all that is known of it")).to_be_focused()
        await expect(row.get_by_role("button", name="Send again")).to_be_visible()
        assert heard is not None
        assert await heard.evaluate("(audio) => audio.isConnected")
