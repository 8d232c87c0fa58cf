"""Whether callers may have jitter buffers in an Asterisk, without a lost packet costing their voices for minutes.

In Debian's builds, and in Ubuntu's, it does, unless they have been mended: ``ari_conf.private_asterisk.mend`` says why. A
caller without a buffer is heard with small gaps when packets come late; that is far less.
"""

from enum import Enum, auto
from typing import Final

from .errors import AriRefusedError
from .link import AriLink

_SAID: Final = "ARI_CONF_JITTER_BUFFER"
"""The global variable in which Asterisk's configuration says yes, no or auto."""

_OF_DEBIAN: Final = "dfsg"
"""In the version of every Asterisk that Debian and Ubuntu have built."""

HARM: Final = (
    "callers get no jitter buffers (jitterBufferSize has no effect): this Asterisk is Debian's and loses voices behind them; "
    "mend it with `ari-conf asterisk mend` and configure it with JITTER_BUFFER=yes, or configure JITTER_BUFFER=no to do without"
)
"""What is said where they would do harm."""


class JitterBuffers(Enum):
    """What becomes of callers' jitter buffers in an Asterisk."""

    WORK = auto()
    SWITCHED_OFF = auto()
    """Its configuration says so."""
    DO_HARM = auto()


async def look(link: AriLink) -> JitterBuffers:
    """Ask Asterisk. Raises ``EngineUnavailableError`` if there is no answer."""
    try:
        answer = (await link.call("asterisk", "getGlobalVar", variable=_SAID)).json()
    except (AriRefusedError, ValueError):
        answer = None
    said = answer.get("value") if isinstance(answer, dict) else None
    if said == "no":
        return JitterBuffers.SWITCHED_OFF
    if said == "yes" or _OF_DEBIAN not in link.version:
        return JitterBuffers.WORK
    return JitterBuffers.DO_HARM
