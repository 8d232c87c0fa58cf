"""The peer of ``rest_participants``: handlers that return the same bytes at once.

``python -m benchmarks.rest_bare LIST UPDATE`` prints its port; the arguments are the files of the bytes.
"""

import asyncio
import json
import sys
from pathlib import Path

from aiohttp import web


async def serve(bodies: dict[str, bytes]) -> None:
    """Serve bytes, by the method that they are asked with."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=bodies[request.method], content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps([runner.addresses[0][1]]), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(dict(zip(("GET", "POST"), (Path(name).read_bytes() for name in sys.argv[1:]), strict=True))))
