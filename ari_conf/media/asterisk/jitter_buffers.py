"""Whether callers may have jitter buffers in an Asterisk, without a lost packet costing their voices for minutes.

In Debian's builds, and in Ubuntu's, it does, unless they have been mended: ``ari_conf.private_asterisk.mend`` says why. A
caller without a buffer is heard with small gaps when packets come late; that is far less.
"""

from typing import Final

from .errors import AriRefusedError
from .link import AriLink

_SAID: Final = "ARI_CONF_JITTER_BUFFER"
"""The global variable in which Asterisk's configuration says yes, no or auto."""

_OF_DEBIAN: Final = "dfsg"
"""In the version of every Asterisk that Debian and Ubuntu have built."""

WITHOUT: Final = (
    "callers get no jitter buffers (jitterBufferSize has no effect), as Asterisk's configuration says so, or as it is Debian's "
    "build, which loses voices behind them; mend that with `ari-conf asterisk mend`, and configure it with JITTER_BUFFER=yes"
)
"""What is said where they do not work."""


async def work(link: AriLink) -> bool:
    """Ask Asterisk. Raises ``EngineUnavailableError`` if there is no answer."""
    try:
        answer = (await link.call("asterisk", "getGlobalVar", variable=_SAID)).json()
    except AriRefusedError:
        answer = None
    said = answer.get("value") if isinstance(answer, dict) else None
    return said == "yes" or (said != "no" and _OF_DEBIAN not in link.version)
