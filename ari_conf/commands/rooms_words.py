"""Words for an announcement: a document that says them, served from here until the controller has fetched it."""

import asyncio
import contextlib
import html
import secrets
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web
from yarl import URL

from .rooms_things import ControllerError

FETCH_SECONDS: Final = 10.0
"""How long the controller may take to fetch the document."""


@contextlib.asynccontextmanager
async def document_that_says(words: str, controller: URL) -> AsyncIterator[str]:
    """Yield the URL of a document that says ``words``, and wait at the end until the controller at that URL has fetched it.

    It is served on the address of this machine from which the controller is reached, at a path that cannot be guessed. Raises
    ``ControllerError`` if it is not fetched.
    """
    fetched = asyncio.Event()
    document = f"<Response><Say>{html.escape(words, quote=False)}</Say></Response>"

    async def hand_out(request: web.Request) -> web.Response:
        response = web.Response(text=document, content_type="text/xml")
        await response.prepare(request)
        await response.write_eof()
        fetched.set()
        return response

    path = f"/{secrets.token_hex(16)}"
    app = web.Application()
    app.router.add_route("*", path, hand_out)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        host = await _address_towards(controller)
        await web.TCPSite(runner, host, 0).start()
        yield str(URL.build(scheme="http", host=host, port=runner.addresses[0][1], path=path))
        async with asyncio.timeout(FETCH_SECONDS):
            await fetched.wait()
    except TimeoutError as error:
        raise ControllerError(
            f"the controller has not fetched the words from {host} within {FETCH_SECONDS:.0f} s; either it cannot reach this "
            "machine, or its [webhooks] private_addresses forbids it: give the URL of a sound or of a document instead"
        ) from error
    finally:
        await runner.cleanup()


async def _address_towards(url: URL) -> str:
    """Return the address of this machine that a connection to ``url`` has."""
    try:
        _, writer = await asyncio.open_connection(url.host, url.port)
    except OSError as error:
        raise ControllerError(f"there is no connection to {url} any more ({error.strerror or error})") from error
    host: str = writer.get_extra_info("sockname")[0]
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return host
