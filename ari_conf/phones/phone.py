"""A phone as a test sees it, whichever engine it calls: dial, talk, listen, press a key, hang up."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Mono 16-bit PCM."""

AUDIBLE = 0.02
"""Amplitude (1.0 is full scale) from which on a tone counts as heard; phones talk at 0.2."""


_LOWEST_TONES = (400.0, 475.0, 437.5, 512.5)
_TONES_IN_A_ROW = 16


def tone_of(index: int) -> float:
    """Return the tone (Hz) for phone number ``index`` of up to 64: 400, 550, 700 … 2650, then between those.

    No tone is the second or third harmonic of another. Raises ``ValueError`` beyond 63.
    """
    if not 0 <= index < _TONES_IN_A_ROW * len(_LOWEST_TONES):
        raise ValueError(f"there are 64 tones, numbered from 0: there is no tone {index}")
    row, place = divmod(index, _TONES_IN_A_ROW)
    return _LOWEST_TONES[row] + 150 * place


class CallRefusedError(Exception):
    """The call was not taken. ``status`` is the SIP status (486 busy, 404 not found, 603 …)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"the call was refused: {status} {reason}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of what a phone heard: mono 16-bit ``samples`` at ``rate`` Hz."""

    samples: Samples
    rate: int

    def amplitude(self, frequency: float) -> float:
        """Return the amplitude of one frequency (Hz) over the whole stretch; 1.0 is a full-scale sine."""
        if not len(self.samples):
            return 0.0
        window = np.hanning(len(self.samples))
        phase = np.exp(-2j * np.pi * frequency / self.rate * np.arange(len(self.samples)))
        return float(2 * abs(np.sum(self.samples * window * phase)) / np.sum(window) / 32768)

    def hears(self, frequency: float) -> bool:
        """Tell whether a phone that sends ``frequency`` (Hz) is heard."""
        return self.amplitude(frequency) >= AUDIBLE

    @property
    def level(self) -> float:
        """The root mean square of the stretch; 1.0 is a full-scale square wave, 0.0 digital silence."""
        if not len(self.samples):
            return 0.0
        return float(np.sqrt(np.mean(np.square(self.samples.astype(np.float64))))) / 32768


@dataclass(frozen=True, slots=True)
class Incoming:
    """Somebody calls: ``from_`` is who that seems to be, ``to`` what was dialled, ``headers`` those named ``X-…``."""

    from_: str
    to: str
    headers: tuple[tuple[str, str], ...] = ()


class Phone(Protocol):
    """One phone, one call at a time. Times in seconds, frequencies in Hz."""

    name: str
    tone: float
    """The frequency that this phone talks with."""

    async def dial(self, to: str) -> None:
        """Call ``to`` and return when it is answered, already talking. Raises ``CallRefusedError``."""
        ...

    def talk(self, *, on: bool) -> None:
        """Send the tone, or silence."""
        ...

    async def hear(self, seconds: float) -> Heard:
        """Listen from now on for ``seconds`` and return what was heard."""
        ...

    async def press(self, key: str) -> None:
        """Press one of ``0123456789*#`` (RFC 4733 on SIP phones)."""
        ...

    async def hang_up(self) -> None:
        """End the call; does nothing if there is none."""
        ...

    async def wait_ended(self) -> None:
        """Return when the call is over, whoever ended it."""
        ...

    def recording(self) -> Heard:
        """Return everything heard since the call was answered."""
        ...


class CallablePhone(Phone, Protocol):
    """A phone that can be called, too."""

    @property
    def number(self) -> str:
        """What it calls from, and what others dial to reach it."""
        ...

    @property
    def keys_heard(self) -> str:
        """The keys that the other side of the present call has pressed (telephone events), in order."""
        ...

    async def ringing(self) -> Incoming:
        """Wait until somebody calls this phone, and return who; it rings until ``pick_up``, ``refuse`` or the caller's end."""
        ...

    async def pick_up(self) -> None:
        """Answer the call that rings, and return when that has reached the caller's side, already talking."""
        ...

    async def refuse(self, status: int = 486) -> None:
        """Refuse the call that rings with this SIP status."""
        ...
