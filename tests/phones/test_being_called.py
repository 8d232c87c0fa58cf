"""A phone that is called: by another of the same bank, and by a scripted caller that does what a phone would not."""

import asyncio
from collections.abc import Iterator
from typing import Self

import pytest

from ari_conf.phones import sdp
from ari_conf.phones.bank import PhoneBank
from ari_conf.phones.phone import CallRefusedError, Incoming
from ari_conf.phones.sip import SipPhone
from ari_conf.phones.sip_message import Address, Request, Response, Uri, parse

DEADLINE = 5.0


@pytest.fixture
def bank() -> Iterator[PhoneBank]:
    bank = PhoneBank()
    yield bank
    bank.close()


def phone(bank: PhoneBank, name: str, tone: float = 440.0, **more: object) -> SipPhone:
    return SipPhone(name, tone, server=bank.address, bank=bank, **more)  # type: ignore[arg-type]


async def connect(caller: SipPhone, callee: SipPhone) -> Incoming:
    """Let one call the other, who picks up."""
    async with asyncio.timeout(DEADLINE):
        dialling = asyncio.create_task(caller.dial(callee.number))
        incoming = await callee.ringing()
        await callee.pick_up()
        await dialling
    return incoming


async def test_a_call_is_picked_up_and_both_hear_each_other(bank: PhoneBank) -> None:
    async with (
        phone(bank, "Ann", 400, number="+4930", headers=[("X-A", "1"), ("B", "2")]) as ann,
        phone(bank, "Bob", 550) as bob,
    ):
        assert (ann.number, bob.number) == ("+4930", "bob")
        assert await connect(ann, bob) == Incoming("+4930", "bob", (("X-A", "1"),))
        to_ann, to_bob = await asyncio.gather(ann.hear(0.3), bob.hear(0.3))
        assert (to_ann.hears(550), to_ann.hears(400), to_bob.hears(400), to_bob.hears(550)) == (True, False, True, False)
        assert bob.recording().hears(400)


@pytest.mark.parametrize("who", ["caller", "callee"])
async def test_either_side_hangs_up(bank: PhoneBank, who: str) -> None:
    async with asyncio.timeout(DEADLINE), phone(bank, "Ann") as ann, phone(bank, "Bob") as bob:
        for _ in range(2):
            await connect(ann, bob)
            first, second = (ann, bob) if who == "caller" else (bob, ann)
            await first.hang_up()
            await second.wait_ended()
            with pytest.raises(RuntimeError, match="does not ring"):
                await bob.pick_up()


async def test_it_rings_until_the_caller_gives_up(bank: PhoneBank) -> None:
    async with asyncio.timeout(DEADLINE), phone(bank, "Ann") as ann, phone(bank, "Bob") as bob:
        dialling = asyncio.create_task(ann.dial("bob"))
        await bob.ringing()
        while not ann.hears_ringing:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert not dialling.done()
        await ann.hang_up()
        with pytest.raises(CallRefusedError, match="487"):
            await dialling
        await bob.wait_ended()
        waiting = asyncio.create_task(bob.ringing())
        await asyncio.sleep(0)
        assert not waiting.done()
        again = asyncio.create_task(ann.dial("bob"))
        assert (await waiting).from_ == "ann"
        await bob.pick_up()
        await again


@pytest.mark.parametrize("status", [404, 486, 499, 503, 603])
async def test_a_call_is_refused(bank: PhoneBank, status: int) -> None:
    async with asyncio.timeout(DEADLINE), phone(bank, "Ann") as ann, phone(bank, "Bob") as bob:
        dialling = asyncio.create_task(ann.dial("bob"))
        await bob.ringing()
        await bob.refuse(status)
        with pytest.raises(CallRefusedError) as refused:
            await dialling
        assert refused.value.status == status
        await bob.wait_ended()


async def test_a_phone_that_hangs_up_while_it_rings_is_busy(bank: PhoneBank) -> None:
    async with asyncio.timeout(DEADLINE), phone(bank, "Ann") as ann, phone(bank, "Bob") as bob:
        dialling = asyncio.create_task(ann.dial("bob"))
        await bob.ringing()
        await bob.hang_up()
        with pytest.raises(CallRefusedError, match="486"):
            await dialling


async def test_a_phone_in_a_call_is_busy_and_a_number_that_nobody_has_is_not_found(bank: PhoneBank) -> None:
    async with phone(bank, "Ann") as ann, phone(bank, "Bob") as bob, phone(bank, "Cid") as cid:
        await connect(ann, bob)
        for number, status in (("bob", 486), ("ann", 486), ("nobody", 404)):
            with pytest.raises(CallRefusedError) as refused:
                await cid.dial(number)
            assert refused.value.status == status


async def test_the_latest_phone_has_a_number(bank: PhoneBank) -> None:
    async with phone(bank, "Ann") as ann, phone(bank, "Old", number="7"), phone(bank, "New", number="7") as new:
        await connect(ann, new)


