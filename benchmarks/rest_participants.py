"""How many requests a second the REST API answers: the list of 50 participants, and an update that mutes or unmutes one.

The rival is a bare aiohttp handler that returns the same bytes: no login, no checking, no room, no database. Each server has a
process of its own. The client writes ready-made requests to kept connections and looks at nothing but lengths, so that the
servers have the processor.

``python -m benchmarks.rest_participants [--quick] [--once]``
"""

import argparse
import asyncio
import base64
import contextlib
import itertools
import json
import re
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .measure import Figure, print_table, ratio, write_json
from .rest_participants_server import ACCOUNT

OURS = "ari_conf"
AIOHTTP = "bare aiohttp handler"
LIST, UPDATE = "list of 50 participants", "participant update"
CONNECTIONS = 16

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Effort:
    """Requests in one measure, and rounds."""

    requests: int
    rounds: int


FULL = Effort(4000, rounds=7)
QUICK = Effort(2000, rounds=5)
ONCE = Effort(64, rounds=1)


class Client(asyncio.Protocol):
    """One connection: sends a request when the one before has been answered. ``answers`` are heads with bodies."""

    def __init__(self, requests: Iterator[bytes], *, keep: bool = False) -> None:
        self._requests = requests
        self._keep = keep
        self._received = bytearray()
        self._transport: asyncio.Transport
        self.answers: list[bytes] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._received, 0, end + 2)
        if not self._received.startswith(b"HTTP/1.1 200 ") or length is None:
            self._finish(AssertionError(bytes(self._received)))
        elif len(self._received) >= end + 4 + int(length[1]):
            if self._keep:
                self.answers.append(bytes(self._received[end + 4 :]))
            self._received.clear()
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(exc or ConnectionResetError())

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._finish(None)
        else:
            self._transport.write(request)

    def _finish(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
        self._transport.close()


async def answer(port: int, request: bytes) -> bytes:
    """Return the body of the answer to one request."""
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: Client(iter([request]), keep=True), "127.0.0.1", port
    )
    await client.done
    return client.answers[0]


async def per_second(port: int, requests: Sequence[Sequence[bytes]], count: int) -> float:
    """Send ``count`` requests, each connection its own ones over and over; return how many were answered a second."""
    loop = asyncio.get_running_loop()
    share = count // len(requests)

    async def connected(mine: Sequence[bytes]) -> Client:
        _, client = await loop.create_connection(
            lambda: Client(itertools.islice(itertools.cycle(mine), share)), "127.0.0.1", port
        )
        return client

    start = time.perf_counter()
    clients = await asyncio.gather(*(connected(mine) for mine in requests))
    await asyncio.gather(*(client.done for client in clients))
    return share * len(requests) / (time.perf_counter() - start)


@contextlib.asynccontextmanager
async def server(*arguments: str) -> AsyncIterator[Any]:
    """Run a server in a process of its own; yield what it says of itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.rest_participants_server", *arguments, stdout=PIPE
    )
    try:
        assert process.stdout is not None
        yield json.loads(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


def request(method: str, path: str, form: bytes = b"") -> bytes:
    login = base64.b64encode(f"{ACCOUNT.sid}:{ACCOUNT.auth_token}".encode()).decode()
    head = f"{method} /2010-04-01/Accounts/{ACCOUNT.sid}{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {login}\r\n"
    if form:
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
    return head.encode() + b"\r\n" + form


def updates(room: str, participants: Sequence[str]) -> list[list[bytes]]:
    """Return for each connection: mute all participants of its own, then unmute them. So every update changes something."""
    return [
        [
            request("POST", f"/Conferences/{room}/Participants/{call_sid}.json", form)
            for form in (b"Muted=true", b"Muted=false")
            for call_sid in participants[first::CONNECTIONS]
        ]
        for first in range(CONNECTIONS)
    ]


async def measure(effort: Effort, folder: Path) -> dict[str, dict[str, Figure]]:
    async with server() as (ours, room, participants):
        requests = {
            LIST: [[request("GET", f"/Conferences/{room}/Participants.json")]] * CONNECTIONS,
            UPDATE: updates(room, participants),
        }
        files = []
        for name, of_connections in requests.items():
            files.append(folder / name)
            files[-1].write_bytes(await answer(ours, of_connections[0][-1]))
        async with server(*map(str, files)) as (theirs,):
            taken: dict[str, dict[str, list[float]]] = {name: {OURS: [], AIOHTTP: []} for name in requests}
            for round_ in range(-1, effort.rounds):
                for name, of_connections in requests.items():
                    for rival, port in ((OURS, ours), (AIOHTTP, theirs)):
                        speed = await per_second(port, of_connections, effort.requests)
                        if round_ >= 0:  # the first one warms up
                            taken[name][rival].append(speed)
    return {name: {rival: Figure(tuple(speeds)) for rival, speeds in of.items()} for name, of in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer requests and rounds")
    parser.add_argument("--once", action="store_true", help="one tiny round, to see that it starts; nothing is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        speeds = asyncio.run(measure(ONCE if options.once else QUICK if options.quick else FULL, Path(folder)))
    compared = {name: ratio(of[OURS], of[AIOHTTP]) for name, of in speeds.items()}
    print_table(
        f"REST requests, {CONNECTIONS} at once",
        ["request", OURS, AIOHTTP, "ours is times as fast", "spread"],
        [
            [
                name,
                *(f"{figure.median:,.0f}/s ± {figure.spread / 2:.0%}" for figure in of.values()),
                f"{compared[name].median:.2f}",
                f"± {compared[name].spread / 2:.0%}",
            ]
            for name, of in speeds.items()
        ],
    )
    if not options.once:
        results = {
            name: {rival: figure.as_json() for rival, figure in of.items()} | {"ratio": compared[name].as_json()}
            for name, of in speeds.items()
        }
        print(f"written to {write_json('rest_participants', results)}")


if __name__ == "__main__":
    main()
