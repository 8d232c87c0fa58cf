"""What somebody did in a conference, stay by stay, made of the events that were kept. Pure.

Events may be missing: a database that did not keep up has dropped them, and earlier versions kept less of them. Then what is
known of the stay itself counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ari_conf.store import EventRow, ParticipantRow

from .segments import Segment, segments

JOIN = "participant-join"


@dataclass(slots=True)
class Stay:
    """One stay and the events in it. ``left_at`` is None while it lasts."""

    row: ParticipantRow
    left_at: float | None
    events: list[EventRow] = field(default_factory=list)

    @property
    def span(self) -> Segment:
        """From the join to the leave."""
        return self.row.joined_at, self.left_at

    def talk(self) -> list[Segment]:
        """Return when the participant talked."""
        return self._segments("participant-speech-start", "participant-speech-stop", finally_=False)

    def muted(self) -> list[Segment]:
        """Return when the participant was muted."""
        return self._segments("participant-mute", "participant-unmute", "muted", finally_=self.row.muted)

    def hold(self) -> list[Segment]:
        """Return when the participant was on hold."""
        return self._segments("participant-hold", "participant-unhold", "hold", finally_=self.row.hold)

    def coaching(self) -> Iterator[tuple[str, Segment]]:
        """Yield whom the participant coached, and when, in order."""
        told = [event for event in self.events if "coaching" in event.data]
        turns = [(event.at, _coached(event)) for event in told]
        if not (told and told[0].kind == JOIN):
            before = self.row.call_sid_to_coach if self.row.coaching and not told else None
            turns.insert(0, (self.row.joined_at, before))
        ends = [*(at for at, _ in turns[1:]), self.left_at]
        merged: list[tuple[str, Segment]] = []
        for (at, coached), end in zip(turns, ends, strict=True):
            if coached is None:
                continue
            for one in segments((), at, end, initially=True):
                if merged and merged[-1][0] == coached and merged[-1][1][1] == one[0]:
                    merged[-1] = coached, (merged[-1][1][0], one[1])
                else:
                    merged.append((coached, one))
        yield from merged

    def _segments(self, begins: str, ends: str, flag: str = "", *, finally_: bool) -> list[Segment]:
        changes = [(event.at, event.kind == begins) for event in self.events if event.kind in {begins, ends}]
        joined = next((event.data for event in self.events if event.kind == JOIN), {})
        # What changes was otherwise before; what never changes was from the beginning what it is lastly.
        initially = joined[flag] == "true" if flag in joined else not changes[0][1] if changes and flag else finally_
        return segments(changes, *self.span, initially=initially)


def stays_of(rows: Sequence[ParticipantRow], events: Sequence[EventRow], end: float | None) -> list[Stay]:
    """Return the stays of one call, in order, each with its events.

    ``events`` are the call's, in order. ``end`` is that of the conference, None while it runs: nobody stays longer.
    """
    stays = [Stay(row, end if row.left_at is None else row.left_at) for row in sorted(rows, key=lambda row: row.joined_at)]
    place = 0
    for event in events:
        if event.kind == JOIN:
            # A call that comes back at once has left in the same instant.
            place = next((index for index in range(place, len(stays)) if stays[index].row.joined_at >= event.at), place)
        else:
            while place + 1 < len(stays) and event.at >= stays[place + 1].row.joined_at and event.at > _end(stays[place]):
                place += 1
        stays[place].events.append(event)
    return stays


def _end(stay: Stay) -> float:
    return float("inf") if stay.left_at is None else stay.left_at


def _coached(event: EventRow) -> str | None:
    return event.data.get("call_sid_to_coach") if event.data["coaching"] == "true" else None