async def test_keys_are_heard_on_both_sides(bank: PhoneBank) -> None:
    async with phone(bank, "Ann") as ann, phone(bank, "Bob") as bob:
        assert ann.keys_heard == ""
        await connect(ann, bob)
        for key in "1155*":
            await ann.press(key)
        await bob.press("#")
        async with asyncio.timeout(DEADLINE):
            while (ann.keys_heard, bob.keys_heard) != ("#", "1155*"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await ann.hang_up()
        assert ann.keys_heard == "#"
        await bob.wait_ended()
        await connect(ann, bob)
        assert (ann.keys_heard, bob.keys_heard) == ("", "")


class Script(asyncio.DatagramProtocol):
    """A caller in raw SIP: sends what the test says, and keeps every message that comes."""

    def __init__(self, to: tuple[str, int]) -> None:
        self.to = to
        self.responses: asyncio.Queue[Response] = asyncio.Queue()
        self.requests: asyncio.Queue[Request] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self.transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self.port = self.transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        del addr
        message = parse(data)
        (self.responses if isinstance(message, Response) else self.requests).put_nowait(message)  # type: ignore[arg-type]

    def send(self, method: str, number: int, *, user: str = "bob", tag: str = "", body: bytes = b"", branch: str = "") -> None:
        lines = [
            f"{method} {Uri(*self.to, user)} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch or f'z9hG4bK{number}{method}'}",
            "From: <sip:script@127.0.0.1>;tag=script",
            f"To: <sip:{user}@127.0.0.1>" + (f";tag={tag}" if tag else ""),
            "Call-ID: scripted",
            f"CSeq: {number} {method}",
            f"Contact: <sip:script@127.0.0.1:{self.port}>",
            f"Content-Length: {len(body)}",
        ]
        self.transport.sendto("\r\n".join([*lines, "", ""]).encode() + body, self.to)

    async def status(self, wanted: int) -> Response:
        """Wait for a response with this status."""
        async with asyncio.timeout(DEADLINE):
            while (response := await self.responses.get()).status != wanted:
                pass
        return response


OFFER = sdp.offer(sdp.LocalAudio("127.0.0.1", 9, 1, 1))


async def test_the_answer_is_repeated_until_it_is_acknowledged(bank: PhoneBank) -> None:
    async with Script(bank.address) as script, phone(bank, "Bob") as bob:
        script.send("INVITE", 1, body=OFFER)
        assert (await script.status(180)).to.parameters["tag"]
        script.send("INVITE", 1, body=OFFER)
        await script.status(180)
        picking_up = asyncio.create_task(bob.pick_up())
        tag = (await script.status(200)).to.parameters["tag"]
        again = await script.status(200)
        assert (again.to.parameters["tag"], sdp.parse_sdp(again.body).port != 0) == (tag, True)
        assert not picking_up.done()
        script.send("ACK", 1, tag=tag)
        async with asyncio.timeout(DEADLINE):
            await picking_up
        script.send("OPTIONS", 2, tag=tag)
        await script.status(200)
        script.send("INVITE", 3, tag=tag, body=OFFER.replace(b"sendrecv", b"sendonly"))
        answer = await script.status(200)
        assert sdp.parse_sdp(answer.body).direction == "recvonly"
        script.send("ACK", 3, tag=tag)
        hanging_up = asyncio.create_task(bob.hang_up())
        async with asyncio.timeout(DEADLINE):
            bye = await script.requests.get()
            assert (bye.method, Address.parse(bye.headers["To"]).parameters["tag"]) == ("BYE", "script")
            script.transport.sendto(bye.reply(200, "OK").encode(), script.to)
            await hanging_up


async def test_requests_that_belong_to_no_call(bank: PhoneBank) -> None:
    async with Script(bank.address) as script, phone(bank, "Bob"):
        script.send("OPTIONS", 1)
        await script.status(200)
        script.send("BYE", 2)
        await script.status(481)
        script.send("CANCEL", 3)
        await script.status(481)


async def test_a_call_without_audio_that_it_knows_is_refused(bank: PhoneBank) -> None:
    async with Script(bank.address) as script, phone(bank, "Bob"):
        script.send("INVITE", 1, body=OFFER.replace(b"RTP/AVP 0", b"RTP/AVP 8"))
        await script.status(488)


async def test_a_new_offer_while_it_rings_has_to_wait(bank: PhoneBank) -> None:
    async with Script(bank.address) as script, phone(bank, "Bob") as bob:
        script.send("INVITE", 1, body=OFFER)
        tag = (await script.status(180)).to.parameters["tag"]
        script.send("INVITE", 2, tag=tag, body=OFFER)
        await script.status(491)
        script.send("CANCEL", 1, branch="z9hG4bK1INVITE")
        await script.status(487)
        script.send("ACK", 1, tag=tag, branch="z9hG4bK1INVITE")
        async with asyncio.timeout(DEADLINE):
            await bob.wait_ended()
