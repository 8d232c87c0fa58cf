"""Pictures of a page: light and dark, on a phone, on a desk and on a wall."""

from itertools import product
from pathlib import Path
from typing import Literal, get_args

from playwright.async_api import Page

Scheme = Literal["light", "dark"]

SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

SIZES = {"phone": (400, 800), "desk": (1280, 800), "4k": (3840, 2160)}
"""Width and height in pixels."""


async def take_screenshots(page: Page, folder: Path, name: str) -> list[Path]:
    """Write ``name-size-scheme.png`` for each size and scheme, the whole page in height, and return the files.

    ``folder`` is made if it is not there; ``page`` is left as the last of the files shows it.
    """
    taken = []
    for (size, (width, height)), scheme in product(SIZES.items(), SCHEMES):
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme)
        path = folder / f"{name}-{size}-{scheme}.png"
        await page.screenshot(path=path, full_page=True, animations="disabled")
        taken.append(path)
    return taken
