"""``examples/pin_conference.py``: who knows the PIN is greeted and joins, who does not is told goodbye."""

from collections.abc import AsyncIterator

import pytest

from ari_conf.audio.tones import BEEP
from ari_conf.phones.phone import AUDIBLE, Phone
from ari_conf.private_asterisk import PrivateAsterisk
from tests.calls.by_ear import for_a_moment
from tests.examples.running import run_example, stage_of
from tests.examples.spoken import heard_at, until_said
from tests.stage import TONES, Stage, until_heard, who_hears_whom, within_deadline

ENTER = "Please enter the PIN."
SAY_NAME = "Please say your name, and press pound."


@pytest.fixture
async def line(asterisk: PrivateAsterisk) -> AsyncIterator[Stage]:
    async with run_example("pin_conference", PIN="1234", MODERATOR_PIN="9876") as example, stage_of(example, asterisk) as stage:
        yield stage


async def calls(line: Stage, name: str) -> Phone:
    phone = line.phone(name)
    phone.talk(on=False)
    await phone.dial("conference")
    return phone


async def enters(phone: Phone, digits: str) -> None:
    for digit in digits:
        await phone.press(digit)


async def comes_in(line: Stage, name: str, digits: str) -> Phone:
    """Call, enter the PIN, and say a name, which is this phone's tone."""
    phone = await calls(line, name)
    await until_said(line, phone, ENTER)
    await enters(phone, digits)
    await until_said(line, phone, ENTER, SAY_NAME)
    await until_heard([phone], lambda _: for_a_moment(phone.recording(), BEEP) > AUDIBLE)
    phone.talk(on=True)
    await phone.hear(1.0)
    phone.talk(on=False)
    await phone.press("#")
    await until_heard([phone], lambda heard: heard[name].hears(TONES[name]))  # what was recorded is played
    await until_said(line, phone, ENTER, SAY_NAME, "Welcome.")
    return phone


async def test_guests_wait_with_music_until_the_moderator_comes_and_all_are_out_when_the_moderator_goes(line: Stage) -> None:
    bob = await comes_in(line, "bob", "1234")
    await until_heard([bob], lambda heard: heard["bob"].level > AUDIBLE and not heard["bob"].hears(TONES["bob"]))
    (conference,) = line.controller.rooms.conferences
    assert conference.friendly_name == "board"
    ann = await comes_in(line, "ann", "9876")
    bob.talk(on=True)
    ann.talk(on=True)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await ann.hang_up()
    await within_deadline(bob.wait_ended())


async def test_who_says_no_name_joins_without_one(line: Stage) -> None:
    cid = await calls(line, "cid")
    await until_said(line, cid, ENTER)
    await enters(cid, "9876")
    await until_said(line, cid, ENTER, SAY_NAME)
    await until_heard([cid], lambda _: for_a_moment(cid.recording(), BEEP) > AUDIBLE)
    await cid.press("#")
    await until_said(line, cid, ENTER, SAY_NAME, "Welcome.")
    await line.until(lambda: bool(line.controller.rooms.conferences))


async def test_after_three_wrong_pins_the_call_is_over(line: Stage) -> None:
    dee = await calls(line, "dee")
    for tries in range(3):
        await until_said(line, dee, *[ENTER] * (tries + 1))
        await enters(dee, "0000")
    await within_deadline(dee.wait_ended())
    assert len(await heard_at(line, dee, ENTER)) == 3
    await until_said(line, dee, ENTER, "This is not right. Goodbye.")
    assert not line.controller.rooms.conferences
