"""The beep with which somebody comes or goes, as one who is in the conference hears it."""

from collections.abc import Awaitable
from typing import Any

from ari_conf.audio.tones import BEEP
from ari_conf.phones.phone import AUDIBLE, Heard
from tests.calls.by_ear import for_a_moment
from tests.sdk.program import Meeting
from tests.stage import listen

TWO_BEEPS = 0.5
"""Seconds after which a beep that has begun is over."""


async def beep_is_heard(meeting: Meeting, listener: str, step: Awaitable[Any], *, there: bool) -> None:
    """Let somebody come or go; assert that there is a beep, which is over then, or none once all hear whom they should."""
    phone = meeting[listener]
    before = len(phone.recording().samples)

    def loudest() -> float:
        recording = phone.recording()
        return for_a_moment(Heard(recording.samples[before:], recording.rate), BEEP)

    await step
    if there:
        await meeting.desk.stage.until(lambda: loudest() > AUDIBLE)
        await listen([phone], TWO_BEEPS)
    else:
        await meeting.agrees()
        assert loudest() < AUDIBLE
