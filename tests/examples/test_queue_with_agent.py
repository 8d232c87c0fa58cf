"""``examples/queue_with_agent.py``: callers hear their place and music, in the order of their calls the agent takes them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import soundfile

from ari_conf.audio.tones import tone
from ari_conf.phones.phone import Phone
from ari_conf.private_asterisk import PrivateAsterisk
from tests.calls.by_ear import JINGLE, until_jingle
from tests.examples.running import run_example, stage_of
from tests.examples.spoken import heard_at, until_said
from tests.stage import NUMBERS, Stage, until_heard, who_hears_whom, within_deadline

WELCOME = "Thank you for calling."
AGENT_COMES = "Here is our agent."
GOODBYE = "The agent has hung up. Goodbye."
MUSIC_SECONDS = 2.0


def place(number: int) -> str:
    return f"You are number {number} in the queue."


@pytest.fixture
async def line(asterisk: PrivateAsterisk, tmp_path: Path) -> AsyncIterator[Stage]:
    music = tmp_path / "music.mp3"
    soundfile.write(music, tone(JINGLE, MUSIC_SECONDS, rate=44100), 44100, format="MP3")
    async with (
        run_example("queue_with_agent", AGENT=NUMBERS["eve"], MUSIC=str(music)) as example,
        stage_of(example, asterisk) as stage,
    ):
        yield stage


async def calls(line: Stage, name: str) -> Phone:
    phone = line.phone(name)
    await phone.dial("support")
    return phone


async def test_callers_wait_with_music_and_are_taken_one_after_the_other(line: Stage) -> None:
    ann = await calls(line, "ann")
    await until_said(line, ann, WELCOME, place(1))
    await until_jingle(ann)
    bob = await calls(line, "bob")
    await until_said(line, bob, WELCOME, place(2))

    eve = await calls(line, "eve")
    await who_hears_whom([ann, eve, bob], {"ann": {"eve"}, "eve": {"ann"}, "bob": set()})
    assert await heard_at(line, ann, AGENT_COMES)
    assert not await heard_at(line, eve, AGENT_COMES)
    await until_said(line, bob, WELCOME, place(2), place(1))  # the document is asked for again when the music is over

    await ann.hang_up()
    await who_hears_whom([eve, bob], {"eve": {"bob"}, "bob": {"eve"}})
    await until_said(line, bob, WELCOME, place(2), place(1), AGENT_COMES)
    await eve.hang_up()
    await until_said(line, bob, WELCOME, GOODBYE)
    await within_deadline(bob.wait_ended())


async def test_an_agent_whom_nobody_waits_for_hears_ringing_until_a_caller_comes(line: Stage) -> None:
    eve = await calls(line, "eve")
    await until_heard([eve], lambda heard: heard["eve"].hears(480.0))
    ann = await calls(line, "ann")
    await who_hears_whom([ann, eve], {"ann": {"eve"}, "eve": {"ann"}})
    assert not await heard_at(line, ann, place(1))
