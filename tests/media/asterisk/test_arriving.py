"""Calls as they arrive: what is told of the SIP request, ringing before the answer."""

import asyncio
from typing import Any

import pytest

from ari_conf.media.asterisk.arrivals import arrival
from ari_conf.media.port import CallArrived, CallGoneError, SipRequest
from ari_conf.phones.sip import SipPhone

from .scene import TONES, Scene, until, within_deadline


def channel(app_data: str) -> dict[str, Any]:
    return {"caller": {"number": "ann", "name": ""}, "dialplan": {"exten": "room", "app_data": app_data}}


HOSTILE = (
    "from=%22%3Csip%3Aevil%40x%3E%22%20%3Csip%3Aann%40h%3Bx%3Fy%3E%3Btag%3D1,to=sip%3Aa%40b%3Bq%3Fz,call_id=a(b,"
    "source=1.2.3.4%3A5"
)


@pytest.mark.parametrize(
    ("app_data", "sip"),
    [
        ("ari_conf", None),
        ("ari_conf,something,else=1", None),
        ("ari_conf,from=,to=", SipRequest(from_uri="", to_uri="")),
        (f"ari_conf,{HOSTILE}", SipRequest(from_uri="sip:ann@h", to_uri="sip:a@b", call_id="a(b", source_ip="1.2.3.4")),
        (
            "ari_conf,from=sip%3Aa%40h%3Btag%3D1,to=sip%3Ab,call_id=1,source=%5B2001%3Adb8%3A%3A1%5D%3A50,X-A=%FF%00%0Ab%2Cc,X-B=%4",
            SipRequest(
                from_uri="sip:a@h",
                to_uri="sip:b",
                call_id="1",
                source_ip="2001:db8::1",
                headers=(("X-A", "\ufffdb,c"), ("X-B", "%4")),
            ),
        ),
        (
            "ari_conf,from=sip%3Aa,to=sip%3Ab,call_id=1,source=%5B::1%5D,x-from=c,from=evil",
            SipRequest(from_uri="sip:a", to_uri="sip:b", call_id="1", source_ip="::1", headers=(("x-from", "c"),)),
        ),
    ],
)
def test_what_the_dialplan_hands_over(app_data: str, sip: SipRequest | None) -> None:
    assert arrival("CA1", channel(app_data)) == CallArrived("CA1", "ann", "room", sip)


async def test_a_sip_request_is_told_and_a_hostile_one_too(scene: Scene) -> None:
    headers = [
        ("X-Order", 'a, (b) ${EXTEN} %41 $[1+1] "q" ;ü'),
        ("x-empty", ""),
        ("Subject", "not told"),
        ("X-Long", "x" * 3000),
        ("X-After", "not told, after so much"),
    ]
    host, port = scene.asterisk.sip_host, scene.asterisk.sip_port
    phone = scene.phones["ann"] = SipPhone("Ann, (A)", TONES["ann"], number="ann", server=(host, port), headers=headers)
    dialling = asyncio.create_task(phone.dial(f"sip:ro%6Fm@{host}:{port};x=y"))
    arrived = await scene.event(CallArrived)
    assert (arrived.from_, arrived.to) == ("ann", "room")
    sip = arrived.sip
    assert sip is not None
    assert (sip.from_uri, sip.to_uri, sip.source_ip) == (f"sip:ann@{host}", f"sip:room@{host}:{port}", "127.0.0.1")
    assert sip.call_id
    assert sip.headers == (headers[0], headers[1], headers[3])
    await scene.engine.answer(arrived.call_sid)
    await within_deadline(dialling)


async def test_a_caller_hears_that_it_rings_until_the_answer(scene: Scene) -> None:
    phone = scene.phones["ann"] = SipPhone("ann", TONES["ann"], server=(scene.asterisk.sip_host, scene.asterisk.sip_port))
    dialling = asyncio.create_task(phone.dial("room"))
    arrived = await scene.event(CallArrived)
    await scene.engine.ring(arrived.call_sid)
    await until(lambda: phone.hears_ringing)
    await scene.engine.answer(arrived.call_sid)
    await within_deadline(dialling)
    await scene.engine.ring(arrived.call_sid)
    scene.sids["ann"] = arrived.call_sid
    await scene.hears({"ann": set()})
    with pytest.raises(CallGoneError):
        await scene.engine.ring("CA1")
