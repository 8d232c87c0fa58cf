"""Who may read the metrics."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from pydantic import SecretStr

from ari_conf.app import Controller
from ari_conf.clock import RealClock, VirtualClock
from ari_conf.media.local import LocalEngine
from ari_conf.metrics import Door
from ari_conf.settings import ServerSettings, Settings, SettingsError, load_settings
from tests.security.wire import said_to
from tests.stage import ACCOUNT

from .reading import fetched

TOKEN = "a token that nobody guesses"


def settings(**server: Any) -> ServerSettings:
    return ServerSettings.model_validate({"port": 0} | server)


@contextlib.asynccontextmanager
async def controller(**server: Any) -> AsyncIterator[Controller]:
    async with Controller(Settings(server=settings(**server)), (ACCOUNT,), LocalEngine(RealClock())) as made:
        yield made


def status(door: Door, peer: str, headers: dict[str, str]) -> int:
    """Return what somebody at ``peer`` is answered, 200 if let in."""
    request = make_mocked_request("GET", "/metrics", headers=CIMultiDict({"Host": "127.0.0.1:8080"} | headers))
    refusal = door.refusal(request.clone(remote=peer))
    return 200 if refusal is None else refusal.status


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("127.0.0.1", {}),
        ("::1", {"Host": "[::1]:8080"}),
        ("127.0.0.1", {"Host": "localhost:8080"}),
        ("::ffff:127.0.0.1", {}),
    ],
)
def test_a_program_on_this_machine_needs_no_login(peer: str, headers: dict[str, str]) -> None:
    assert status(Door(settings(), VirtualClock()), peer, headers) == 200


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("192.0.2.1", {}),
        ("2001:db8::1", {"Host": "[::1]:8080"}),
        ("192.0.2.1", {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.1"}),
        ("127.0.0.1", {"Via": "1.1 proxy"}),
        ("127.0.0.1", {"X-Real-IP": "192.0.2.1"}),
        ("127.0.0.1", {"Host": "conference.example"}),
        ("127.0.0.1", {"Host": "127.0.0.1.evil.example"}),
        ("127.0.0.1", {"Host": "192.0.2.1"}),
    ],
)
def test_who_comes_from_elsewhere_or_through_a_proxy_or_a_strangers_page_is_refused(peer: str, headers: dict[str, str]) -> None:
    assert status(Door(settings(), VirtualClock()), peer, headers) == 403


def test_a_trusted_proxy_tells_who_asks() -> None:
    door = Door(settings(trusted_proxies=["127.0.0.1"]), VirtualClock())
    assert status(door, "127.0.0.1", {}) == 200
    assert status(door, "127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}) == 403
    assert status(door, "127.0.0.1", {"X-Forwarded-For": "192.0.2.1, 127.0.0.1"}) == 403
    assert status(door, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"}) == 403
    elsewhere = Door(settings(trusted_proxies=["192.0.2.5"]), VirtualClock())
    assert status(elsewhere, "192.0.2.5", {"X-Forwarded-For": "127.0.0.1"}) == 403


async def test_a_token_lets_in_from_everywhere_and_nothing_else_does() -> None:
    async with controller(metrics="token", metrics_token=TOKEN) as made:
        for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer"}):
            code, headers, _ = await fetched(made, wrong)
            assert (code, headers["WWW-Authenticate"].split()[0]) == (401, "Bearer")
        code, _, text = await fetched(made, {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "192.0.2.1"})
        assert code == 200
        assert "ari_conf_ready 1.0" in text


def test_who_guesses_has_to_wait_and_keeps_nobody_else_out() -> None:
    clock = VirtualClock()
    door = Door(settings(metrics="token", metrics_token=TOKEN), clock)
    codes = [status(door, "192.0.2.1", {"Authorization": f"Bearer {number}"}) for number in range(20)]
    assert codes == [401] * 10 + [429] * 10
    assert status(door, "192.0.2.2", {"Authorization": f"Bearer {TOKEN}"}) == 200


async def test_a_host_that_is_none_is_answered() -> None:
    async with controller() as made:
        for host in (b"[", b"]:x", b"a b", b"\xff", b""):
            answer = await said_to(made.port, b"GET /metrics HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
            assert answer.split(b" ")[1] in {b"400", b"403"}, (host, answer)


def test_a_token_is_long_and_there_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for metrics, token in (("token", ""), ("token", "short"), ("local", TOKEN)):
        monkeypatch.setenv("ARI_CONF_SERVER__METRICS", metrics)
        monkeypatch.setenv("ARI_CONF_SERVER__METRICS_TOKEN", token)
        with pytest.raises(SettingsError, match="server: metrics_token: ") as refused:
            load_settings()
        assert not token or token not in str(refused.value)
    assert TOKEN not in repr(ServerSettings(metrics="token", metrics_token=SecretStr(TOKEN)))
