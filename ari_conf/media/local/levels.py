"""How loud those speak whom somebody watches, frame by frame."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from ari_conf.conference import Coaching, InMix
from ari_conf.media.levels import LEVEL_SECONDS, Loudness, OnLevels

from .call import Call
from .mixer import FRAME_SECONDS

_FRAMES: Final = round(LEVEL_SECONDS / FRAME_SECONDS)


def _nobody(_levels: Mapping[str, float]) -> None:
    pass


class LevelWatch:
    """Costs nothing while nobody watches."""

    def __init__(self) -> None:
        self._wanted: frozenset[str] = frozenset()
        self._tell: OnLevels = _nobody
        self._watched: list[tuple[Call, Loudness]] = []
        self._frames = 0

    def want(self, call_sids: Collection[str], tell: OnLevels) -> None:
        """Watch these from the next arrangement on, in the place of others."""
        self._wanted = frozenset(call_sids)
        self._tell = tell

    def wants(self, call: Call) -> bool:
        """Tell whether a call is watched, so that its voice has to be put into ``said``."""
        return call.sid in self._wanted

    def arrange(self, calls: Iterable[Call]) -> None:
        """Take note of who is there now, and where its voice is put."""
        before = {call.sid: loudness for call, loudness in self._watched}
        self._watched = [(call, before.get(call.sid) or Loudness()) for call in calls if call.answered and self.wants(call)]

    def pass_frame(self) -> bool:
        """Take what was said in this frame, and tell the levels when it is time; return whether it was."""
        if not self._watched:
            return False
        for call, loudness in self._watched:
            if not _muted(call):
                loudness.add(call.said)
        self._frames += 1
        if self._frames < _FRAMES:
            return False
        self._frames = 0
        self._tell({call.sid: loudness.take() for call, loudness in self._watched})
        return True


def _muted(call: Call) -> bool:
    return isinstance(call.placement, InMix | Coaching) and call.placement.muted
