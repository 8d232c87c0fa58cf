"""The pages for whoever watches over the controller, without a log-in: ``/healthz`` and ``/readyz``."""

from collections.abc import Callable

from aiohttp import web

from ari_conf.health import HEALTHY, Condition


def health_routes(look: Callable[[], Condition]) -> list[web.RouteDef]:
    """Return the pages; each request looks anew."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response(HEALTHY)

    async def readyz(_request: web.Request) -> web.Response:
        condition = look()
        body = {
            "status": condition.status,
            "calls": condition.calls,
            "conferences": condition.conferences,
            "callbacks_owed": condition.callbacks_owed,
            "database": condition.database or "ok",
            "clock": condition.clock or "ok",
        }
        return web.json_response(body, status=200 if condition.ready else 503)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]
