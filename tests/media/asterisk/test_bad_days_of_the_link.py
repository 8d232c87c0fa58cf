"""Asterisk away, wrong, slow, cut off: told in one sentence; calls keep their audio, and all is right again afterwards."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr
from structlog.testing import capture_logs

from ari_conf.app import Controller
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.port import EngineError
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from ari_conf.settings import ROOM_OF_THE_DIALLED_NAME, DatabaseSettings, NumberSettings, ServerSettings, Settings
from ari_conf.starting import StartError
from tests.app_server import ClosedPort
from tests.media.asterisk.proxy import Proxy
from tests.stage import (
    ACCOUNT,
    DEADLINE,
    TONES,
    asterisk_engine,
    leaves_no_task,
    nothing_in,
    until,
    who_hears_whom,
    within_deadline,
)

SETTINGS = Settings(server=ServerSettings(port=0), numbers=(NumberSettings(twiml=ROOM_OF_THE_DIALLED_NAME),))


def elsewhere(folder: Path) -> Settings:
    """Return the same settings, with a database of their own."""
    return SETTINGS.model_copy(update={"database": DatabaseSettings(url=SecretStr(f"sqlite:///{folder / 'another.db'}"))})


def address(asterisk: PrivateAsterisk, url: str | None = None, password: str | None = None) -> AriAddress:
    return AriAddress(url or asterisk.ari_url, asterisk.ari_username, password or asterisk.ari_password)


@contextlib.asynccontextmanager
async def behind_a_proxy(asterisk: PrivateAsterisk) -> AsyncIterator[tuple[Proxy, Controller, Callable[[str], SipPhone]]]:
    async with leaves_no_task(), Proxy(asterisk.ari_url) as proxy:
        phones: list[SipPhone] = []

        def make_phone(name: str) -> SipPhone:
            phones.append(SipPhone(name, TONES[name], server=(asterisk.sip_host, asterisk.sip_port)))
            return phones[-1]

        async with Controller(SETTINGS, (ACCOUNT,), asterisk_engine(address(asterisk, proxy.url))) as controller:
            yield proxy, controller, make_phone
            await asyncio.gather(*(phone.hang_up() for phone in phones))
            await until(lambda: not controller.switchboard.calls and not controller.rooms.conferences)
            await nothing_in(asterisk)


async def start_error(engine: AsteriskEngine) -> str:
    with pytest.raises(StartError) as error:
        async with Controller(SETTINGS, (ACCOUNT,), engine):
            pass
    assert "\n" not in str(error.value)
    return str(error.value)


async def test_asterisk_is_not_there() -> None:
    with ClosedPort() as url:
        text = await start_error(asterisk_engine(AriAddress(url, "ari_conf", "secret")))
    assert url in text
    assert "secret" not in text


async def test_the_password_is_wrong(asterisk: PrivateAsterisk) -> None:
    text = await start_error(asterisk_engine(address(asterisk, password="wrong")))
    assert "password" in text
    assert "ari.conf" in text
    assert "wrong" not in text


async def serve(answer: Callable[[web.Request], web.Response]) -> tuple[web.AppRunner, str]:
    app = web.Application()

    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.mark.parametrize(("version", "word"), [("16.28.0", "too old"), ("22.11.0", "2134"), ("GIT-master", "can be read")])
async def test_the_version_is_wrong(version: str, word: str) -> None:
    info = {"system": {"version": version}, "status": {"startup_time": "then"}}
    runner, url = await serve(lambda _request: web.json_response(info))
    text = await start_error(asterisk_engine(AriAddress(url, "ari_conf", "secret")))
    await runner.cleanup()
    assert word in text


@pytest.mark.parametrize("body", ["<html>It works!</html>", "[]", "{}"])
async def test_something_else_answers_at_the_address(body: str) -> None:
    runner, url = await serve(lambda _request: web.Response(text=body))
    text = await start_error(asterisk_engine(AriAddress(url, "ari_conf", "secret")))
    await runner.cleanup()
    assert "check [asterisk] url" in text


async def test_the_password_is_never_in_a_url(asterisk: PrivateAsterisk) -> None:
    async with behind_a_proxy(asterisk) as (proxy, _controller, make_phone):
        await make_phone("ann").dial("room")
        lines = [line for line in bytes(proxy.requests).split(b"\r\n") if b" HTTP/1.1" in line]
    assert lines
    assert not any(asterisk.ari_password.encode() in line for line in lines)


async def test_older_asterisks_are_spoken_to_by_http(asterisk: PrivateAsterisk) -> None:
    phones = [SipPhone(name, TONES[name], server=(asterisk.sip_host, asterisk.sip_port)) for name in ("ann", "bob", "cid")]
    engine = asterisk_engine(address(asterisk), rest_over_websocket=False)
    async with Controller(SETTINGS, (ACCOUNT,), engine) as controller:
        for phone in phones:
            await phone.dial("room")
        await who_hears_whom(phones, {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
        await asyncio.gather(*(phone.hang_up() for phone in phones))
        await until(lambda: not controller.rooms.conferences)


async def test_given_a_conference_when_the_connection_is_cut_then_audio_goes_on_and_a_later_call_joins(
    asterisk: PrivateAsterisk,
) -> None:
    async with behind_a_proxy(asterisk) as (proxy, controller, make_phone):
        ann, bob, cid = make_phone("ann"), make_phone("bob"), make_phone("cid")
        await ann.dial("room")
        await bob.dial("room")
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        await proxy.close()
        await until(lambda: not controller.switchboard.connected)
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        dialling = asyncio.create_task(cid.dial("room"))  # Asterisk's dialplan keeps this call meanwhile
        await proxy.open()
        await until(lambda: controller.switchboard.connected)
        await within_deadline(dialling)
        await who_hears_whom([ann, bob, cid], {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
        assert len(controller.rooms.conferences) == 1


async def test_given_a_conference_when_somebody_hangs_up_during_the_gap_then_it_is_found_out(asterisk: PrivateAsterisk) -> None:
    async with behind_a_proxy(asterisk) as (proxy, controller, make_phone):
        ann, bob, cid = make_phone("ann"), make_phone("bob"), make_phone("cid")
        for phone in (ann, bob, cid):
            await phone.dial("room")
        await until(lambda: [len(conference.participants) for conference in controller.rooms.conferences] == [3])
        await proxy.close()
        await until(lambda: not controller.switchboard.connected)
        await bob.hang_up()
        assert len(controller.switchboard.calls) == 3
        await proxy.open()
        await until(lambda: controller.switchboard.connected)
        await until(lambda: [len(conference.participants) for conference in controller.rooms.conferences] == [2])
        await who_hears_whom([ann, cid], {"ann": {"cid"}, "cid": {"ann"}})


async def test_given_a_connection_that_is_open_and_dead_then_it_is_made_anew(
    asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ari_conf.media.asterisk.transport.HEARTBEAT", 0.2)
    async with behind_a_proxy(asterisk) as (proxy, controller, make_phone):
        ann, bob = make_phone("ann"), make_phone("bob")
        await ann.dial("room")
        proxy.freeze()
        await until(lambda: not controller.switchboard.connected)
        proxy.cut()
        await until(lambda: controller.switchboard.connected)
        await within_deadline(bob.dial("room"))
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_given_calls_when_asterisk_restarts_then_they_are_over_and_new_ones_are_taken() -> None:
    async with PrivateAsterisk(ensure_installed(print)) as asterisk, behind_a_proxy(asterisk) as (_, controller, make_phone):
        ann, bob = make_phone("ann"), make_phone("bob")
        await ann.dial("room")
        with capture_logs() as logs:
            await asterisk.kill()
            await until(lambda: not controller.switchboard.connected)
            await asterisk.restart()
            await until(lambda: controller.switchboard.connected)
        assert [line["cause"] for line in logs if line["event"] == "call ended"] == ["Asterisk was restarted"]
        assert not controller.rooms.conferences
        await within_deadline(bob.dial("room"))


async def test_a_second_controller_takes_over_and_the_first_one_stops_acting(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with behind_a_proxy(asterisk) as (_, first, make_phone):  # noqa: SIM117
        async with Controller(elsewhere(tmp_path), (ACCOUNT,), asterisk_engine(address(asterisk))) as second:
            cause = await asyncio.wait_for(asyncio.shield(first.failed), DEADLINE)
            assert "another program" in cause
            ann = make_phone("ann")
            await ann.dial("room")
            assert len(second.switchboard.calls) == 1
            assert not first.switchboard.calls
            await ann.hang_up()
            await until(lambda: not second.switchboard.calls)


async def test_given_calls_when_a_controller_starts_then_they_are_served_as_if_they_arrived_now(
    asterisk: PrivateAsterisk,
) -> None:
    phones = [SipPhone(name, TONES[name], server=(asterisk.sip_host, asterisk.sip_port)) for name in ("ann", "bob", "cid")]
    ann, bob, cid = phones
    async with Controller(SETTINGS, (ACCOUNT,), asterisk_engine(address(asterisk))) as first:
        await ann.dial("room")
        await bob.dial("room")
        await cid.dial("waiting alone")
        await until(lambda: sum(len(conference.participants) for conference in first.rooms.conferences) == 3)
    async with Controller(SETTINGS, (ACCOUNT,), asterisk_engine(address(asterisk))) as second:
        await who_hears_whom(phones, {"ann": {"bob"}, "bob": {"ann"}, "cid": set()})
        await asyncio.gather(*(phone.hang_up() for phone in phones))
        await until(lambda: not second.switchboard.calls)
        await nothing_in(asterisk)


async def test_what_asterisk_refuses_is_an_error_with_its_words(asterisk: PrivateAsterisk) -> None:
    engine = asterisk_engine(address(asterisk))
    await engine.start()
    try:
        with pytest.raises(EngineError, match=r"404 .*bridge"):
            await engine._link.call("bridges", "get", bridgeId="none")
    finally:
        await engine.stop()
