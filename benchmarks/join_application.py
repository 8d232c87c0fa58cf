"""The application of the benchmarks of joining: it tells every call to join the room that was dialled.

``python -m benchmarks.join_application`` prints its port.
"""

import asyncio
from xml.sax.saxutils import escape

from aiohttp import web

ROOM = "<Response><Dial><Conference beep='false'>{}</Conference></Dial></Response>"


async def answer(request: web.Request) -> web.Response:
    parameters = await request.post()
    return web.Response(text=ROOM.format(escape(str(parameters["To"]))), content_type="text/xml")


async def main() -> None:
    app = web.Application()
    app.router.add_post("/voice", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
