"""Who else can ask Asterisk: for each client, how many requests a second it has answered with so many in flight.

All ask ``GET /ari/asterisk/ping``, and look whether a pong has come. Each client stays connected from one measure to the next.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import asyncari

from ari_conf.media.asterisk.link import AriAddress, AriLink
from ari_conf.private_asterisk import PrivateAsterisk

from .measure import pin

OURS = "ari_conf"
STOCK = "asyncari as it comes"
AIOHTTP = "aiohttp over HTTP"
NODE = "Node ari-client"
BARE = "bare REST over WebSocket"

NODE_CLIENT = "ari-client@2.2.0"
NODE_DRIVER = Path(__file__).with_name("ari_node.js")
CONNECTIONS = 32
"""Of each client over HTTP: Asterisk takes 100, kept ones of all clients counted, and drops what is beyond."""

CORE = 1
"""Where clients run; Asterisk has the other core."""

Rate = Callable[[int, float], Awaitable[float]]
"""Keeps so many requests in flight for so many seconds, and returns how many a second were answered."""


@contextlib.asynccontextmanager
async def clients(asterisk: PrivateAsterisk, *, node: bool) -> AsyncIterator[dict[str, Rate]]:
    """Connect everybody, Node if it is to take part, is there, and its client is here or to be had."""
    url, username, password = asterisk.ari_url, asterisk.ari_username, asterisk.ari_password
    credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    link = AriLink.for_requests(AriAddress(url, username, password, "bench"))
    async with contextlib.AsyncExitStack() as stack:
        await link.connect()
        stack.push_async_callback(link.close)
        stock = await stack.enter_async_context(asyncari.connect(url, "bench-stock", username, password))
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        session = await stack.enter_async_context(aiohttp.ClientSession(headers=headers, connector=connector))
        socket = await stack.enter_async_context(session.ws_connect(f"{url}/ari/events", params={"app": "bench-bare"}))
        ask_barely = await stack.enter_async_context(bare(socket))

        async def by_link() -> Any:
            return (await link.call("asterisk", "ping")).json()

        async def by_stock() -> Any:
            return await stock.asterisk.ping()

        async def by_aiohttp() -> Any:
            async with session.get(f"{url}/ari/asterisk/ping") as answer:
                return await answer.json()

        async def by_bare() -> Any:
            return json.loads(await ask_barely("GET", "asterisk/ping"))

        asking = {OURS: by_link, BARE: by_bare, AIOHTTP: by_aiohttp, STOCK: by_stock}
        rates = {name: _rate(ask) for name, ask in asking.items()}
        folder = node_client() if node else None
        if folder is not None:
            arguments = ["node", str(NODE_DRIVER), str(folder), str(CONNECTIONS), url, username, password]
            rates[NODE] = await stack.enter_async_context(by_node(arguments))
        yield rates


def _rate(ask: Callable[[], Awaitable[Any]]) -> Rate:
    async def rate(in_flight: int, seconds: float) -> float:
        began = time.perf_counter()
        end = began + seconds
        answered = 0

        async def worker() -> None:
            nonlocal answered
            while True:
                assert (await ask())["ping"] == "pong"
                answered += 1
                if time.perf_counter() >= end:
                    return

        await asyncio.gather(*(worker() for _ in range(in_flight)))
        return answered / (time.perf_counter() - began)

    return rate


@contextlib.asynccontextmanager
async def bare(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[Callable[[str, str], Awaitable[str]]]:
    """Yield the least that asks over the WebSocket: nothing is checked, and nobody is told how long it took."""
    loop, ids = asyncio.get_running_loop(), itertools.count()
    waiting: dict[str, asyncio.Future[str]] = {}

    async def read() -> None:
        async for message in socket:
            answer = json.loads(message.data)
            if answer["type"] == "RESTResponse":
                waiting.pop(answer["request_id"]).set_result(answer["message_body"])

    async def ask(method: str, uri: str) -> str:
        request_id = str(next(ids))
        answer: asyncio.Future[str] = loop.create_future()
        waiting[request_id] = answer
        await socket.send_str(json.dumps({"type": "RESTRequest", "request_id": request_id, "method": method, "uri": uri}))
        return await answer

    reader = asyncio.create_task(read())
    try:
        yield ask
    finally:
        reader.cancel()


def node_client() -> Path | None:
    """Return the folder that has Node's client, which is fetched if it is not there yet; None if there is none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    folder = cache / "ari-conf" / NODE_CLIENT.replace("@", "-")
    if (folder / "node_modules" / "ari-client").is_dir():
        return folder if shutil.which("node") else None
    command = ["npm", "install", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix", str(folder), NODE_CLIENT]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)  # half a client would be taken for one the next time
        print(f"without Node, whose ari-client cannot be fetched: {error}", file=sys.stderr)
        return None
    return folder


@contextlib.asynccontextmanager
async def by_node(arguments: list[str]) -> AsyncIterator[Rate]:
    process = await asyncio.create_subprocess_exec(*arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pin(process.pid, CORE)
    requests, answers = process.stdin, process.stdout
    assert requests is not None
    assert answers is not None

    async def rate(in_flight: int, seconds: float) -> float:
        requests.write(f"{in_flight} {seconds}\n".encode())
        answer = await answers.readline()
        assert answer, "Node's client has ended"
        return float(answer)

    try:
        yield rate
    finally:
        requests.close()
        await process.wait()
