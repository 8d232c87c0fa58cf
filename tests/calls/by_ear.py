"""What the application plays in these tests, and how it is recognised."""

import io

import soundfile
from aiohttp import web

from ari_conf.audio.tones import tone
from ari_conf.phones.phone import AUDIBLE, Heard, Phone
from tests.app_server import Handler
from tests.stage import until_heard

JINGLE = 1325.0
OTHER_JINGLE = 1625.0
"""A second pitch for what the application plays."""
"""The pitch of what the application plays."""

QUIET = 0.004


def sound(seconds: float = 3.0, frequency: float = JINGLE, form: str = "WAV") -> Handler:
    body = io.BytesIO()
    soundfile.write(body, tone(frequency, seconds, rate=16000), 16000, format=form)
    kind = "audio/mpeg" if form == "MP3" else "audio/wav"
    return lambda _: web.Response(body=body.getvalue(), content_type=kind)


def for_a_moment(heard: Heard, frequency: float, seconds: float = 0.1) -> float:
    """Return the largest amplitude of a frequency in any stretch of this length."""
    length = int(heard.rate * seconds)
    stretches = (heard.samples[start : start + length] for start in range(0, len(heard.samples) - length, length // 2))
    return max((Heard(stretch, heard.rate).amplitude(frequency) for stretch in stretches), default=0.0)


async def until_jingle(phone: Phone, frequency: float = JINGLE, *, there: bool = True) -> None:
    await until_heard([phone], lambda heard: (heard[phone.name].amplitude(frequency) > AUDIBLE) is there)


async def until_quiet(phone: Phone) -> None:
    await until_heard([phone], lambda heard: heard[phone.name].level < QUIET)
