"""SIP: whatever an INVITE says, the call is served or refused, and the application is told nothing that is not so."""

import asyncio
import contextlib
import random
import re
import secrets
from collections.abc import AsyncIterator
from typing import Final

from ari_conf.phones import sdp
from ari_conf.phones.sip_message import Response, SipParseError, parse
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from tests.app_server import AppRequest
from tests.stage import ACCOUNT, Stage, nothing_in, set_stage, until

from .mutation import Pool, mutated_bytes
from .target import HERE, Check, Target

_AT_ONCE: Final = 6
"""So many calls a mutant has."""

_SILENT_FOR: Final = 1.0
"""Seconds after which a request that Asterisk has not answered is taken for one that it has thrown away as no SIP."""

_ENDS_WITHIN: Final = 10.0
_LARGEST_DATAGRAM: Final = 60_000

_STANDARD: Final = frozenset({
    "AccountSid", "ApiVersion", "Called", "Caller", "CallerName", "CallSid", "CallStatus", "Direction", "ForwardedFrom", "From",
    "SipCallId", "SipDomain", "SipSourceIp", "To",
})  # fmt: skip
_VALUES: Final = {
    "CallSid": re.compile(r"CA[0-9a-f]{32}"),
    "AccountSid": re.compile(ACCOUNT.sid),
    "CallStatus": re.compile("ringing"),
    "ApiVersion": re.compile("2010-04-01"),
    "Direction": re.compile("inbound"),
    "SipSourceIp": re.compile(r"127\.0\.0\.1|"),
}
_PLAIN: Final = (
    b"INVITE sip:room@{server} SIP/2.0\nFrom: <sip:+15550100@127.0.0.1>;tag={id}\nTo: <sip:room@{server}>\nCall-ID: {id}"
)
"""A call in which nothing is wrong, beside the others."""

_WITNESS: Final = "SipHeader_X-Witness"
_TWIML: Final = '<Response><Dial><Conference beep="false" waitUrl="">Room</Conference></Dial></Response>'


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        del addr
        self.received.put_nowait(data)


class _Caller:
    """One call whose headers are bytes; ``witness`` stands in a header of its own."""

    def __init__(self, server: tuple[str, int], headers: bytes) -> None:
        self.witness = secrets.token_hex(8)
        self._server = server
        self._given = headers

    async def call(self) -> int:
        """Call and hang up; return the final status, 0 if nobody answers at all."""
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_datagram_endpoint(_Datagrams, local_addr=("127.0.0.1", 0))
        try:
            invite = self._invite(transport.get_extra_info("sockname")[1])
            transport.sendto(invite, self._server)
            try:
                answer = await self._final(protocol)
            except TimeoutError:
                return 0
            transport.sendto(_next(invite, answer, "ACK", 1), self._server)
            if answer.status < 300:
                transport.sendto(_next(invite, answer, "BYE", 2), self._server)
                with contextlib.suppress(TimeoutError):
                    await self._final(protocol, "BYE")
            return answer.status
        finally:
            transport.close()

    async def _final(self, protocol: _Datagrams, method: str = "INVITE") -> Response:
        patience = _SILENT_FOR
        while True:
            async with asyncio.timeout(patience):
                datagram = await protocol.received.get()
            patience = _ENDS_WITHIN
            # What comes back of the bytes that we have sent need not be a message that we can read.
            with contextlib.suppress(SipParseError):
                message = parse(datagram)
                if isinstance(message, Response) and message.status >= 200 and message.cseq[1] == method:
                    return message

    def _invite(self, port: int) -> bytes:
        first, *given = self._given.replace(b"{server}", b"%b:%d" % (self._server[0].encode(), self._server[1])).split(b"\n")
        body = sdp.offer(sdp.LocalAudio("127.0.0.1", port, 1, 1))
        own = [
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{self.witness}",
            "Max-Forwards: 70",
            "CSeq: 1 INVITE",
            f"Contact: <sip:fuzz@127.0.0.1:{port}>",
            f"X-Witness: {self.witness}",
        ]
        lines = [first.strip(b"\r"), *(line.encode() for line in own), *(line for line in given if line.strip())]
        lines += [b"Content-Type: application/sdp", b"Content-Length: %d" % len(body)]
        # A call of its own, though the corpus has the same Call-ID each time.
        return b"\r\n".join(lines).replace(b"{id}", self.witness.encode()) + b"\r\n\r\n" + body


