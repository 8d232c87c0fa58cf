"""What an engine tells, and of whom: a call is known by its Call SID alone."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SipRequest:
    """The INVITE that a caller has sent. The URIs are as they came, without parameters; ``headers`` are those named ``X-…``."""

    from_uri: str
    to_uri: str
    call_id: str = ""
    source_ip: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A caller wants in; nothing has been answered yet. ``to`` is what was dialled, ``from_`` who calls.

    ``sip`` is None for a caller that did not come by SIP.
    """

    call_sid: str
    from_: str
    to: str
    sip: SipRequest | None = None


class Unanswered(StrEnum):
    """Why a call that was placed has not been answered."""

    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"
    """We have hung up before."""


@dataclass(frozen=True, slots=True)
class CallRinging:
    """The other side of a call that was placed rings. Told at most once for each call."""

    call_sid: str


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The other side of a call that was placed has answered."""

    call_sid: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over, by whatever side. Told once for each call. ``cause`` is the network's word for it.

    For a call that was placed, ``unanswered`` says why nobody has answered (None: somebody had), and ``sip_status`` is the last
    SIP status that the called side sent (200, 486, …), if that is known; ``sip_call_id`` its Call-ID.
    """

    call_sid: str
    cause: str
    unanswered: Unanswered | None = None
    sip_status: int | None = None
    sip_call_id: str = ""


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """A caller has pressed a key: one of ``0123456789*#ABCD``."""

    call_sid: str
    digit: str


@dataclass(frozen=True, slots=True)
class TalkingChanged:
    """A caller in a mix whose plan asks for it, or outside of whom ``detect_talking`` asked, starts or stops talking."""

    call_sid: str
    talking: bool


@dataclass(frozen=True, slots=True)
class RecordingFinished:
    """A recording is over and at ``path``: a 16-bit WAV file, which is the reader's to keep or remove.

    Without a ``path`` there is none, and ``failure`` says why. ``name`` is the SID of a mix, or for a call what was given to
    ``record``.
    """

    name: str
    path: Path | None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class EngineLost:
    """The connection to the engine is gone; calls go on there. ``final``: it will not come back by itself."""

    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class EngineBack:
    """The connection is back and everything has been compared; what ended meanwhile was told before this."""

    gap_seconds: float


EngineEvent = (
    CallArrived
    | CallRinging
    | CallAnswered
    | CallEnded
    | DigitPressed
    | TalkingChanged
    | RecordingFinished
    | EngineLost
    | EngineBack
)
