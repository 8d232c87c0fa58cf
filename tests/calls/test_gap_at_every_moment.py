"""The connection to Asterisk is lost and back while a call is at some moment: it goes on as if nothing had been."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from ari_conf.private_asterisk import PrivateAsterisk
from tests.calls.afterwards import AFTERWARDS
from tests.calls.moments import HOLD, MOMENTS, brought_about
from tests.media.asterisk.proxy import Proxy
from tests.stage import Stage, set_stage


class Behind(PrivateAsterisk):
    """A running Asterisk whose ARI is reached elsewhere."""

    def __init__(self, asterisk: PrivateAsterisk, ari_url: str) -> None:
        self.__dict__.update(asterisk.__dict__)
        self._ari_url = ari_url

    @property
    def ari_url(self) -> str:
        return self._ari_url


@contextlib.asynccontextmanager
async def behind_a_proxy(asterisk: PrivateAsterisk) -> AsyncIterator[tuple[Stage, Proxy]]:
    async with Proxy(asterisk.ari_url) as proxy, set_stage(Behind(asterisk, proxy.url)) as stage:
        yield stage, proxy


async def gap(stage: Stage, proxy: Proxy) -> None:
    await proxy.close()
    await stage.until(lambda: not stage.controller.switchboard.connected)
    await proxy.open()
    await stage.until(lambda: stage.controller.switchboard.connected)


@pytest.mark.parametrize("moment", AFTERWARDS)
async def test_it_goes_on(asterisk: PrivateAsterisk, moment: str) -> None:
    async with behind_a_proxy(asterisk) as (stage, proxy):
        stage.answer(HOLD, "/after")
        await brought_about(stage, moment)
        await gap(stage, proxy)
        await AFTERWARDS[moment](stage)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_caller_who_has_gone_meanwhile_is_noticed(asterisk: PrivateAsterisk, moment: str) -> None:
    async with behind_a_proxy(asterisk) as (stage, proxy):
        stage.answer("<Response><Hangup/></Response>", "/after")
        await brought_about(stage, moment)
        await proxy.close()
        await stage.until(lambda: not stage.controller.switchboard.connected)
        await stage.hang_up_all()
        with capture_logs() as logs:
            await proxy.open()
            await stage.nothing_is_left()
        assert [line for line in logs if line["log_level"] in {"error", "critical"}] == []


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_controller_stops_also_while_it_is_lost(asterisk: PrivateAsterisk, moment: str) -> None:
    async with behind_a_proxy(asterisk) as (stage, proxy):
        await brought_about(stage, moment)
        await proxy.close()
        await stage.until(lambda: not stage.controller.switchboard.connected)
        await stage.stop()
        await proxy.open()
