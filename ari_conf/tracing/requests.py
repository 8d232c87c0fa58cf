"""The REST requests to us, as spans of those traces that whoever asks has begun."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from opentelemetry.trace import SpanKind, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ari_conf.rest.application import ROUTE
from ari_conf.spans import within

from .drawing import Drawing

_REST: Final = "/Accounts/"
"""What the paths of the REST API have in common, wherever it is served."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
_W3C: Final = TraceContextTextMapPropagator()


class Requests:
    """``middleware`` draws the REST requests of an application; what they let happen at once belongs to their spans."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Draw a request if it is one to the REST API."""
        prefix, rest, _ = request.path.partition(_REST)
        if not rest:
            return await handler(request)
        method = request.method if request.method in _METHODS else "_OTHER"
        facts = {"http.request.method": method, "url.path": request.path, "url.scheme": request.scheme}
        asking = get_current_span(_W3C.extract(request.headers))
        name = method if method in _METHODS else "HTTP"
        drawn = self._drawing.begin(name, facts, SpanKind.SERVER, below=asking)
        try:
            with within(drawn):
                response = await handler(request)
        except Exception as error:
            drawn.fail(type(error).__name__)
            raise
        else:
            if route := request.get(ROUTE):
                drawn.span.update_name(f"{name} {prefix}{route}")
                drawn.note({"http.route": prefix + route})
            drawn.note({"http.response.status_code": response.status})
            if response.status >= 500:
                drawn.fail(str(response.status))
            return response
        finally:
            drawn.end()
