"""The controller is stopped and another one started while a call is at some moment: it goes on as if nothing had been."""

import asyncio

import pytest

from ari_conf.private_asterisk import PrivateAsterisk
from tests.calls.afterwards import AFTERWARDS
from tests.calls.moments import HOLD, MOMENTS, brought_about
from tests.stage import Stage, set_stage, within_deadline

RINGING = ("dial_rings", "dial_rings_unanswered")


async def restart(stage: Stage) -> None:
    await stage.stop()
    await stage.restart()


@pytest.mark.parametrize("moment", AFTERWARDS)
async def test_it_goes_on(asterisk: PrivateAsterisk, moment: str) -> None:
    async with set_stage(asterisk) as stage:
        stage.answer(HOLD, "/after")
        await brought_about(stage, moment)
        rings_anew = asyncio.create_task(stage.phones["bob"].wait_ended()) if moment in RINGING else None
        await restart(stage)
        if rings_anew is not None:
            await within_deadline(rings_anew)
            await within_deadline(stage.phones["bob"].ringing())
        await AFTERWARDS[moment](stage)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_caller_who_goes_meanwhile_is_noticed(asterisk: PrivateAsterisk, moment: str) -> None:
    async with set_stage(asterisk) as stage:
        stage.answer("<Response><Hangup/></Response>", "/after")
        await brought_about(stage, moment)
        await stage.stop()
        await stage.hang_up_all()
        await stage.restart()
        await stage.nothing_is_left()
