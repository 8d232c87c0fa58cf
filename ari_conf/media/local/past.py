"""What an earlier life of the controller has left of this engine's calls: nothing but what had been recorded."""

from collections.abc import Callable, Container, Sequence

from ari_conf.media.port import CallEnded, EngineEvent, KnownCall, KnownRecording, Unanswered

from .recorder import Recorder

_CAUSE = "the controller was restarted"


class Past:
    """The calls and recordings that are remembered, until what has become of them is told.

    ``recorder`` opens the file of a recording of that name, with so many channels.
    """

    def __init__(self, recorder: Callable[[str, int], Recorder]) -> None:
        self._recorder = recorder
        self._calls: list[KnownCall] = []
        self._recordings: list[KnownRecording] = []

    def remember(self, calls: Sequence[KnownCall], recordings: Sequence[KnownRecording]) -> None:
        """Note what there was."""
        self._calls += calls
        self._recordings += recordings

    def told(self, calls: Container[str], mixes: Container[str]) -> list[EngineEvent]:
        """Return, once, what is to be told: ``calls`` and the recordings of ``mixes`` go on, all others have ended."""
        gone = [call for call in self._calls if call.call_sid not in calls]
        ends: list[EngineEvent] = [CallEnded(call.call_sid, _CAUSE, _unanswered(call)) for call in gone]
        recordings = [recording for call in gone for recording in call.recordings]
        recordings += [recording for recording in self._recordings if recording.name not in mixes]
        ends += [self._recorder(known.name, 2 if known.dual else 1).finish() for known in recordings]
        self._calls, self._recordings = [], []
        return ends


def _unanswered(call: KnownCall) -> Unanswered | None:
    return Unanswered.FAILED if call.placed and not call.answered else None
