"""SIP URIs whose host asks for a user name and a password."""

import asyncio
import contextlib
import logging
import time

import pytest

from ari_conf.media.asterisk.accounts import Accounts
from ari_conf.media.asterisk.dial_strings import DialStrings
from ari_conf.media.asterisk.errors import AriRefusedError
from ari_conf.media.port import CallAnswered, EngineError, OutgoingCall, Unanswered
from ari_conf.phones.digest import Challenge, digest_response, fields
from ari_conf.phones.sip_message import Request
from ari_conf.sids import SidKind, new_sid
from tests.phones.sip_server import SipServer

from .outside import Outside
from .scene import DEADLINE, Scene, within_deadline

CHALLENGE = Challenge("host", "n0nce", "MD5", "auth", None)


def asking(server: SipServer, request: Request) -> None:
    """Take calls of joe with the password "se;cr et"."""
    given = request.headers.get("Authorization")
    if request.method == "INVITE" and given is None:
        server.reply(request, 401, "Who", ("WWW-Authenticate", 'Digest realm="host", nonce="n0nce", qop="auth"'))
    elif request.method == "INVITE" and given is not None:
        values = fields(given.removeprefix("Digest "))
        right = digest_response(
            CHALLENGE, "joe", "se;cr et", method="INVITE", uri=request.uri, count=values["nc"], cnonce=values["cnonce"]
        )
        if values["response"] == right:
            server.answer(request)
        else:
            server.reply(request, 403, "Forbidden")
    elif request.method != "ACK":
        server.reply(request, 200, "OK")


def to(server: SipServer) -> str:
    return "sip:room@{}:{}?X-Order=1".format(*server.address)


async def exists(scene: Scene, account: str) -> bool:
    """Tell whether Asterisk knows an account. Its list of endpoints goes on with those that a SIP message still refers to."""
    for kind in ("endpoint", "auth"):
        with contextlib.suppress(AriRefusedError):
            await scene.engine._link.call("asterisk", "getObject", configClass="res_pjsip", objectType=kind, id=account)
            return True
    return False


async def test_a_challenge_is_answered_and_the_account_is_gone_after_the_call(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outside = Outside(scene)
    async with SipServer(asking) as server:
        sid = await outside.place("bob", to(server), username="joe", password="se;cr et")
        assert await scene.event(CallAnswered) == CallAnswered(sid)
        assert (await server.got("INVITE", 2)).headers["X-Order"] == "1"
        account = f"ari_conf~ari_conf~account-{sid}"
        assert await exists(scene, account)
        await scene.engine.hang_up(sid)
        await server.got("BYE")
        assert (await outside.ended("bob")).unanswered is None
    gives_up = time.monotonic() + DEADLINE
    while await exists(scene, account):
        assert time.monotonic() < gives_up
        await asyncio.sleep(0.02)
    assert "updateObject" in caplog.text
    assert "cr et" not in caplog.text
    assert "cr+et" not in caplog.text


async def test_a_wrong_password_and_none_are_failures(scene: Scene) -> None:
    outside = Outside(scene)
    async with SipServer(asking) as server:
        await outside.place("bob", to(server), username="joe", password="wrong")
        ended = await outside.ended("bob")
        assert (ended.unanswered, ended.sip_status) == (Unanswered.FAILED, 403)
    async with SipServer(asking) as server:
        await outside.place("bob", to(server))
        ended = await outside.ended("bob")
        assert (ended.unanswered, ended.sip_status) == (Unanswered.FAILED, 401)


async def test_an_account_needs_an_endpoint_to_be_made_after(scene: Scene) -> None:
    call = OutgoingCall(
        call_sid=new_sid(SidKind.CALL), to="sip:a@127.0.0.1:9", caller_id="", timeout=5, username="joe", password="secret"
    )
    scene.engine._outgoing._dial_strings = DialStrings(sip="PJSIP/elsewhere/{uri}")
    with pytest.raises(EngineError, match="there has to be an endpoint elsewhere") as refused:
        await scene.engine.place(call)
    assert "secret" not in str(refused.value)
    scene.engine._outgoing._dial_strings = DialStrings(sip="PJSIP/{uri}")
    with pytest.raises(EngineError, match="has to be PJSIP/<endpoint>"):
        await scene.engine.place(call)


async def test_what_an_earlier_life_has_left_is_removed_at_the_start(scene: Scene) -> None:
    account = "ari_conf~ari_conf~account-CA1"
    await Accounts(scene.engine._link).make(account, "outgoing", "joe", "secret")
    assert await exists(scene, account)
    await scene.engine.stop()
    await within_deadline(scene.engine.start())
    assert not await exists(scene, account)
