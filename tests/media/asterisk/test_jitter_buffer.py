"""jitterBufferSize, measured: an RTP sender whose packets come late by chance, and a listener in the same room.

Without a buffer, Asterisk mixes what is there, and a late packet leaves a gap; with one, what is late by no more than the
buffer is in time, and everything comes later by the buffer's length.
"""

import asyncio

import numpy as np
import pytest

from ari_conf.phones.phone import Heard
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import NumberSettings
from tests.stage import REAL_CLOCK, set_stage, until

TONE = 400.0
BESIDE = {"measured": TONE, "on time": 1000.0, "listener": 700.0}


def damaged(heard: Heard) -> float:
    """Return the share of 20 ms stretches in which the tone is not as loud as it was sent."""
    length = heard.rate // 50
    stretches = heard.samples[: len(heard.samples) // length * length].reshape(-1, length).astype(np.float64) / 32768
    levels = np.sqrt(np.mean(np.square(stretches), axis=1)) * np.sqrt(2)
    return float(np.mean(levels < 0.15))


async def share_damaged(asterisk: PrivateAsterisk, size: str, jitter: float) -> float:
    twiml = f"<Response><Dial><Conference beep='false' jitterBufferSize='{size}'>Room</Conference></Dial></Response>"
    server = (asterisk.sip_host, asterisk.sip_port)
    async with set_stage(asterisk, NumberSettings(twiml=twiml)) as stage:
        sender, listener = SipPhone("sender", TONE, server=server, jitter=jitter), SipPhone("listener", 700.0, server=server)
        listener.talk(on=False)
        await sender.dial("room")
        await listener.dial("room")
        await until(lambda: [room.status for room in stage.controller.rooms.conferences] == ["in-progress"])
        async with asyncio.timeout(5):
            while not (await listener.hear(0.3)).hears(TONE):
                pass
        heard = await listener.hear(4.0)
        await asyncio.gather(sender.hang_up(), listener.hang_up())
    return damaged(heard)


@pytest.mark.parametrize("size", ["off", "small", "medium", "large"])
async def test_packets_in_time_are_never_damaged(asterisk: PrivateAsterisk, size: str) -> None:
    assert await share_damaged(asterisk, size, 0.0) < 0.02


async def test_without_a_buffer_late_packets_are_lost(asterisk: PrivateAsterisk) -> None:
    assert await share_damaged(asterisk, "off", 0.050) > 0.08


@pytest.mark.parametrize("size", ["medium", "large"])
async def test_a_buffer_saves_late_packets(asterisk: PrivateAsterisk, size: str) -> None:
    assert await share_damaged(asterisk, size, 0.035) < 0.03


def onset(heard: Heard, frequency: float) -> float:
    """Return when a tone begins, in seconds from the beginning, to 10 ms."""
    length = heard.rate // 50
    for start in range(0, len(heard.samples) - length, length // 2):
        if Heard(heard.samples[start : start + length], heard.rate).amplitude(frequency) > 0.1:
            return start / heard.rate
    raise AssertionError(f"{frequency} Hz was not heard")


@pytest.mark.parametrize(("size", "added"), [("off", 0.0), ("small", 0.020), ("medium", 0.040), ("large", 0.060)])
async def test_a_buffer_delays_by_its_length(asterisk: PrivateAsterisk, size: str, added: float) -> None:
    twiml = "<Response><Dial><Conference beep='false' jitterBufferSize='{}'>Room</Conference></Dial></Response>"
    numbers = (NumberSettings(match="measured", twiml=twiml.format(size)), NumberSettings(twiml=twiml.format("off")))
    server = (asterisk.sip_host, asterisk.sip_port)
    async with set_stage(asterisk, *numbers) as stage:
        measured, on_time, listener = (SipPhone(name, tone, server=server) for name, tone in BESIDE.items())
        for phone in (measured, on_time, listener):
            phone.talk(on=False)
            await phone.dial(phone.name)
        await until(lambda: [len(room.participants) for room in stage.controller.rooms.conferences] == [3])
        listening = asyncio.create_task(listener.hear(1.5))
        await REAL_CLOCK.let_pass(0.5)
        measured.talk(on=True)
        on_time.talk(on=True)
        heard = await listening
        await asyncio.gather(*(phone.hang_up() for phone in (measured, on_time, listener)))
    assert onset(heard, measured.tone) - onset(heard, on_time.tone) == pytest.approx(added, abs=0.025)
