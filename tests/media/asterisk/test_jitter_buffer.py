"""jitterBufferSize, measured: an RTP sender whose packets come late by chance, and a listener in the same room.

Without a buffer, Asterisk mixes packets as they come, with gaps and in the wrong order; with one, what is late by no more than
the buffer is in its place, and everything comes later by the buffer's length.
"""

import asyncio
import json
from typing import cast

import numpy as np
import pytest

from ari_conf.media.asterisk import jitter_buffers
from ari_conf.media.asterisk.errors import AriRefusedError
from ari_conf.media.asterisk.jitter_buffers import JitterBuffers
from ari_conf.media.asterisk.link import AriLink
from ari_conf.media.asterisk.transport import AriResponse
from ari_conf.phones.phone import Heard
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import NumberSettings
from tests.stage import REAL_CLOCK, set_stage, until

TONE = 425.0
"""Hz: in 20 ms it has half a period too much, so that packets in another order do not fit together."""

BESIDE = {"measured": TONE, "on time": 1000.0, "listener": 700.0}


def damaged(heard: Heard) -> float:
    """Return the share of 20 ms stretches in which the tone does not go on from the one before, at an amplitude of 0.2.

    One that is damaged counts twice, for the next one does not go on from it.
    """
    length = heard.rate // 50
    samples = heard.samples[: len(heard.samples) // length * length].astype(np.float64) / 32768
    turning = np.exp(-2j * np.pi * TONE * np.arange(len(samples)) / heard.rate)
    found = 2 * np.mean((samples * turning).reshape(-1, length), axis=1)
    going_on = np.real(found[1:] * np.conj(found[:-1])) / 0.2
    return float(np.mean(going_on < 0.15))


async def share_damaged(
    asterisk: PrivateAsterisk, size: str, jitter: float, *, loss: float = 0.0, sequence: int | None = None
) -> float:
    twiml = f"<Response><Dial><Conference beep='false' jitterBufferSize='{size}'>Room</Conference></Dial></Response>"
    server = (asterisk.sip_host, asterisk.sip_port)
    async with set_stage(asterisk, NumberSettings(twiml=twiml)) as stage:
        sender = SipPhone("sender", TONE, server=server, jitter=jitter, loss=loss, sequence=sequence)
        listener = SipPhone("listener", 700.0, server=server)
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
    assert await share_damaged(asterisk, size, 0.0) < 0.04


async def test_without_a_buffer_late_packets_are_lost(asterisk: PrivateAsterisk) -> None:
    assert await share_damaged(asterisk, "off", 0.050) > 0.15


@pytest.mark.parametrize("size", ["medium", "large"])
async def test_a_buffer_saves_late_packets(asterisk: PrivateAsterisk, size: str) -> None:
    assert await share_damaged(asterisk, size, 0.035) < 0.06


@pytest.mark.parametrize("sequence", [1_000, 40_000, 65_500])
async def test_lost_packets_cost_no_more_than_themselves(asterisk: PrivateAsterisk, sequence: int) -> None:
    assert await share_damaged(asterisk, "medium", 0.0, loss=0.05, sequence=sequence) < 0.35


async def test_where_jitter_buffers_do_harm_there_are_none(
    asterisk: PrivateAsterisk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(jitter_buffers, "look", do_harm)
    assert await share_damaged(asterisk, "large", 0.050) > 0.15
    assert "callers get no jitter buffers" in capsys.readouterr().out


async def do_harm(_link: AriLink) -> JitterBuffers:
    return JitterBuffers.DO_HARM


@pytest.mark.parametrize(
    ("version", "said", "expected"),
    [
        ("22.10.1", "", JitterBuffers.WORK),
        ("22.10.1", "auto", JitterBuffers.WORK),
        ("22.10.1", "no", JitterBuffers.SWITCHED_OFF),
        ("20.6.0~dfsg+~cs6.13.40431414-2build5", "", JitterBuffers.DO_HARM),
        ("22.10.1+dfsg+~cs6.17.60671434-1", "auto", JitterBuffers.DO_HARM),
        ("22.10.1+dfsg+~cs6.17.60671434-1", "yes", JitterBuffers.WORK),
        ("22.10.1+dfsg+~cs6.17.60671434-1", None, JitterBuffers.DO_HARM),
        ("22.10.1", None, JitterBuffers.WORK),
    ],
)
async def test_whether_they_work(version: str, said: str | None, expected: JitterBuffers) -> None:
    class Link:
        def __init__(self) -> None:
            self.version = version

        async def call(self, resource: str, operation: str, *, variable: str) -> AriResponse:
            assert variable == "ARI_CONF_JITTER_BUFFER"
            if said is None:
                raise AriRefusedError(operation, resource, 404, "")
            return AriResponse(200, json.dumps({"value": said}).encode())

    assert await jitter_buffers.look(cast("AriLink", Link())) is expected


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
