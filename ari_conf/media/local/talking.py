"""Who talks: the level of each voice in a room, frame by frame."""

from collections.abc import Callable, Sequence

import numpy as np

from ari_conf.audio import FULL_SCALE, Samples
from ari_conf.media.port import TalkingChanged

from .call import Call
from .mixer import FRAME_SECONDS

TALKING_LEVEL = 0.01
"""The root mean square of a frame (1.0 is full scale) above which somebody talks: -40 dBFS."""

SILENCE_SECONDS = 0.500
"""How long somebody has to be silent to be one who no longer talks."""

_SILENT_FRAMES = round(SILENCE_SECONDS / FRAME_SECONDS)


class TalkDetector:
    """Tells who of a room's mix starts and stops talking; whoever is not heard does neither."""

    def __init__(self, calls: Sequence[Call], voices: Samples, tell: Callable[[TalkingChanged], None]) -> None:
        """Watch ``voices``, whose first rows belong to ``calls``; other rows are to be silent."""
        self._calls = calls
        self._voices = voices
        self._tell = tell
        self._talking = [call for call in calls if call.talking]
        self._energy = voices.shape[1] * (TALKING_LEVEL * FULL_SCALE) ** 2

    def watch(self) -> None:
        """Judge the frame that the voices hold now."""
        voices = self._voices.astype(np.float32)
        loud = np.flatnonzero(np.einsum("ij,ij->i", voices, voices) > self._energy).tolist()
        for call in self._talking:
            call.silent_frames += 1
        for row in loud:
            call = self._calls[row]
            call.silent_frames = 0
            if not call.talking:
                self._change(call, talking=True)
        for call in [call for call in self._talking if call.silent_frames >= _SILENT_FRAMES]:
            self._change(call, talking=False)

    def _change(self, call: Call, *, talking: bool) -> None:
        call.talking = talking
        (self._talking.append if talking else self._talking.remove)(call)
        self._tell(TalkingChanged(call.sid, talking))
