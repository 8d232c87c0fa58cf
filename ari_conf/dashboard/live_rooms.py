"""What is shown of conferences, as JSON texts: each is written once, however many watch, and anew when it has changed."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from ari_conf.calls import CallBook
from ari_conf.conference import Conference, Participant
from ari_conf.recordings import Recording, Recordings
from ari_conf.rooms import Rooms

from . import views
from .live_ended import JustEnded
from .scope import Scope, is_seen
from .views import ConferenceHead

log = structlog.get_logger(__name__)

to_text = json.JSONEncoder(separators=(",", ":")).encode
"""JSON on one line, whatever is in it."""


@dataclass(slots=True)
class _Shown:
    """A conference as it is shown; the maps are those of the conference of which the texts were written."""

    head: ConferenceHead
    text: str
    present: Mapping[str, Participant] = field(default_factory=dict)
    expected: Mapping[str, Participant] = field(default_factory=dict)
    talking: Mapping[str, float] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    recordings: str = "[]"


@dataclass(frozen=True, slots=True)
class Changed:
    """What has changed of a conference since it was looked at last: its head, ``people`` by Call SID, its recordings."""

    sid: str
    account_sid: str
    head: bool
    people: Collection[str]
    recordings: bool


class ShownRooms:
    """The texts of running and just ended conferences. Conferences are immutable: what has changed is another object.

    ``calls`` are those that are up.
    """

    def __init__(
        self,
        rooms: Rooms,
        recordings: Recordings,
        ended: JustEnded,
        calls: CallBook,
    ) -> None:
        self._rooms = rooms
        self._recordings = recordings
        self._ended = ended
        self._calls = calls
        self._shown: dict[str, _Shown] = {}

    def take_up(self) -> None:
        """Write all that there is."""
        self._shown.clear()
        recorded = self.recorded()
        for sid in [*(conference.sid for conference in self._rooms.conferences), *self._ended.sids]:
            self.look(sid, recorded=recorded)

    def clear(self) -> None:
        """Forget all, for nobody watches."""
        self._shown.clear()

    def recorded(self) -> Mapping[str, Sequence[Recording]]:
        """Return the recordings that are not finished, by Conference SID."""
        found: dict[str, list[Recording]] = {}
        for one in self._recordings.unfinished:
            if one.conference_sid is not None:
                found.setdefault(one.conference_sid, []).append(one)
        return found

    def look(
        self, sid: str, calls: Collection[str] = (), *, recorded: Mapping[str, Sequence[Recording]] | None = None
    ) -> Changed | None:
        """Write anew what has changed of a conference; return None if nothing has.

        ``calls`` are those of which something else than their part in the conference may have changed; ``recorded`` is what
        ``recorded()`` returns now, None if none of the conference's recordings has changed.
        """
        try:
            return self._look(sid, calls, recorded)
        except Exception:  # one conference's fault must not hide all others
            log.exception("a conference cannot be shown", conference_sid=sid)
            return None

    def head(self, sid: str) -> str:
        """Return a conference's head; ``null`` if it is not shown any more."""
        shown = self._shown.get(sid)
        return shown.text if shown is not None else "null"

    def participant(self, sid: str, call_sid: str) -> str:
        """Return somebody in a conference; ``null`` if that one is not there any more."""
        shown = self._shown.get(sid)
        return shown.people.get(call_sid, "null") if shown is not None else "null"

    def recordings(self, sid: str) -> str:
        """Return a conference's recordings that are not finished."""
        shown = self._shown.get(sid)
        return shown.recordings if shown is not None else "[]"

    def present(self, sid: str) -> Collection[str]:
        """Return the Call SIDs of those in a conference."""
        shown = self._shown.get(sid)
        return shown.present.keys() if shown is not None else ()

    def all(self, scope: Scope) -> str:
        """Return every conference that is to be seen in this scope, as a JSON list."""
        seen = [(sid, shown) for sid, shown in self._shown.items() if is_seen(shown.head["account_sid"], scope)]
        return "[" + ",".join(_whole(shown) for _, shown in seen) + "]"

    def _look(self, sid: str, calls: Collection[str], recorded: Mapping[str, Sequence[Recording]] | None) -> Changed | None:
        before = self._shown.get(sid)
        running = self._rooms.running(sid)
        head = views.head(running) if running is not None else self._ended.get(sid)
        if head is None:
            if before is None:
                return None
            del self._shown[sid]
            return Changed(sid, before.head["account_sid"], head=True, people=(), recordings=False)
        shown = before or _Shown(head, "")
        has_new_head = before is None or head != before.head
        begins = has_new_head and (before is None or head["status"] != before.head["status"])
        if has_new_head:
            shown.head, shown.text = head, to_text(head)
        self._shown[sid] = shown
        people = self._look_at_people(shown, running, calls, everybody=begins)
        has_new_recordings = recorded is not None and self._look_at_recordings(shown, recorded.get(sid, ()))
        if not (has_new_head or people or has_new_recordings):
            return None
        return Changed(sid, head["account_sid"], has_new_head, people, has_new_recordings)

    def _look_at_people(
        self, shown: _Shown, conference: Conference | None, calls: Collection[str], *, everybody: bool
    ) -> set[str]:
        """Write those anew who have changed; return who that is, those who are gone included."""
        present, expected = (conference.participants, conference.expected) if conference is not None else ({}, {})
        gone = {call_sid for call_sid in shown.people if call_sid not in present and call_sid not in expected}
        for call_sid in gone:
            del shown.people[call_sid]
        if conference is None:
            shown.present, shown.expected = present, expected
            return gone
        begun_or_ceased = {call_sid for call_sid, _ in shown.talking.items() ^ conference.talking.items()}
        here = present.keys() if everybody else _changed(shown.present, present) | (begun_or_ceased & present.keys())
        called = expected.keys() if everybody else _changed(shown.expected, expected) | (expected.keys() & set(calls))
        shown.present, shown.expected, shown.talking = present, expected, conference.talking
        if here:
            notes = self._rooms.journal_of(conference.sid)
            for call_sid in here:
                view = views.present(conference, present[call_sid], self._calls.get(call_sid), notes)
                shown.people[call_sid] = to_text(view)
        for call_sid in called:
            shown.people[call_sid] = to_text(views.expected(expected[call_sid], self._calls.get(call_sid)))
        return gone | here | called

    @staticmethod
    def _look_at_recordings(shown: _Shown, recordings: Sequence[Recording]) -> bool:
        """Write the recordings anew; tell whether they have changed."""
        before, shown.recordings = shown.recordings, to_text([views.recording_view(one) for one in recordings])
        return before != shown.recordings


def _changed(before: Mapping[str, Participant], now: Mapping[str, Participant]) -> set[str]:
    """Return the Call SIDs of those who have come or are not as they were."""
    return set() if now is before else {call_sid for call_sid, one in now.items() if before.get(call_sid) is not one}


def _whole(shown: _Shown) -> str:
    in_order = [shown.people[call_sid] for call_sid in (*shown.present, *shown.expected)]
    return f'{shown.text[:-1]},"people":[{",".join(in_order)}],"recordings":{shown.recordings}}}'
