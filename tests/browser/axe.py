"""What axe-core, an inspector of accessibility, has to say against a page."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

_GRAVE = ("serious", "critical")


async def violations(page: Page) -> list[str]:
    """Return the serious and critical violations in ``page`` as it is now, each with where they are."""
    results = await Axe().run(page)
    return [
        f"{found['id']} ({found['impact']}): {found['help']}: {node['html']}"
        for found in results.response["violations"]
        if found["impact"] in _GRAVE
        for node in found["nodes"]
    ]
