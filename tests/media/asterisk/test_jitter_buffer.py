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
from tests.stage import set_stage, until

TONE = 400.0


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
