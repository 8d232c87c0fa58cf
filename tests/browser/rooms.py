"""Rooms on the stage whose participants have labels, and where these are on the pages."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.stage import Stage

from .axe import violations
from .dashboard import fits
from .running import HEIGHT, WIDTH
from .screenshots import SCHEMES

LABELLED = (
    '<Response><Dial><Conference participantLabel="{}" statusCallback="/events" statusCallbackEvent="speaker">Support'
    "</Conference></Dial></Response>"
)
FORGOTTEN_SECONDS = 601
"""After so long, what has ended is no longer shown as just ended."""
ON_LOCAL = pytest.mark.parametrize("either_engine", ["local"], indirect=True)


async def call_in(stage: Stage, *names: str) -> None:
    for name in names:
        await stage.room(name, twiml=LABELLED.format(name))


def line(page: Page, name: str) -> Locator:
    """Return the line of somebody on the live page or on that of a conference; their events have the name as well."""
    return page.locator(".person, .attendee").filter(has=page.get_by_text(name, exact=True))


async def open_room(page: Page, name: str = "Support") -> None:
    await page.get_by_role("link", name=name).click()
    await expect(page.get_by_role("heading", level=1, name=name)).to_be_focused()


async def is_accessible_and_fits(page: Page) -> None:
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == []
    await page.set_viewport_size({"width": 400, "height": 800})
    assert await fits(page)
    await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
