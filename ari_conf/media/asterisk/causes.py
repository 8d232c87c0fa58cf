"""Why calls end, in the numbers and words of Q.850."""

from typing import Final

from ari_conf.media.port import RejectReason

CODES: Final = {RejectReason.BUSY: "17", RejectReason.REJECTED: "1", RejectReason.UNAVAILABLE: "34"}
"""17 is "user busy" (SIP 486), 1 "unallocated number" (SIP 404), 34 "circuit/channel congestion" (SIP 503)."""

NORMAL: Final = 16

_TEXTS: Final = {
    0: "Normal Clearing",
    1: "Unallocated (unassigned) number",
    16: "Normal Clearing",
    17: "User busy",
    18: "No user responding",
    19: "User alerting, no answer",
    21: "Call rejected",
    31: "Normal, unspecified",
    32: "Circuit/channel congestion",
    38: "Network out of order",
    127: "Interworking, unspecified",
}
"""For the causes that Asterisk gives to SIP calls."""


def text_of(cause: int) -> str:
    """Return the words for a cause."""
    return _TEXTS.get(cause, f"cause {cause}")
