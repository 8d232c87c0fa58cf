"""``examples/agent_then_room.py``: an agent is called, asked, connected, recorded; then both meet in a room, with others."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import numpy as np
import pytest
import soundfile
from yarl import URL

from ari_conf.phones.phone import AUDIBLE, Heard, Phone
from ari_conf.private_asterisk import PrivateAsterisk
from tests.examples.running import Example, run_example, stage_of
from tests.examples.spoken import heard_at, until_said
from tests.stage import ACCOUNT, NUMBERS, Stage, until_heard, voices, who_hears_whom, within_deadline

ASKED = "A customer is calling. To take the call, press 1."
GO_ON = "Please wait for our agent in the room."


@dataclass(slots=True)
class Line:
    example: Example
    stage: Stage

    async def call(self, name: str) -> Phone:
        phone = self.stage.phone(name)
        await phone.dial("help")
        return phone

    async def recording(self, source: str) -> list[set[str]]:
        """Wait for a recording of this source to be told; fetch it, and return who is heard on each of its channels."""
        told = await self.example.line(rf"^{source} \d+ s (http\S+)$")
        url = URL(told[1]).with_user(ACCOUNT.sid).with_password(ACCOUNT.auth_token)
        async with aiohttp.ClientSession(raise_for_status=True) as session, session.get(url) as answer:
            samples, rate = soundfile.read(io.BytesIO(await answer.read()), dtype="int16", always_2d=True)
        return [voices(Heard(np.ascontiguousarray(channel), rate)) for channel in samples.T]


@pytest.fixture
async def line(asterisk: PrivateAsterisk) -> AsyncIterator[Line]:
    async with (
        run_example("agent_then_room", AGENT=NUMBERS["eve"]) as example,
        stage_of(example, asterisk) as stage,
    ):
        yield Line(example, stage)


async def test_customer_and_agent_talk_and_are_recorded_and_go_on_in_the_room(line: Line) -> None:
    eve = line.stage.phone("eve")
    ann = await line.call("ann")
    await within_deadline(eve.ringing())
    await eve.pick_up()
    await until_said(line.stage, eve, ASKED)
    await eve.press("1")
    await who_hears_whom([ann, eve], {"ann": {"eve"}, "eve": {"ann"}})
    assert not await heard_at(line.stage, ann, ASKED)

    await eve.hang_up()
    assert await line.recording("DialVerb") == [{"ann"}, {"eve"}]
    await until_said(line.stage, ann, GO_ON)
    await until_heard([ann], lambda heard: heard["ann"].level > AUDIBLE)
    await eve.dial("help")
    await who_hears_whom([ann, eve], {"ann": {"eve"}, "eve": {"ann"}})

    await eve.hang_up()
    await within_deadline(ann.wait_ended())
    assert await line.recording("Conference") == [{"ann", "eve"}]


async def test_who_is_not_taken_waits_in_the_room(line: Line) -> None:
    eve = line.stage.phone("eve")
    ann = await line.call("ann")
    await within_deadline(eve.ringing())
    await eve.pick_up()
    await until_said(line.stage, eve, ASKED)
    await eve.press("2")
    await within_deadline(eve.wait_ended())
    await until_said(line.stage, ann, GO_ON)
    bob = await line.call("bob")
    await within_deadline(eve.ringing())
    await eve.refuse(486)
    await until_said(line.stage, bob, GO_ON)
    await eve.dial("help")
    everybody = {"ann", "bob", "eve"}
    await who_hears_whom([ann, bob, eve], {name: everybody - {name} for name in everybody})
