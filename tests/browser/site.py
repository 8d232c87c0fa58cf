"""A small site on this machine: a form, server-sent events, two colour schemes, and pages that ought not to be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

PAPER, INK = "rgb(255, 255, 255)", "rgb(17, 17, 17)"

_FRONT = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8"><title>A room</title><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
  <style>
    body { color: #111; background: #fff; font-family: system-ui }
    @media (prefers-color-scheme: dark) { body { color: #fff; background: #111 } }
  </style>
</head>
<body>
  <main>
    <h1>Support</h1>
    <form method="post" action="/mute"><label>Who <input name="who" autofocus></label> <button>Mute</button></form>
    <ul id="events" aria-label="Events"></ul>
    <p id="state" role="status"></p>
  </main>
  <script>
    const events = new EventSource("/events"), state = document.getElementById("state");
    events.onopen = () => { state.textContent = "connected"; };
    events.onerror = () => { state.textContent = "lost"; };
    events.onmessage = (event) => {
      document.getElementById("events").append(Object.assign(document.createElement("li"), {textContent: event.data}));
    };
  </script>
</body>
</html>"""
_UNFIT = """<!doctype html><html lang="en"><head><title>Unfit</title><link rel="icon" href="data:,"></head>
<body><main><h1>Unfit</h1><input name="who"><p style="color: #bbb; background: #fff">faint</p></main></body></html>"""
_DONE = """<!doctype html><html lang="en"><head><title>Done</title><link rel="icon" href="data:,"></head>
<body><main><h1>{who} is muted</h1></main></body></html>"""


class Site:
    """The site; what was posted is in ``muted``, and ``tell`` sends an event to all pages that are open."""

    def __init__(self) -> None:
        self.url = ""
        self.muted: list[str] = []
        self._open: set[asyncio.Queue[str | None]] = set()

    def tell(self, event: str) -> None:
        for queue in self._open:
            queue.put_nowait(event)

    def hang_up(self) -> None:
        """End the streams of events of all pages that are open."""
        for queue in self._open:
            queue.put_nowait(None)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Site"]:
        application = web.Application()
        application.router.add_get("/", _page(_FRONT))
        application.router.add_get("/unfit", _page(_UNFIT))
        application.router.add_get("/events", self._events)
        application.router.add_post("/mute", self._mute)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self.url = f"http://{host}:{port}"
            yield self
        finally:
            await runner.cleanup()

    async def _mute(self, request: web.Request) -> web.Response:
        who = str((await request.post())["who"])
        self.muted.append(who)
        return web.Response(text=_DONE.format(who=who), content_type="text/html")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        await response.write(b"retry: 50\n\n")
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._open.add(queue)
        try:
            while (event := await queue.get()) is not None:
                await response.write(f"data: {event}\n\n".encode())
        finally:
            self._open.discard(queue)
        return response


def _page(text: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=text, content_type="text/html")

    return answer
