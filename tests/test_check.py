"""``ari-conf check``: what it finds, on a real Asterisk and without one."""

import socket
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from ari_conf import check
from ari_conf.check import Finding, check_all
from ari_conf.media.asterisk import jitter_buffers
from ari_conf.media.asterisk.jitter_buffers import JitterBuffers
from ari_conf.media.asterisk.link import AriLink
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import (
    AsteriskSettings,
    DatabaseSettings,
    NumberSettings,
    ServerSettings,
    Settings,
    WebhookSettings,
)
from tests.app_server import AppServer, ClosedPort
from tests.stage import nothing_in, set_stage, who_hears_whom

LOCAL = Settings(engine="local", server=ServerSettings(port=0))


def settings_for(asterisk: PrivateAsterisk, *numbers: NumberSettings, password: str | None = None) -> Settings:
    ours = AsteriskSettings(
        url=asterisk.ari_url, username=asterisk.ari_username, password=SecretStr(password or asterisk.ari_password)
    )
    return Settings(server=ServerSettings(port=0), asterisk=ours, numbers=numbers or LOCAL.numbers)


def wrong(findings: list[Finding]) -> list[str]:
    return [finding.what for finding in findings if not finding.ok]


async def test_all_is_well(asterisk: PrivateAsterisk) -> None:
    async with AppServer() as app:
        findings = await check_all(settings_for(asterisk, NumberSettings(voice_url=app.url("/voice"))))
        assert app.requests == []
    assert wrong(findings) == []
    told = "\n".join(finding.what for finding in findings)
    for word in (str(asterisk.version), "softmix", "every module", f"127.0.0.1:{app.port} can be reached", "[server]"):
        assert word in told
    assert asterisk.ari_password not in told
    await nothing_in(asterisk)


async def test_a_controller_that_is_running_is_not_disturbed(asterisk: PrivateAsterisk) -> None:
    async with set_stage(asterisk) as stage:
        ann, bob = await stage.room("ann", "bob", twiml="<Response><Dial><Conference>Room</Conference></Dial></Response>")
        assert wrong(await check_all(settings_for(asterisk))) == []
        assert not stage.controller.failed.done()
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_the_password_is_wrong(asterisk: PrivateAsterisk) -> None:
    (text,) = wrong(await check_all(settings_for(asterisk, password="sesame")))
    assert "password" in text
    assert "sesame" not in text


async def test_asterisk_is_not_there() -> None:
    with ClosedPort() as url:
        (text,) = wrong(await check_all(Settings(server=ServerSettings(port=0), asterisk=AsteriskSettings(url=url))))
    assert url in text


async def test_a_module_is_missing(asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "NEEDED_MODULES", ("app_stasis.so", "app_magic.so"))
    (text,) = wrong(await check_all(settings_for(asterisk)))
    assert "app_magic.so" in text
    assert "app_stasis.so" not in text
    assert "modules.conf" in text


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (JitterBuffers.SWITCHED_OFF, Finding(ok=True, what="callers get no jitter buffers, as Asterisk's configuration says")),
        (JitterBuffers.DO_HARM, Finding(ok=False, what=jitter_buffers.HARM)),
    ],
)
async def test_there_are_no_jitter_buffers(
    asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch, found: JitterBuffers, said: Finding
) -> None:
    async def look(_link: AriLink) -> JitterBuffers:
        return found

    monkeypatch.setattr(jitter_buffers, "look", look)
    assert said in await check_all(settings_for(asterisk))


async def test_an_application_is_down() -> None:
    async with AppServer() as app:
        with ClosedPort() as closed:
            number = NumberSettings(voice_url=f"{closed}/voice", voice_fallback_url=app.url("/voice"))
            (text,) = wrong(await check_all(LOCAL.model_copy(update={"numbers": (number,)})))
    assert closed.removeprefix("http://") in text
    assert "is it running?" in text


async def test_an_application_whose_name_nobody_knows() -> None:
    number = NumberSettings(voice_url="http://me:sesame@nowhere.invalid/voice")
    (text,) = wrong(await check_all(LOCAL.model_copy(update={"numbers": (number,)})))
    assert "nowhere.invalid:80" in text
    assert "sesame" not in text


async def test_an_application_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "CONNECT_SECONDS", 0.2)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        # Connections that nobody accepts fill the queue; what comes then gets no answer.
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(address)
        number = NumberSettings(voice_url=f"http://127.0.0.1:{address[1]}/")
        texts = wrong(await check_all(LOCAL.model_copy(update={"numbers": (number,)})))
        for one in waiting:
            one.close()
    assert len(texts) == 1
    assert "does not answer" in texts[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_the_port_is_taken(host: str) -> None:
    try:
        taken = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError:
        pytest.skip("there is no IPv6 here")
    with taken:
        port = taken.getsockname()[1]
        settings = LOCAL.model_copy(update={"server": ServerSettings(host=host, port=port)})
        (text,) = wrong(await check_all(settings))
    assert f"{host}:{port}" in text
    assert wrong(await check_all(settings)) == []


async def test_something_else_than_asterisk_answers() -> None:
    app = web.Application()
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    (text,) = wrong(await check_all(Settings(server=ServerSettings(port=0), asterisk=AsteriskSettings(url=url))))
    await runner.cleanup()
    assert url in text
    assert "\n" not in text


async def test_a_url_with_an_impossible_host() -> None:
    numbers = (NumberSettings(voice_url="http://a..b/voice"),)
    (text,) = wrong(await check_all(LOCAL.model_copy(update={"numbers": numbers})))
    assert "a..b" in text


async def test_an_application_that_the_settings_do_not_allow() -> None:
    async with AppServer() as app:
        numbers = (NumberSettings(twiml="<Response/>", status_callback=app.url("/status")),)
        for allowed in (True, False):
            webhooks = WebhookSettings(private_addresses=allowed)
            findings = wrong(await check_all(LOCAL.model_copy(update={"numbers": numbers, "webhooks": webhooks})))
            assert len(findings) == (not allowed)
    assert "private" in findings[0] or "loopback" in findings[0]


async def test_a_database_that_could_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    database = DatabaseSettings(url=SecretStr(f"sqlite:///{tmp_path}/file/state/ari-conf.db"))
    (text,) = wrong(await check_all(LOCAL.model_copy(update={"database": database})))
    assert f"nothing can be written in {tmp_path}/file" in text
