"""Ten applications for the benchmark of callbacks, as cheap as possible: nine answer 204 at once, the tenth never.

``python -m benchmarks.callback_endpoints`` prints the ten ports. ``GET /`` to any answers with the seconds that each callback
has taken since the moment in its parameter ``At``, as JSON, and forgets them.
"""

import asyncio
import json
import re
import time
from functools import partial

ENDPOINTS = 10
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_AT = re.compile(rb"(?:^|&)At=([0-9.]+)")
_ACCEPTED = b"HTTP/1.1 204 No Content\r\n\r\n"

delays: list[float] = []


class Application(asyncio.Protocol):
    def __init__(self, *, hangs: bool) -> None:
        self._hangs = hangs
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._take_request():
            pass

    def _take_request(self) -> bool:
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return False
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return False
        body, self._received = rest[:size], rest[size:]
        if head.startswith(b"GET"):
            told = json.dumps(delays).encode()
            delays.clear()
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
        elif not self._hangs:
            at = _AT.search(body)
            if at:
                delays.append(time.time() - float(at[1]))
            self._transport.write(_ACCEPTED)
        return True


async def main() -> None:
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(partial(Application, hangs=number == ENDPOINTS - 1), "127.0.0.1", 0, backlog=512)
        for number in range(ENDPOINTS)
    ]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await loop.create_future()


if __name__ == "__main__":
    asyncio.run(main())
