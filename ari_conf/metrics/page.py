"""The page ``/metrics``, in Prometheus' text format."""

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler

from .door import Door


def metrics_routes(registry: CollectorRegistry, door: Door) -> list[web.RouteDef]:
    """Return the page, for those whom ``door`` lets in; each request looks anew."""
    show = make_aiohttp_handler(registry)

    async def metrics(request: web.Request) -> web.StreamResponse:
        refusal = door.refusal(request)
        return await show(request) if refusal is None else refusal

    return [web.get("/metrics", metrics)]
