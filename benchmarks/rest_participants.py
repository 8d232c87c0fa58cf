"""The REST API: the list of 50 participants, and an update that mutes or unmutes one, 16 requests at once.

The peer is a bare aiohttp handler that returns the same bytes: no login, no checking, no room, no database. Each server has a
process and a core of its own, the other core is the client's, which writes ready-made requests to kept connections and looks
at nothing but lengths. The processor's time of a request is of the same requests, of all threads of the server.

``python -m benchmarks.rest_participants [--quick] [--once]``
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import re
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .findings import Efforts, Line, at_least, run
from .measure import Figure, cpu_seconds, pin

AIOHTTP = "bare aiohttp handler"
LIST, UPDATE = "list of 50 participants", "participant update"
CONNECTIONS = 16
REACH = at_least(0.6)
SERVER_CORE, CLIENT_CORE = 0, 1

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, and requests in one measure."""

    rounds: int
    requests: int


EFFORTS = Efforts(full=Effort(7, 2000), quick=Effort(3, 400), once=Effort(1, 64))


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


@dataclass(frozen=True, slots=True, eq=False)
class Server:
    """One of the rivals: its process, and what it has said of itself, first its port."""

    process: int
    told: Sequence[Any]

    @property
    def port(self) -> int:
        return int(self.told[0])


@contextlib.asynccontextmanager
async def server(*module_and_arguments: str) -> AsyncIterator[Server]:
    """Run a server in a process of its own, on its core."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", *module_and_arguments, stdout=PIPE)
    try:
        assert process.stdout is not None
        told = json.loads(await process.stdout.readline())
        pin(process.pid, SERVER_CORE)
        yield Server(process.pid, told)
    finally:
        process.kill()
        await process.wait()


@dataclass(frozen=True, slots=True)
class Account:
    """Whose room it is."""

    sid: str
    auth_token: str

    def request(self, method: str, path: str, form: bytes = b"") -> bytes:
        login = base64.b64encode(f"{self.sid}:{self.auth_token}".encode()).decode()
        head = f"{method} /2010-04-01/Accounts/{self.sid}{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {login}\r\n"
        if form:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
        return head.encode() + b"\r\n" + form

    def updates(self, room: str, participants: Sequence[str]) -> list[list[bytes]]:
        """Return for each connection: mute all participants of its own, then unmute them. So every update changes something."""
        return [
            [
                self.request("POST", f"/Conferences/{room}/Participants/{call_sid}.json", form)
                for form in (b"Muted=true", b"Muted=false")
                for call_sid in participants[first::CONNECTIONS]
            ]
            for first in range(CONNECTIONS)
        ]


async def take(rival: Server, requests: Sequence[Sequence[bytes]], count: int) -> tuple[float, float]:
    """Return how many requests were answered a second, and the µs that the server's processor has had for each."""
    began = cpu_seconds(rival.process)
    rate = await per_second(rival.port, requests, count)
    return rate, 1e6 * (cpu_seconds(rival.process) - began) / count


async def compared(ours: Server, theirs: Server, requests: dict[str, list[list[bytes]]], effort: Effort) -> list[Line]:
    rivals = (ours, theirs)
    taken: dict[tuple[str, Server], list[tuple[float, float]]] = {(name, rival): [] for name in requests for rival in rivals}
    for round_ in range(-1, effort.rounds):
        for (name, rival), of_rival in taken.items():
            found = await take(rival, requests[name], effort.requests)
            if round_ >= 0:  # the first one warms up
                of_rival.append(found)
    figures = {key: [Figure(values) for values in zip(*of_rival, strict=True)] for key, of_rival in taken.items()}
    lines = []
    for name in requests:
        (rate, seconds), (their_rate, their_seconds) = figures[name, ours], figures[name, theirs]
        lines += [
            Line(name, rate, "per second", AIOHTTP, their_rate, reach=REACH),
            Line(f"{name}: the processor's time", seconds, "µs", AIOHTTP, their_seconds),
        ]
    return lines


async def measure(effort: Effort) -> list[Line]:
    pin(os.getpid(), CLIENT_CORE)
    with tempfile.TemporaryDirectory() as folder:
        async with server("benchmarks.rest_participants_server") as ours:
            _, sid, token, room, participants = ours.told
            account = Account(sid, token)
            requests = {
                LIST: [[account.request("GET", f"/Conferences/{room}/Participants.json")]] * CONNECTIONS,
                UPDATE: account.updates(room, participants),
            }
            files = [Path(folder) / name for name in requests]
            for file, of_connections in zip(files, requests.values(), strict=True):
                file.write_bytes(await answer(ours.port, of_connections[0][-1]))
            async with server("benchmarks.rest_bare", *map(str, files)) as theirs:
                return await compared(ours, theirs, requests, effort)


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measure)
