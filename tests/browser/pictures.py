"""The pictures of the manual, from a controller that runs: ``python -m tests.browser.pictures docs/images``."""

import asyncio
import logging
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from playwright.async_api import Page, expect

from tests.dashboard.door import ANN, PASSWORD

from .dashboard import logged_in
from .evening import Evening, played
from .running import Faults, opened_page, running_browser
from .screenshots import SCHEMES

DESK: Final = (1280, 640)
PHONE: Final = (400, 720)
"""Width and least height: a page is as high as what is in it, so that nothing lies over it,"""
HIGHEST: Final = 1640
"""and cut off there."""

LARGEST: Final = 250_000
"""Bytes of one picture: those who read the manual fetch all of them."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A page at ``path``; ``there`` is what is to be in it, ``opened`` what is pressed before."""

    path: str
    there: str
    opened: str = ""
    also_on_a_phone: bool = False


def shots(evening: Evening) -> dict[str, Shot]:
    refused = '.event:has-text("404") .event-open'
    return {
        "live": Shot("/", ".person", also_on_a_phone=True),
        "conference": Shot(f"/conferences/{evening.support}", ".tl-row", refused, also_on_a_phone=True),
        "ended": Shot(f"/conferences/{evening.board}", ".wave-shape"),
        "call": Shot(f"/calls/{evening.call}", ".verb"),
        "conferences": Shot("/conferences?q=label:agent after:2026-11-20", "tbody tr"),
        "callbacks": Shot("/callbacks?state=owed", ".expander", ".expander button"),
        "health": Shot("/health", ".page dl, .page section"),
    }


async def main(folder: Path) -> None:
    async with running_browser(print) as browser, played() as evening, opened_page(browser, Faults(), "en-GB") as page:
        await page.clock.install(time=evening.stage.clock.now())
        async with logged_in(evening.stage, page, ANN.name, PASSWORD) as dashboard:
            for name, shot in shots(evening).items():
                await page.set_viewport_size(dict(zip(("width", "height"), DESK, strict=True)))  # type: ignore[arg-type]
                await dashboard.open(shot.path)
                await expect(page.locator(".connection")).to_have_text("Live")
                await page.locator(shot.there).first.wait_for()
                if shot.opened:
                    await page.locator(shot.opened).first.click()
                await take(page, folder, name, DESK)
                if shot.also_on_a_phone:
                    await take(page, folder, f"{name}-phone", PHONE)


async def take(page: Page, folder: Path, name: str, size: tuple[int, int]) -> None:
    """Write ``name`` light and dark."""
    width, least = size
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size({"width": width, "height": least})
        await _settled(page)
        height = min(await page.evaluate("document.documentElement.scrollHeight"), HIGHEST)
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate("scrollTo(0, 0)")
        await page.mouse.move(width - 1, height - 1)
        await _settled(page)
        path = folder / f"{name}-{scheme}.png"
        await page.screenshot(path=path, animations="disabled")
        print(f"{path} {width} x {height}, {path.stat().st_size // 1000} kB")
        assert path.stat().st_size < LARGEST, f"{path} is too large for the manual"


async def _settled(page: Page) -> None:
    """Wait until what a page fetches after it was opened, or changes with its size, is drawn."""
    await page.wait_for_load_state()
    await asyncio.sleep(0.7)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ari-conf-") as state:
        os.environ["XDG_STATE_HOME"] = state
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        target = Path(sys.argv[1])
        target.mkdir(parents=True, exist_ok=True)
        asyncio.run(main(target))
