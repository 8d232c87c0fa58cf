"""What every answer of the dashboard says to browsers: what its pages may do, and who may show them."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from ari_conf.rest.errors import MethodNotAllowed, NotFound
from ari_conf.rest.refusals import refuse

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What pages may load, from here alone; a script or a style that a stranger's words have brought into one is not run."""

_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

_DATA: Final = ("/dashboard/api", "/dashboard/rest")


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers; hung up at ``on_response_prepare``, so that streams and refusals have them, too."""
    response.headers.update(_HEADERS)
    if request.path.startswith(_DATA):
        response.headers["Cache-Control"] = "no-store"


@web.middleware
async def refuse_as_rest(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell in JSON that there is nothing at an address below the dashboard's data, or nothing for this method."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return refuse(request, NotFound())
    except web.HTTPMethodNotAllowed as error:
        refusal = MethodNotAllowed(request.method, error.allowed_methods)
        return refuse(request, refusal, {"Allow": refusal.allowed})
