"""What is asked of one caller's channel: what it is sent outside a bridge, its microphone, whether its talking is told.

All of it may be repeated, and passes over a channel that is gone.
"""

from typing import Final

from .errors import GONE, AriRefusedError
from .leg import Audio, Leg
from .link import AriLink

MUSIC_CLASS: Final = "ari_conf"
"""The class in musiconhold.conf whose music plays for those who wait."""

TALK_DETECT_SILENCE: Final = 500
"""Milliseconds of silence after which somebody has stopped talking."""

JITTER_RESYNC: Final = 1000
"""Milliseconds by which a stream's time has to jump for its jitter buffer to begin anew."""


async def send(link: AriLink, leg: Leg, wanted: Audio) -> None:
    """Change what a channel outside the bridges is sent."""
    before, leg.audio = leg.audio, Audio.UNKNOWN
    if before in {Audio.MUSIC, Audio.UNKNOWN} and wanted is not Audio.MUSIC:
        await _ask(link, leg, "stopMoh")
    if before in {Audio.SILENCE, Audio.UNKNOWN} and wanted is not Audio.SILENCE:
        await _ask(link, leg, "stopSilence")
    if wanted is Audio.MUSIC:
        await _ask(link, leg, "startMoh", mohClass=MUSIC_CLASS)
    elif wanted is Audio.SILENCE:
        await _ask(link, leg, "startSilence")
    leg.audio = wanted


async def mute(link: AriLink, leg: Leg, *, muted: bool) -> None:
    """Close or open a caller's microphone, in a bridge or not.

    ``addChannel?mute=true`` is of another kind, and not taken back by this.
    """
    if leg.muted is not muted:
        leg.muted = None
        await _ask(link, leg, "mute" if muted else "unmute", direction="in")
        leg.muted = muted


async def detect_talking(link: AriLink, leg: Leg, *, wanted: bool) -> None:
    """Have it told when the caller starts and stops talking, or no longer."""
    before = leg.detects_talking
    if before is wanted:
        return
    leg.detects_talking = None
    if before is not False:
        await _set(link, leg, "TALK_DETECT(remove)", "")  # setting it again would leave it as it is
    if wanted:
        await _set(link, leg, "TALK_DETECT(set)", str(TALK_DETECT_SILENCE))
    leg.detects_talking = wanted


async def set_jitter_buffer(link: AriLink, leg: Leg, milliseconds: int) -> None:
    """Smooth what comes from the caller; 0 is no buffer."""
    detects = leg.detects_talking
    if detects:
        # Both hook into the caller's audio, in the order of their setting; talking is to be found in what has been smoothed.
        await detect_talking(link, leg, wanted=False)
    if milliseconds:
        await _set(link, leg, "JITTERBUFFER(fixed)", f"{milliseconds},{JITTER_RESYNC}")
    else:
        await _set(link, leg, "JITTERBUFFER(disabled)", "")
    if detects:
        await detect_talking(link, leg, wanted=True)


async def _set(link: AriLink, leg: Leg, variable: str, value: str) -> None:
    await _ask(link, leg, "setChannelVar", variable=variable, value=value)


async def _ask(link: AriLink, leg: Leg, operation: str, **parameters: str) -> None:
    try:
        await link.call("channels", operation, channelId=leg.channel_id, **parameters)
    except AriRefusedError as error:
        if error.status not in GONE:
            raise
