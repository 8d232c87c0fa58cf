"""SIP callers whom nobody knows: what the production profile, and what the development profile, lets them reach."""

import asyncio
import base64
import socket

import aiohttp
import pytest

from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from ari_conf.settings import NumberSettings
from tests.private_asterisk.caller import Caller
from tests.private_asterisk.controller import Controller
from tests.stage import TONES, set_stage, within_deadline

NAMES = ["stranger", "anonymous", "outgoing", "trunk", "1001", "phone", "leg", "ari_conf", "*", "%31%30%30%31", "ari_conf~"]


async def test_production_lets_no_stranger_in_whatever_the_name() -> None:
    async with PrivateAsterisk(ensure_installed(print), profile="production") as asterisk, Controller(asterisk) as controller:
        for name in NAMES:
            async with Caller(asterisk.sip_host, asterisk.sip_port, "room", name=name) as caller:
                assert await caller.status() in {400, 401, 403}, name
        for dialled in ("confbridge-room", "h", "T", "room,args", "Local/1"):
            async with Caller(asterisk.sip_host, asterisk.sip_port, dialled, name="1002") as caller:
                assert await caller.status() in {400, 401, 403, 404}, dialled
        assert await controller.get("channels") == []
        endpoints = {endpoint["resource"] for endpoint in await controller.get("endpoints/PJSIP")}
        assert "anonymous" not in endpoints


async def test_a_stranger_in_development_reaches_the_controller_and_nothing_else(asterisk: PrivateAsterisk) -> None:
    async with Controller(asterisk) as controller:
        for dialled in ("room", "1001", "PJSIP%2F1001", "Local%2F1", "%24%7BSHELL(id)%7D", "a%2Cb"):
            async with Caller(asterisk.sip_host, asterisk.sip_port, dialled):
                channel = (await controller.next("StasisStart"))["channel"]
                assert channel["dialplan"]["app_name"] == "Stasis"
                assert len(await controller.get("channels")) == 1
                await controller.hang_up(channel["id"])


async def test_headers_of_a_caller_choose_no_account_and_no_number(asterisk: PrivateAsterisk) -> None:
    headers = [
        ("X-Twilio-AccountSid", "AC" + "f" * 32),
        ("X-AccountSid", "AC" + "f" * 32),
        ("X-To", "secret-room"),
        ("X-From", "+15550100"),
        ("X-call_id", "evil"),
        ("P-Asserted-Identity", "<sip:boss@127.0.0.1>"),
        ("Diversion", "<sip:boss@127.0.0.1>"),
    ]
    number = NumberSettings(match="room", twiml="<Response><Dial><Conference>{{To}}</Conference></Dial></Response>")
    async with set_stage(asterisk, number) as stage:
        phone = SipPhone("ann", TONES["ann"], number="ann", server=(asterisk.sip_host, asterisk.sip_port), headers=headers)
        stage.guests.append(phone)
        await within_deadline(phone.dial("room"))
        await stage.until(lambda: len(stage.controller.rooms.conferences) == 1)
        (room,) = stage.controller.rooms.conferences
        (call,) = stage.controller.switchboard.calls
        assert (room.friendly_name, room.account_sid, call.from_, call.to) == ("room", "AC" + "0" * 32, "ann", "room")
        assert call.parameters["SipHeader_X-AccountSid"] == "AC" + "f" * 32
        assert not {"AccountSid", "To", "From", "CallSid"} & call.parameters.keys()


async def test_what_no_number_matches_is_rejected(asterisk: PrivateAsterisk) -> None:
    number = NumberSettings(match="1*", twiml="<Response><Hangup/></Response>")
    async with set_stage(asterisk, number), Caller(asterisk.sip_host, asterisk.sip_port, "room") as caller:
        assert await caller.status() >= 400


async def test_ari_and_sip_are_on_loopback_and_ari_wants_the_password(asterisk: PrivateAsterisk) -> None:
    assert asterisk.ari_url.startswith("http://127.0.0.1:")
    assert asterisk.sip_host == "127.0.0.1"
    async with aiohttp.ClientSession() as session:
        for headers in ({}, _login("ari_conf:"), _login("ari_conf:development"), _login("\xff:\xff")):
            for path in ("/ari/channels", "/ari/applications", "/ari/asterisk/info", "/ari/events?app=x"):
                async with session.get(asterisk.ari_url + path, headers=headers) as answer:
                    assert answer.status == 401, path
            for path in ("/", "/httpstatus", "/static/x", "/amanager", "/manager"):
                async with session.get(asterisk.ari_url + path, headers=headers) as answer:
                    assert answer.status in {401, 404}, path
    port = int(asterisk.ari_url.rpartition(":")[2])
    others = await asyncio.to_thread(_addresses_of_this_machine)
    for address in others:
        with pytest.raises(OSError, match=r"refused|unreachable|assign"):
            await asyncio.open_connection(address, port)


def _login(credentials: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(credentials.encode('latin-1')).decode()}"}


def _addresses_of_this_machine() -> set[str]:
    found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    return {str(entry[4][0]) for entry in found if not str(entry[4][0]).startswith("127.") and entry[4][0] != "::1"}


async def test_a_call_to_asterisk_itself_comes_in_as_a_stranger(asterisk: PrivateAsterisk) -> None:
    """In development that is allowed to anybody; what matters is that it gets no more than a stranger does."""
    twiml = f"<Response><Dial timeout='5'><Sip>sip:nowhere@{asterisk.sip_host}:{asterisk.sip_port}</Sip></Dial></Response>"
    async with set_stage(asterisk, NumberSettings(match="room", twiml=twiml)) as stage:
        phone = stage.phone("ann")
        await phone.dial("room")
        await stage.until(lambda: not stage.controller.switchboard.calls)
        assert not stage.controller.rooms.conferences


async def test_a_call_to_asterisk_itself_is_refused_in_production() -> None:
    async with PrivateAsterisk(ensure_installed(print), profile="production") as asterisk, Controller(asterisk) as controller:
        for name in ("1001", "outgoing", "stranger"):
            place = f"PJSIP/outgoing/sip:room@{asterisk.sip_host}:{asterisk.sip_port}"
            await controller.post(
                f"channels/create?endpoint={place}&app=ari_conf&channelId=out-{name}"
                f"&variables=%7B%22CONNECTEDLINE(num,i)%22:%22{name}%22%7D"
            )
            await controller.next("StasisStart")
            await controller.post(f"channels/out-{name}/dial?timeout=5")
            ended = await controller.next("ChannelDestroyed")
            assert ended["channel"]["id"] == f"out-{name}"
            assert ended["channel"]["state"] != "Up"
