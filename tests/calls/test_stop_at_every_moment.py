"""A controller that stops, whatever its calls are doing: it stops soon and quietly, and who talks goes on talking."""

import asyncio
from typing import Final

import pytest
from structlog.testing import capture_logs

from ari_conf.phones.phone import Phone
from ari_conf.private_asterisk import PrivateAsterisk
from tests.calls.moments import MOMENTS, brought_about
from tests.stage import Stage, set_stage, who_hears_whom

A_MOMENT: Final = 0.3

TALKING: Final = ("dial_connected", "room_talks", "queue_talks")


@pytest.mark.parametrize("moment", MOMENTS)
async def test_it_stops(stage: Stage, moment: str) -> None:
    answered = await brought_about(stage, moment)
    with capture_logs() as logs:
        await stage.stop()
    assert [line for line in logs if line["log_level"] in {"error", "critical"}] == []
    assert [phone.name for phone in answered if await is_over(phone)] == []


async def is_over(phone: Phone) -> bool:
    try:
        async with asyncio.timeout(A_MOMENT):
            await phone.wait_ended()
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("moment", TALKING)
async def test_those_who_talk_go_on_talking(asterisk: PrivateAsterisk, moment: str) -> None:
    async with set_stage(asterisk) as stage:
        ann, bob = await brought_about(stage, moment)
        await stage.stop()
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
