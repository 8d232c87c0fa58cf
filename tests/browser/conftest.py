"""One headless Chromium for all tests of this folder, and a page with no past for each.

The browser lives as long as the session, and its driver in the session's event loop: so do all tests here, and their
asynchronous fixtures say ``loop_scope="session"``.
"""

import os
from collections.abc import AsyncIterator
from typing import NoReturn

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from ari_conf.private_asterisk import PrivateAsterisk
from tests.stage import Stage, set_stage

from .chromium import NAMED, NoChromiumError
from .dashboard import logged_in
from .running import Faults, opened_page, running_browser

MAY_BE_MISSING = "TESTS_WITHOUT_BROWSER"


def pytest_itemcollected(item: pytest.Item) -> None:
    if pytest_asyncio.is_async_test(item):
        item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(name="_function_scoped_runner")
def event_loop_of_a_single_test() -> None:
    """Refuse it, in the place of pytest-asyncio's: what ran in it would stand still while a test of this folder runs."""
    pytest.fail('an asynchronous fixture of a browser test lacks loop_scope="session", see tests/browser/conftest.py')


def go_without(error: NoChromiumError) -> NoReturn:
    """Skip if whoever runs the tests has said that they may be left out, else fail: no run is green by accident."""
    if os.environ.get(MAY_BE_MISSING):
        pytest.skip(str(error))
    pytest.fail(
        f"{error}\n{NAMED} may name a Chromium to take instead, {MAY_BE_MISSING}=1 leaves these tests out", pytrace=False
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    try:
        async with running_browser(print) as running:
            yield running
    except NoChromiumError as error:
        go_without(error)


@pytest.fixture
def faults() -> Faults:
    """What must not happen in ``page``; a test that provokes it says so by ``allow``."""
    return Faults()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, faults: Faults) -> AsyncIterator[Page]:
    """A page; its test fails for an error in its console and for a request to a foreign host.

    A test asks for its server before it asks for the page: a server that ends first is an error in the console.
    """
    async with opened_page(browser, faults) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def stage(either_engine: PrivateAsterisk | None) -> AsyncIterator[Stage]:
    """As everywhere, but in the event loop of these tests."""
    async with set_stage(either_engine) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def entered(stage: Stage, page: Page) -> AsyncIterator[Page]:
    """The live page of somebody who has logged in; time passes on the stage."""
    async with logged_in(stage, page) as dashboard:
        await dashboard.open("/")
        await expect(page.locator(".connection")).to_have_text("Live")
        yield page