def _next(invite: bytes, answer: Response, method: str, cseq: int) -> bytes:
    """Make the next request of the same dialog, with the bytes of the first."""
    head = invite.partition(b"\r\n\r\n")[0]
    head = re.sub(rb"^\S+", method.encode(), head, count=1)
    head = head.replace(b"\r\nCSeq: 1 INVITE", b"\r\nCSeq: %d %b" % (cseq, method.encode()), 1)
    head = re.sub(rb"\r\nContent-(?:Type|Length):[^\r\n]*", b"", head)
    head = re.sub(
        rb"\r\n(?:To|t) *:[^\r\n]*", lambda _: b"\r\nTo: " + answer.headers["To"].encode(), head, count=1, flags=re.IGNORECASE
    )
    if cseq > 1:
        head = head.replace(b"z9hG4bK", b"z9hG4bKb", 1)
    return head + b"\r\nContent-Length: 0\r\n\r\n"


class _World:
    def __init__(self, stage: Stage, asterisk: PrivateAsterisk) -> None:
        self._stage = stage
        self._asterisk = asterisk

    async def check(self, data: bytes) -> None:
        """Call with each of the blocks of headers at once, which a line of ``--`` stands between."""
        server = (self._asterisk.sip_host, self._asterisk.sip_port)
        blocks = [block for block in data.split(b"\n--\n") if len(block) < _LARGEST_DATAGRAM]
        callers = [_Caller(server, block) for block in (_PLAIN, *blocks)]
        self._stage.app.requests.clear()
        statuses = await asyncio.gather(*(caller.call() for caller in callers))
        switchboard = self._stage.controller.switchboard
        # Calls that were served and whose BYE was understood by nobody.
        for call in switchboard.calls:
            await self._stage.controller.engine.hang_up(call.sid)
        await until(lambda: not switchboard.calls)
        await nothing_in(self._asterisk)
        requests = {request.params[_WITNESS]: request for request in self._stage.app.requests if _WITNESS in request.params}
        assert (statuses[0], callers[0].witness in requests) == (200, True), "another call was not served"
        for caller, status in zip(callers, statuses, strict=True):
            assert status == 0 or 200 <= status <= 699, status
            if status == 200:
                assert caller.witness in requests or not self._witnesses(caller), (status, caller._given)
        for request in self._stage.app.requests:
            _check_request(request)
        assert not self._stage.app.bad_signatures, self._stage.app.bad_signatures

    @staticmethod
    def _witnesses(caller: _Caller) -> bool:
        """Tell whether its headers leave room for the one that the application is to be told."""
        return len(caller._given) < 1000


def _check_request(request: AppRequest) -> None:
    """See that each parameter is one that there is, says what it can say, and is text."""
    for name, value in request.params.items():
        assert name in _STANDARD or re.fullmatch(r"SipHeader_[Xx]-[A-Za-z0-9_.-]{1,100}", name), (name, value)
        assert value.isprintable(), (name, value)
        value.encode()
    for name, pattern in _VALUES.items():
        assert pattern.fullmatch(request.params.get(name, "")), (name, request.params)


def mutated_calls(rng: random.Random, data: bytes, pool: Pool) -> bytes:
    """Return several calls, each damaged."""
    calls = [data, *(rng.choice(pool.inputs) for _ in range(_AT_ONCE - 1))]
    return b"\n--\n".join(_damaged(rng, call.split(b"\n--\n")[0], pool) for call in calls)


def _damaged(rng: random.Random, call: bytes, pool: Pool) -> bytes:
    """Damage the headers, mostly what stands in one of them."""
    lines = call.split(b"\n")
    at = rng.randrange(len(lines))
    if rng.random() < 0.2:
        return mutated_bytes(rng, call, pool)
    name, colon, value = lines[at].partition(b":") if at else (b"", b"", lines[at])
    lines[at] = name + colon + mutated_bytes(rng, value, pool)
    return b"\n".join(lines)


@contextlib.asynccontextmanager
async def world_on(asterisk: PrivateAsterisk) -> AsyncIterator[Check]:
    """Make the world on an Asterisk that there is."""
    async with set_stage(asterisk) as stage:
        stage.answer(_TWIML)
        yield _World(stage, asterisk).check


@contextlib.asynccontextmanager
async def _open() -> AsyncIterator[Check]:
    async with PrivateAsterisk(ensure_installed(print), keep_seconds=3) as asterisk, world_on(asterisk) as check:
        yield check


TARGET = Target("sip_calls", HERE / "corpus/sip_calls", _open, examples=6, mutate=mutated_calls)
