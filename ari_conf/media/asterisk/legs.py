"""All calls that there are, by Call SID and by channel."""

from collections.abc import Callable, Iterator

from ari_conf.media.port import CallEnded, CallGoneError, EngineEvent

from .leg import Leg
from .playback import Outcome

_ANSWERED = 200


class Legs:
    """``by_sid`` and ``by_channel`` hold the same calls. ``tell`` is told the end of each."""

    def __init__(self, tell: Callable[[EngineEvent], None]) -> None:
        self.by_sid: dict[str, Leg] = {}
        self.by_channel: dict[str, Leg] = {}
        self._tell = tell

    def __iter__(self) -> Iterator[Leg]:
        return iter(tuple(self.by_sid.values()))

    def __len__(self) -> int:
        return len(self.by_sid)

    def get(self, call_sid: str) -> Leg:
        """Return a call. Raises ``CallGoneError``."""
        try:
            return self.by_sid[call_sid]
        except KeyError:
            raise CallGoneError(f"call {call_sid} has ended") from None

    def add(self, leg: Leg) -> None:
        """Take a new call in."""
        self.by_sid[leg.call_sid] = self.by_channel[leg.channel_id] = leg

    def found(self, leg: Leg, channel_id: str) -> None:
        """Note which channel a call is that was known by its Call SID alone."""
        del self.by_channel[leg.channel_id]
        leg.channel_id = channel_id
        self.by_channel[channel_id] = leg

    def forget(self, leg: Leg) -> None:
        """Know a call no longer, without telling anybody."""
        self.by_sid.pop(leg.call_sid, None)
        self.by_channel.pop(leg.channel_id, None)
        leg.ended.set()

    def end(self, channel_id: str, words: str = "", cause: int | None = None) -> None:
        """Note and tell that a channel is gone; ``words`` say why, if the network's own words are not known."""
        leg = self.by_channel.get(channel_id)
        if leg is None:
            return
        self.forget(leg)
        for playback in [*leg.plays, *leg.whispers]:
            playback.end(Outcome.CALL_ENDED)
        words = words or leg.hangup_cause
        placed = leg.placed
        if placed is None:
            self._tell(CallEnded(leg.call_sid, words))
        elif leg.answered:
            self._tell(CallEnded(leg.call_sid, words, None, _ANSWERED, placed.sip_call_id))
        else:
            self._tell(CallEnded(leg.call_sid, words, placed.unanswered(cause), placed.sip_status, placed.sip_call_id))
