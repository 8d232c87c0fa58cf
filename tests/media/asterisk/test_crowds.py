"""Many phones at once on the real Asterisk: the matrix is right at the end, and nothing is left behind."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from statistics import median

from ari_conf.phones.phone import Heard, tone_of
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import ROOM_OF_THE_DIALLED_NAME, NumberSettings
from tests.stage import DEADLINE, set_stage

FAINT = 0.03
"""How loud each one talks, so that thirty do not clip."""

SECONDS = 10.0


@contextlib.asynccontextmanager
async def thirty_phones(asterisk: PrivateAsterisk, twiml: str) -> AsyncIterator[dict[int, SipPhone]]:
    """Thirty phones and a controller for them; whatever happens, all have hung up when it is over."""
    server = (asterisk.sip_host, asterisk.sip_port)
    async with set_stage(asterisk, NumberSettings(twiml=twiml)):
        phones = {number: SipPhone(f"phone {number}", tone_of(number), server=server, amplitude=FAINT) for number in range(30)}
        try:
            yield phones
        finally:
            await asyncio.gather(*(phone.hang_up() for phone in phones.values()))


def who(heard: Heard, count: int) -> set[int]:
    """Return who is heard in most half seconds; over ten seconds, one late packet would make a tone cancel out."""
    half = heard.rate // 2
    parts = [Heard(heard.samples[at : at + half], heard.rate) for at in range(0, len(heard.samples) - half + 1, half)]
    return {number for number in range(count) if median(part.amplitude(tone_of(number)) for part in parts) > FAINT / 2}


async def listen(phones: dict[int, SipPhone], expected: dict[int, set[int]], count: int) -> None:
    """Assert who hears whom, once it has settled."""
    async with asyncio.timeout(DEADLINE):
        while True:
            heard = await asyncio.gather(*(one.hear(0.6) for one in phones.values()))
            matrix = {number: who(ear, count) for number, ear in zip(phones, heard, strict=True)}
            if matrix == expected:
                return


async def test_thirty_in_one_room_hear_each_other_for_ten_seconds(asterisk: PrivateAsterisk) -> None:
    twiml = "<Response><Dial><Conference beep='false'>{{To}}</Conference></Dial></Response>"
    async with thirty_phones(asterisk, twiml) as phones:
        await asyncio.gather(*(one.dial("crowd") for one in phones.values()))
        expected = {number: set(phones) - {number} for number in phones}
        await listen(phones, expected, 30)
        heard = await asyncio.gather(*(one.hear(SECONDS) for one in phones.values()))
        assert {number: who(ear, 30) for number, ear in zip(phones, heard, strict=True)} == expected


async def test_ten_rooms_with_joins_and_leaves_at_random_end_as_they_should(asterisk: PrivateAsterisk) -> None:
    chance = random.Random(3)  # noqa: S311
    async with thirty_phones(asterisk, ROOM_OF_THE_DIALLED_NAME) as phones:

        async def comes_and_goes(number: int) -> None:
            for _ in range(chance.randrange(4)):
                await phones[number].dial(f"room {chance.randrange(10)}")
                await asyncio.sleep(chance.random() / 4)
                await phones[number].hang_up()
            await phones[number].dial(f"room {number // 3}")

        await asyncio.gather(*(comes_and_goes(number) for number in phones))
        rooms = {number: set(range(number - number % 3, number - number % 3 + 3)) for number in phones}
        await listen(phones, {number: room - {number} for number, room in rooms.items()}, 30)
