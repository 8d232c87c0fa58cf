import asyncio
import socket
from typing import Any

import pytest

from ari_conf.phones import sdp
from ari_conf.phones.digest import Challenge, digest_response, fields
from ari_conf.phones.phone import CallRefusedError
from ari_conf.phones.sip import SipPhone
from ari_conf.phones.sip_message import Request

from .sip_server import SipServer

T1 = 0.02


def answering(server: SipServer, request: Request) -> None:
    """What a well-behaved server does."""
    if request.method == "INVITE":
        server.reply(request, 100, "Trying")
        server.answer(request)
    elif request.method != "ACK":
        server.reply(request, 200, "OK")


def phone_for(server: SipServer, **more: Any) -> SipPhone:
    return SipPhone("Ann Other", 440, server=server.address, t1=T1, **more)


async def test_a_call_is_answered_acknowledged_and_ended() -> None:
    async with asyncio.timeout(5), SipServer(answering) as server, phone_for(server) as phone:
        await phone.dial("Room 1234")
        invite, ack = await server.got("INVITE"), await server.got("ACK")
        assert invite.uri == "sip:Room%201234@{}:{}".format(*server.address)
        assert invite.from_.display == "Ann Other"
        assert ack.cseq[0] == invite.cseq[0]
        assert ack.branch != invite.branch
        assert ack.uri == "sip:room@{}:{}".format(*server.address)
        await phone.hang_up()
        bye = await server.got("BYE")
        assert bye.to.parameters["tag"] == "server"
        assert bye.cseq[0] > invite.cseq[0]
        await phone.hang_up()
        await phone.wait_ended()
        assert len([request for request in server.requests if request.method == "BYE"]) == 1


async def test_a_whole_uri_can_be_dialled_and_the_number_is_the_callers() -> None:
    async with SipServer(answering) as server, phone_for(server, number="+4930") as phone:
        await phone.dial("sip:else@where.example;x=y")
        invite = await server.got("INVITE")
        assert (invite.uri, invite.from_.uri) == ("sip:else@where.example;x=y", "sip:+4930@127.0.0.1")


@pytest.mark.parametrize(("status", "reason"), [(486, "Busy Here"), (404, "Not Found"), (603, "Decline"), (302, "Moved")])
async def test_a_refusal_has_its_status_and_is_acknowledged_in_its_transaction(status: int, reason: str) -> None:
    def refusing(server: SipServer, request: Request) -> None:
        if request.method == "INVITE":
            server.reply(request, status, reason)

    async with SipServer(refusing) as server, phone_for(server) as phone:
        with pytest.raises(CallRefusedError, match=reason) as refused:
            await phone.dial("room")
        assert refused.value.status == status
        ack = await server.got("ACK")
        assert (ack.branch, ack.to.parameters["tag"]) == (server.requests[0].branch, "server")
        server.reply(server.requests[0], status, reason)
        await server.got("ACK", 2)
        await phone.wait_ended()


@pytest.mark.parametrize(
    ("status", "asks", "answers"),
    [(401, "WWW-Authenticate", "Authorization"), (407, "Proxy-Authenticate", "Proxy-Authorization")],
)
async def test_a_challenge_is_answered_with_a_digest(status: int, asks: str, answers: str) -> None:
    challenge = Challenge("asterisk", "n0nce", "MD5", "auth", "op")

    def asking(server: SipServer, request: Request) -> None:
        given = request.headers.get(answers)
        if request.method == "INVITE" and given is None:
            server.reply(request, status, "Who", (asks, 'Digest realm="asterisk", nonce="n0nce", qop="auth", opaque="op"'))
        elif request.method == "INVITE" and given is not None:
            values = fields(given.removeprefix("Digest "))
            right = digest_response(
                challenge, "1001", "secret", method="INVITE", uri=request.uri, count=values["nc"], cnonce=values["cnonce"]
            )
            if values["response"] == right:
                server.answer(request)
            else:
                server.reply(request, 403, "Forbidden")
        else:
            answering(server, request)

    async with SipServer(asking) as server:
        async with phone_for(server, username="1001", password="secret") as phone:
            await phone.dial("room")
            first, second = await server.got("INVITE"), await server.got("INVITE", 2)
            assert second.cseq[0] == first.cseq[0] + 1
            assert second.call_id == first.call_id
        with pytest.raises(CallRefusedError) as wrong:
            await phone_for(server, username="1001", password="other").dial("room")
        assert wrong.value.status == 403
        with pytest.raises(CallRefusedError) as nobody:
            await phone_for(server).dial("room")
        assert nobody.value.status == status


async def test_requests_are_repeated_and_a_repeated_answer_is_acknowledged_again() -> None:
    def deaf_at_first(server: SipServer, request: Request) -> None:
        if len([one for one in server.requests if one.method == request.method]) >= 3:
            answering(server, request)

    async with asyncio.timeout(5), SipServer(deaf_at_first) as server, phone_for(server) as phone:
        await phone.dial("room")
        invite = await server.got("INVITE", 3)
        assert invite.branch == server.requests[0].branch
        await server.got("ACK")
        server.answer(invite)
        await server.got("ACK", 2)
        await phone.hang_up()
        await server.got("BYE", 3)


async def test_a_silent_server_is_a_408() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(CallRefusedError) as refused:
            await SipPhone("Ann", 440, server=silent.getsockname(), t1=0.002).dial("room")
    assert refused.value.status == 408


