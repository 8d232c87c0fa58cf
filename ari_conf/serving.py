"""Where the controller's pages are served: REST, health, metrics, sounds and whatever else is mounted, on one address."""

import contextlib
from collections.abc import Callable, Iterable

from aiohttp import web

from ari_conf.rest.listening import Site
from ari_conf.settings import ServerSettings
from ari_conf.starting import StartError

Mount = Callable[[web.Application], None]
"""Adds its routes to the application."""


def routes(some: Iterable[web.AbstractRouteDef]) -> Mount:
    """Return what mounts these routes."""

    def mount(app: web.Application) -> None:
        app.add_routes(some)

    return mount


async def serve(mounts: Iterable[Mount], server: ServerSettings, stack: contextlib.AsyncExitStack) -> int:
    """Serve what is mounted, in this order, until ``stack`` is closed; return the port. Raises ``StartError``."""
    app = web.Application()
    for mount in mounts:
        mount(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await Site(runner, server.host, server.port, server.trusted_proxies).start()
    except OSError as error:
        raise StartError(
            f"cannot listen on {server.host}:{server.port} ({error.strerror or error}); choose another address in [server]"
        ) from error
    port: int = runner.addresses[0][1]
    return port
