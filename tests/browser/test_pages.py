"""Pages of what has been: calls with their TwiML, callbacks that are sent again, what went wrong, recordings, the search."""

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from tests.app_server import failing
from tests.stage import NUMBERS, Stage

from .axe import violations
from .dashboard import Dashboard, fits, logged_in

pytestmark = pytest.mark.parametrize("either_engine", ["local"], indirect=True)

ROOM = (
    "<Response><Dial><Conference participantLabel='{label}' statusCallback='/events' statusCallbackEvent='join leave' {more}>"
    "Support</Conference></Dial></Response>"
)


def phone(name: str) -> str:
    """Return a phone's number as pages write it."""
    digits = NUMBERS[name].removeprefix("+1")
    return f"+1 {digits[:3]} {digits[3:6]} {digits[6:]}"


async def test_callback_that_was_given_up_is_sent_again_and_arrives(stage: Stage, page: Page) -> None:
    stage.app.voice["/events"] = failing(404)
    await stage.room("ann", twiml=ROOM.format(label="agent", more=""))
    await stage.callbacks(1)
    async with logged_in(stage, page) as dashboard:
        await dashboard.open("/callbacks?state=given-up")
        row = page.locator(".expander")
        await expect(row).to_contain_text("participant-join")
        await expect(row).to_contain_text("404 given up, tried once")
        await row.get_by_role("button").click()
        await expect(row).to_contain_text("The application answered with a status")
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
