"""The browser's process, and pages in it that must ask no foreign host and have no error in their console."""

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    WebError,
    WebSocket,
    async_playwright,
    expect,
)

from tests.stage import DEADLINE

from .chromium import NoChromiumError, find_chromium

WIDTH, HEIGHT = 1280, 800

_OURS = ("127.0.0.1", "localhost", "::1")
_WITHOUT_HOST = ("about", "blob", "data")
_ARGUMENTS = (
    "--host-resolver-rules=" + ",".join(["MAP * ~NOTFOUND", *(f"EXCLUDE {host}" for host in _OURS)]),
    "--font-render-hinting=none",  # letters stand where the font wants them, as on a screen
)
_MILLISECONDS = DEADLINE * 1000


@dataclass
class Faults:
    """What has happened in pages, each fault in a sentence; ``allow`` names those that a test provokes."""

    found: list[str] = field(default_factory=list)
    _allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Pass over faults in whose sentence ``pattern``, a regular expression, is found."""
        self._allowed.append(pattern)

    def watch(self, context: BrowserContext) -> None:
        """Note faults of all pages of ``context`` from now on."""

        def look_at_page(page: Page) -> None:
            page.on("websocket", look_at_socket)
            page.on("crash", lambda _: self._note(f"{page.url} crashed"))

        def look_at_request(request: Request) -> None:
            self._look_at_url(request.url)

        def look_at_socket(socket: WebSocket) -> None:
            self._look_at_url(socket.url)

        def look_at_console(message: ConsoleMessage) -> None:
            if message.type == "error":
                self._note(f"error in the console: {message.text} ({message.location['url']})")

        def look_at_error(error: WebError) -> None:
            self._note(f"error that nothing has caught: {error.error}")

        context.on("page", look_at_page)
        context.on("request", look_at_request)
        context.on("console", look_at_console)
        context.on("weberror", look_at_error)

    def _look_at_url(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _WITHOUT_HOST and parts.hostname not in _OURS:
            self._note(f"request to a foreign host: {url}")

    def _note(self, fault: str) -> None:
        if not any(re.search(pattern, fault) for pattern in self._allowed):
            self.found.append(fault)


@asynccontextmanager
async def running_browser(progress: Callable[[str], None]) -> AsyncIterator[Browser]:
    """Run a headless Chromium that finds no host but this machine. Raises ``NoChromiumError``."""
    chromium = find_chromium(progress)
    expect.set_options(timeout=_MILLISECONDS)
    async with async_playwright() as playwright:
        try:
            # Without its sandbox, which it does not have as root; it is shown our own pages only.
            browser = await playwright.chromium.launch(
                executable_path=chromium.program,
                env={**os.environ, **chromium.environment},
                args=_ARGUMENTS,
                chromium_sandbox=False,
            )
        except Error as error:
            logged = re.findall(r"\[err\] (.*)", error.message) or [error.message.splitlines()[0]]
            raise NoChromiumError(f"{chromium.program} does not start: {logged[-1]}") from error
        yield browser
        await browser.close()


@asynccontextmanager
async def opened_page(browser: Browser, faults: Faults, locale: str = "en-US") -> AsyncIterator[Page]:
    """Open a page with no past, light and 1280 px wide; fail at the end for what is in ``faults``."""
    context = await browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale=locale, timezone_id="UTC"
    )
    try:
        context.set_default_timeout(_MILLISECONDS)
        faults.watch(context)
        yield await context.new_page()
    finally:
        await context.close()
    assert not faults.found, "\n".join(faults.found)