def ringing(server: SipServer, request: Request) -> None:
    """Rings until it is cancelled."""
    if request.method == "INVITE":
        server.reply(request, 180, "Ringing")
    elif request.method == "CANCEL":
        server.reply(request, 200, "OK")
        server.reply(server.requests[0], 487, "Request Terminated")
    elif request.method == "BYE":
        server.reply(request, 200, "OK")


async def test_hanging_up_before_the_answer_cancels() -> None:
    async with asyncio.timeout(5), SipServer(ringing) as server:
        phone = phone_for(server)
        dialling = asyncio.create_task(phone.dial("room"))
        await server.got("INVITE")
        await phone.hang_up()
        with pytest.raises(CallRefusedError) as refused:
            await dialling
        assert refused.value.status == 487
        cancel = await server.got("CANCEL")
        assert (cancel.branch, cancel.cseq[0]) == (server.requests[0].branch, server.requests[0].cseq[0])
        await server.got("ACK")


async def test_giving_up_on_dial_cancels() -> None:
    async with asyncio.timeout(5), SipServer(ringing) as server:
        phone = phone_for(server)
        dialling = asyncio.create_task(phone.dial("room"))
        await server.got("INVITE")
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        await server.got("CANCEL")
        await server.got("ACK")
        await phone.wait_ended()


async def test_an_answer_that_crosses_the_cancel_is_hung_up() -> None:
    def answers_when_cancelled(server: SipServer, request: Request) -> None:
        if request.method == "CANCEL":
            server.answer(server.requests[0])
        else:
            ringing(server, request)

    async with asyncio.timeout(5), SipServer(answers_when_cancelled) as server:
        phone = phone_for(server)
        dialling = asyncio.create_task(phone.dial("room"))
        await server.got("INVITE")
        await phone.hang_up()
        with pytest.raises(CallRefusedError, match="487"):
            await dialling
        await server.got("ACK")
        await server.got("BYE")


async def test_the_far_side_hangs_up() -> None:
    async with asyncio.timeout(5), SipServer(answering) as server, phone_for(server) as phone:
        await phone.dial("room")
        bye = server.request("BYE", 1)
        await phone.wait_ended()
        assert (await server.response_to(bye)).status == 200
        server.send(bye)
        assert (await server.response_to(bye, 2)).status == 200
        heard = await phone.hear(0.1)
        assert (len(heard.samples), heard.level) == (800, 0)


async def test_a_re_invite_moves_the_audio_and_its_answer_is_repeated_until_acknowledged() -> None:
    async with asyncio.timeout(5), SipServer(answering) as server, SipServer(answering) as other, phone_for(server) as phone:
        await phone.dial("room")
        hold = sdp.offer(other.local_audio).replace(b"sendrecv", b"sendonly") + b"m=video 9 RTP/AVP 96\r\n"
        invite = server.request("INVITE", 1, ("Content-Type", "application/sdp"), body=hold)
        answer = await server.response_to(invite)
        assert (answer.status, sdp.parse_sdp(answer.body).direction) == (200, "recvonly")
        assert b"m=video 0 RTP/AVP 96" in answer.body
        await server.response_to(invite, 3)
        server.request("ACK", 1)
        resume = server.request("INVITE", 2, ("Content-Type", "application/sdp"), body=sdp.offer(other.local_audio))
        assert sdp.parse_sdp((await server.response_to(resume)).body).direction == "sendrecv"
        server.request("ACK", 2)
        other.rtp.start(sdp.parse_sdp(server.requests[0].body))
        await other.heard_something()


async def test_what_else_the_far_side_may_ask() -> None:
    async with asyncio.timeout(5), SipServer(answering) as server, phone_for(server) as phone:
        await phone.dial("room")
        bare = server.request("INVITE", 1)
        assert sdp.parse_sdp((await server.response_to(bare)).body).direction == "sendrecv"
        server.request("ACK", 1)
        for number, (method, body, call_id, status) in enumerate(
            [
                ("OPTIONS", b"", None, 200),
                ("UPDATE", sdp.offer(server.local_audio), None, 200),
                ("UPDATE", b"v=0\r\n", None, 488),
                ("REFER", b"", None, 405),
                ("BYE", b"", "another", 481),
                ("INVITE", b"", "another", 486),
                ("OPTIONS", b"", "another", 200),
            ],
            2,
        ):
            request = server.request(method, number, body=body, call_id=call_id)
            assert (await server.response_to(request)).status == status
            server.request("ACK", number)


async def test_a_phone_has_one_call_at_a_time() -> None:
    async with SipServer(answering) as server, phone_for(server) as phone:
        await phone.dial("room")
        with pytest.raises(RuntimeError, match="in a call already"):
            await phone.dial("room")


async def test_requests_in_the_dialog_take_the_recorded_route() -> None:
    async with asyncio.timeout(5), SipServer(answering) as proxy:

        def behind_a_proxy(server: SipServer, request: Request) -> None:
            if request.method == "INVITE":
                server.answer(request, ("Record-Route", "<sip:far;lr>, <sip:{}:{};lr>".format(*proxy.address)))

        async with SipServer(behind_a_proxy) as server, phone_for(server) as phone:
            await phone.dial("room")
            ack = await proxy.got("ACK")
            assert ack.headers.all("Route") == ["<sip:{}:{};lr>".format(*proxy.address), "<sip:far;lr>"]
            assert ack.uri == "sip:room@{}:{}".format(*server.address)
