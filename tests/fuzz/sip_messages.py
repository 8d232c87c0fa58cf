"""SIP as our phones read it: any datagram is a message, or is refused by the one error that says so; the phones go on."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

from ari_conf.phones.bank import PhoneBank
from ari_conf.phones.digest import parse_challenge
from ari_conf.phones.sdp import LocalAudio, answer, parse_sdp
from ari_conf.phones.sip import SipPhone
from ari_conf.phones.sip_message import Address, Request, Response, SipParseError, Uri, parse

from .target import HERE, Check, Target

_LARGEST_DATAGRAM = 65_507
_AUDIO = LocalAudio("127.0.0.1", 4000, 1, 1)


def check_message(data: bytes) -> None:
    """Read everything that can be read of a message, and write it again."""
    with contextlib.suppress(SipParseError):
        answer(_AUDIO, parse_sdp(data))
    with contextlib.suppress(SipParseError):
        _check(parse(data))


def _check(message: Request | Response) -> None:
    wholes: list[Callable[[], Any]] = [
        lambda: message.call_id,
        lambda: message.cseq,
        lambda: message.branch,
        lambda: answer(_AUDIO, parse_sdp(message.body)),
        lambda: parse_challenge(message.headers["WWW-Authenticate"]),
    ]
    for read in wholes:
        with contextlib.suppress(SipParseError):
            read()
    for name in ("From", "To", "Contact", "Route", "Record-Route", "Via"):
        for value in message.headers.all(name):
            address = Address.parse(value)
            assert "\n" not in str(address)
            with contextlib.suppress(SipParseError):
                uri = Uri.parse(address.uri)
                assert Uri.parse(str(uri)) == Uri.parse(str(Uri.parse(str(uri))))
                assert uri.port is None or uri.port <= 65_535
    assert parse(message.encode()).body == message.body
    if isinstance(message, Request):
        reply = parse(message.reply(200, "OK", tag="tag").encode())
        assert reply.call_id == message.call_id


class _Listening:
    """A phone that can be called, and somebody beside it who sends datagrams."""

    def __init__(self, bank: PhoneBank, ours: socket.socket) -> None:
        self._bank = bank
        self._ours = ours
        self._phone = SipPhone("Ann", 400.0, number="ann", bank=bank)
        self._count = 0
        self.faults: list[str] = []

    async def check(self, data: bytes) -> None:
        """Send it to the phone; whatever it was, the next message is answered."""
        check_message(data)
        loop = asyncio.get_running_loop()
        if len(data) <= _LARGEST_DATAGRAM:
            await loop.sock_sendto(self._ours, data, self._bank.address)
        self._count += 1
        call_id = f"are-you-there-{self._count}"
        await loop.sock_sendto(self._ours, _options(call_id), self._bank.address)
        while call_id.encode() not in await loop.sock_recv(self._ours, 65_535):
            pass
        await self._phone.hang_up()
        faults, self.faults = self.faults, []
        assert not faults, faults


def _options(call_id: str) -> bytes:
    lines = [
        "OPTIONS sip:ann@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{call_id}",
        "From: <sip:a@h>;tag=a",
    ]
    return "\r\n".join([*lines, "To: <sip:ann@h>", f"Call-ID: {call_id}", "CSeq: 1 OPTIONS", "", ""]).encode()


@contextlib.asynccontextmanager
async def _open() -> AsyncIterator[Check]:
    bank = PhoneBank()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", 0))
        ours.setblocking(False)  # noqa: FBT003 - its only parameter
        listening = _Listening(bank, ours)

        async def watch() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _loop, told: listening.faults.append(str(told)))

        await bank.run(watch())
        try:
            yield listening.check
        finally:
            bank.close()


TARGET = Target("sip_messages", HERE / "corpus/sip_messages", _open, examples=1000)
