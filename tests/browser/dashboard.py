"""The dashboard of a running controller, opened by somebody who is logged in."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from playwright.async_api import Page

from tests.app_server import AUTH_TOKEN
from tests.stage import ACCOUNT, DEADLINE, Stage


@dataclass(slots=True, eq=False)
class Dashboard:
    """``page`` is logged in, as the account of the tests if nothing else was said."""

    stage: Stage
    page: Page

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.stage.controller.port}/dashboard{path}"

    async def open(self, path: str) -> None:
        """Open a page below /dashboard, and wait until it is there."""
        await self.page.goto(self.url(path))
        await self.page.get_by_role("heading", level=1).wait_for()


@contextlib.asynccontextmanager
async def logged_in(stage: Stage, page: Page, name: str = ACCOUNT.sid, password: str = AUTH_TOKEN) -> AsyncIterator[Dashboard]:
    """Log in; the stage's clock goes on meanwhile, for the controller is asked by a browser that has another one."""
    ticking = asyncio.create_task(_tick(stage), name="the stage's clock")
    try:
        dashboard = Dashboard(stage, page)
        answer = await page.request.post(dashboard.url("/api/session"), data={"name": name, "password": password})
        assert answer.ok, await answer.text()
        yield dashboard
        # Its stream of events ends here, not in an error when the controller stops.
        await page.goto("about:blank")
    finally:
        ticking.cancel()
        await asyncio.wait({ticking})


async def _tick(stage: Stage) -> None:
    while True:
        await stage.clock.let_pass(0.02)
        await asyncio.sleep(0.02)


async def until_so(page: Page, script: str) -> None:
    """Wait until a script says true; the page's policy lets none be evaluated in it, as waiting of the browser's own would."""
    gives_up = time.monotonic() + DEADLINE
    while not await page.evaluate(script):
        assert time.monotonic() < gives_up, f"this did not come to be true: {script}"
        await asyncio.sleep(0.05)


async def fits(page: Page) -> bool:
    """Tell whether the page need not be scrolled to the side."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
