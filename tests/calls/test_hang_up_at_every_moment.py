"""Callers and called ones who hang up, one of them or both at once, whatever is going on: all of it ends, and quietly."""

import asyncio
from typing import Final

import pytest
from structlog.testing import capture_logs

from tests.calls.moments import MOMENTS, brought_about
from tests.stage import Stage, set_stage

OF_TWO: Final = ("dial_rings", "dial_rings_unanswered", "screening", "dial_connected", "agents_document", "queue_talks")


@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_first_one_hangs_up(stage: Stage, moment: str) -> None:
    await it_ends_when(stage, moment, "bob" if moment == "agent_waits" else "ann")


@pytest.mark.parametrize("moment", OF_TWO)
async def test_the_other_one_hangs_up(stage: Stage, moment: str) -> None:
    await it_ends_when(stage, moment, "bob")


@pytest.mark.parametrize("moment", OF_TWO)
async def test_both_hang_up_at_once(stage: Stage, moment: str) -> None:
    await it_ends_when(stage, moment, "ann", "bob")


async def it_ends_when(stage: Stage, moment: str, *names: str) -> None:
    stage.answer("<Response><Hangup/></Response>", "/after")
    with capture_logs() as logs:
        await brought_about(stage, moment)
        await asyncio.gather(*(stage.phones[name].hang_up() for name in names))
        if moment in {"agents_document", "room_talks"}:  # the one who is left waits for somebody else
            await stage.hang_up_all()
        await stage.nothing_is_left()
    assert [line for line in logs if line["log_level"] in {"error", "critical"}] == []


async def test_a_caller_who_hangs_up_in_the_midst_of_joining_a_room_is_in_none() -> None:
    async with set_stage(None) as stage:
        stage.answer("<Response><Dial><Conference>Room</Conference></Dial></Response>")
        ann = stage.phone("ann")
        for turns in range(10):
            await ann.dial("room")
            for _ in range(turns):
                await asyncio.sleep(0)
            await ann.hang_up()
            await stage.nothing_is_left()
