"""What Asterisk, its other users or hostile callers do to our rooms, and how it is mended."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from ari_conf.app import Controller
from ari_conf.conference import AudioPlan, InMix
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.phones.phone import CallRefusedError
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk
from tests.media.asterisk.test_bad_days_of_the_link import SETTINGS, address, behind_a_proxy, elsewhere
from tests.stage import ACCOUNT, TONES, asterisk_engine, leaves_no_task, nothing_in, until, who_hears_whom


async def ari(asterisk: PrivateAsterisk, method: str, path: str) -> Any:
    async with (
        aiohttp.ClientSession(
            headers={"Authorization": aiohttp.encode_basic_auth(asterisk.ari_username, asterisk.ari_password)}
        ) as session,
        session.request(method, f"{asterisk.ari_url}/ari/{path}") as answer,
    ):
        return await answer.json() if answer.status == 200 else None


def phone(asterisk: PrivateAsterisk, name: str) -> SipPhone:
    return SipPhone(name, TONES[name], server=(asterisk.sip_host, asterisk.sip_port))


async def test_a_bridge_that_somebody_destroys_is_made_anew_with_the_next_change(asterisk: PrivateAsterisk) -> None:
    async with behind_a_proxy(asterisk) as (_, _controller, make_phone):
        ann, bob, cid = make_phone("ann"), make_phone("bob"), make_phone("cid")
        await ann.dial("room")
        await bob.dial("room")
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        (bridge,) = await ari(asterisk, "GET", "bridges")
        await ari(asterisk, "DELETE", f"bridges/{bridge['id']}")
        await cid.dial("room")
        await who_hears_whom([ann, bob, cid], {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})


async def test_a_bridge_that_vanishes_during_a_gap_is_made_anew(asterisk: PrivateAsterisk) -> None:
    async with behind_a_proxy(asterisk) as (proxy, controller, make_phone):
        ann, bob = make_phone("ann"), make_phone("bob")
        await ann.dial("room")
        await bob.dial("room")
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        await proxy.close()
        await until(lambda: not controller.switchboard.connected)
        (bridge,) = await ari(asterisk, "GET", "bridges")
        await ari(asterisk, "DELETE", f"bridges/{bridge['id']}")
        await proxy.open()
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_a_controller_of_another_application_leaves_our_rooms_alone(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk) as (_, _controller, make_phone):
        ann, bob = make_phone("ann"), make_phone("bob")
        await ann.dial("room")
        await bob.dial("room")
        other = AriAddress(asterisk.ari_url, asterisk.ari_username, asterisk.ari_password, "ari_conf-2")
        async with Controller(elsewhere(tmp_path), (ACCOUNT,), asterisk_engine(other)):
            await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_a_name_that_is_not_utf_8_is_refused_and_spoils_no_list(asterisk: PrivateAsterisk) -> None:
    async with leaves_no_task():
        hostile = phone(asterisk, "eve")
        async with Controller(SETTINGS, (ACCOUNT,), asterisk_engine(address(asterisk))) as controller:
            ann, bob = phone(asterisk, "ann"), phone(asterisk, "bob")
            await ann.dial("room")
            with pytest.raises(CallRefusedError, match="404"):
                await hostile.dial(f"sip:a%ffb@{asterisk.sip_host}:{asterisk.sip_port}")
            assert len(await ari(asterisk, "GET", "channels")) == 1
            await bob.dial("room")
            await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
            await asyncio.gather(ann.hang_up(), bob.hang_up())
            await until(lambda: not controller.switchboard.calls)
        await nothing_in(asterisk)


async def test_muting_somebody_who_joined_muted_and_back(asterisk: PrivateAsterisk) -> None:
    async with leaves_no_task():
        engine = asterisk_engine(address(asterisk))
        await engine.start()
        ann, bob = phone(asterisk, "ann"), phone(asterisk, "bob")
        calls = []
        for one in (ann, bob):
            dialling = asyncio.create_task(one.dial("room"))
            arrived: Any = await engine.events.get()
            await engine.answer(arrived.call_sid)
            await dialling
            calls.append(arrived.call_sid)
        for muted in (True, False, True, False):
            await engine.apply(AudioPlan("CF1", {calls[0]: InMix(muted=muted), calls[1]: InMix()}))
            await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": set() if muted else {"ann"}})
        await engine.apply(AudioPlan("CF1", {}))
        await asyncio.gather(ann.hang_up(), bob.hang_up())
        await nothing_in(asterisk)
        await engine.stop()


async def test_events_twice_unknown_or_malformed_change_nothing(asterisk: PrivateAsterisk) -> None:
    async with behind_a_proxy(asterisk) as (_, controller, make_phone):
        engine = controller.engine
        assert isinstance(engine, AsteriskEngine)
        ann, bob = make_phone("ann"), make_phone("bob")
        await ann.dial("room")
        (channel,) = await ari(asterisk, "GET", "channels")
        with capture_logs() as logs:
            for event in (
                {"type": "StasisStart", "channel": channel},
                {"type": "StasisStart", "channel": channel | {"id": "h1", "dialplan": {"exten": "h"}}},
                {"type": "StasisEnd", "channel": {"id": "unknown"}},
                {"type": "ChannelDtmfReceived", "channel": {"id": "unknown"}, "digit": "*"},
                {"type": "StasisStart"},
                {"type": "ChannelDestroyed", "channel": None},
            ):
                engine._link._hand_out(event)
        assert [line["log_level"] for line in logs if "passed over" in line["event"]] == ["warning"] * 2
        await bob.dial("room")
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        assert len(controller.switchboard.calls) == 2


async def test_a_late_answer_over_http_makes_the_connection_anew(
    asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with behind_a_proxy(asterisk) as (proxy, controller, make_phone):
        engine = controller.engine
        assert isinstance(engine, AsteriskEngine)
        transport = engine._link._transport
        assert transport is not None
        monkeypatch.setattr(transport, "rest_over_websocket", False)
        monkeypatch.setattr(transport, "_timeout", 0.3)
        proxy.freeze()
        dialling = asyncio.create_task(make_phone("ann").dial("room"))
        await until(lambda: not controller.switchboard.connected)
        proxy.cut()
        await dialling
        assert controller.switchboard.connected
