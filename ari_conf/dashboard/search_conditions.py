"""What has to be true of a conference, a participant, a call or a recording that fits a query."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, select

from ari_conf.rest.calls_list import LIVE, over_with
from ari_conf.sids import SidKind
from ari_conf.store.tables import calls, conferences, participants, recordings

from .scope import Scope
from .search_places import Contains, Places
from .search_query import Query

Conditions = list[ColumnElement[bool]]

_BEGINNING: Final = re.compile(r"[A-Z]{2}[0-9a-f]{4,32}", re.IGNORECASE)
"""Of a SID: so many digits that it is hardly a word."""

_AFTER_HEX: Final = "g"
"""Comes after every digit that a SID has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What is running now, by SID, with the status that it has; all else is over, whatever its row says."""

    conferences: Mapping[str, str]
    calls: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A query, the ``places`` of its words, and what may be seen."""

    query: Query
    places: Mapping[str, Places]
    scope: Scope
    running: Running
    contains: Contains

    def conferences(self) -> Conditions:
        """Return what has to be true of a conference."""
        query, column = self.query, conferences.c
        found = [*self._seen(column.account_sid), *self._times(column.created_at)]
        for word in query.texts:
            # Of many rooms the latest are soon found; with few, nobody has to look through all.
            named = self._named(column, word)
            found.append(named | column.sid.in_(self.places[word].conferences_of_calls) | _may_begin(column.sid, word))
        found += [self._named(column, word) for word in query.rooms]
        found += [column.sid.in_(self.places[word].conferences_of_calls) for word in (*query.labels, *query.numbers)]
        for prefix in query.calls:
            of_call = _begins(participants.c.call_sid, prefix)
            found.append(column.sid.in_(select(participants.c.conference_sid).where(of_call)))
        for sid in query.sids:
            by_kind = {
                SidKind.CONFERENCE: column.sid == sid,
                SidKind.CALL: column.sid.in_(select(participants.c.conference_sid).where(participants.c.call_sid == sid)),
                SidKind.RECORDING: column.sid.in_(select(recordings.c.conference_sid).where(recordings.c.sid == sid)),
                SidKind.ACCOUNT: column.account_sid == sid,
            }
            found.append(by_kind[SidKind(sid[:2])])
        return [*found, *self._status_of_conference(column.sid)]

    def participants(self) -> Conditions:
        """Return what has to be true of a stay."""
        query, column = self.query, participants.c
        # Not a join, by which SQLite would look at all conferences first.
        of = select(conferences.c.account_sid).where(conferences.c.sid == column.conference_sid).scalar_subquery()
        found = [*self._times(column.joined_at), *self._status_of_conference(column.conference_sid)]
        found += [self._of_stay(word) | column.conference_sid.in_(self.places[word].rooms) for word in query.texts]
        if query.texts:
            # Whoever looks for a room alone does not look for all who were in it.
            found.append(reduce(or_, (self._of_stay(word) for word in query.texts)))
        found += [column.conference_sid.in_(self.places[word].rooms) for word in query.rooms]
        found += [self._labelled(word) for word in query.labels]
        found += [column.call_sid.in_(self.places[word].numbered) for word in query.numbers]
        found += [_begins(column.call_sid, prefix) for prefix in query.calls]
        for sid in query.sids:
            by_kind = {
                SidKind.CONFERENCE: column.conference_sid == sid,
                SidKind.CALL: column.call_sid == sid,
                SidKind.ACCOUNT: of == sid,
            }
            found.append(by_kind.get(SidKind(sid[:2]), false()))
        return [*found, *self._seen(of)]

    def calls(self) -> Conditions:
        """Return what has to be true of a call."""
        query, column = self.query, calls.c
        found = [*self._seen(column.account_sid), *self._times(column.created_at)]
        found += [column.sid.in_(self.places[word].calls) | _may_begin(column.sid, word) for word in query.texts]
        found += [column.sid.in_(self.places[word].numbered) for word in query.numbers]
        found += [column.sid.in_(self.places[word].labelled) for word in query.labels]
        for word in query.rooms:
            in_rooms = participants.c.conference_sid.in_(self.places[word].rooms)
            found.append(column.sid.in_(select(participants.c.call_sid).where(in_rooms)))
        found += [_begins(column.sid, prefix) for prefix in query.calls]
        for sid in query.sids:
            in_room = select(participants.c.call_sid).where(participants.c.conference_sid == sid)
            by_kind = {
                SidKind.CONFERENCE: column.sid.in_(in_room),
                SidKind.CALL: column.sid == sid,
                SidKind.RECORDING: column.sid.in_(select(recordings.c.call_sid).where(recordings.c.sid == sid)),
                SidKind.ACCOUNT: column.account_sid == sid,
            }
            found.append(by_kind[SidKind(sid[:2])])
        if query.statuses:
            found.append(reduce(or_, (self._status_of_call(status) for status in query.statuses)))
        return found

    def recordings(self) -> Conditions:
        """Return what has to be true of a recording."""
        query, column = self.query, recordings.c
        found = [*self._seen(column.account_sid), *self._times(column.created_at), column.status != "deleted"]
        found += [self._of_recording(self.places[word]) | _may_begin(column.sid, word) for word in query.texts]
        found += [self._of_recording(self.places[word]) for word in (*query.rooms, *query.labels, *query.numbers)]
        found += [_begins(column.call_sid, prefix) for prefix in query.calls]
        for sid in query.sids:
            by_kind = {
                SidKind.CONFERENCE: column.conference_sid == sid,
                SidKind.CALL: column.call_sid == sid,
                SidKind.RECORDING: column.sid == sid,
                SidKind.ACCOUNT: column.account_sid == sid,
            }
            found.append(by_kind[SidKind(sid[:2])])
        if query.statuses:
            found.append(column.status.in_(query.statuses))
        return found

    def _seen(self, account_sid: ColumnElement[str]) -> Iterator[ColumnElement[bool]]:
        if self.scope is not None:
            # An index of the account's things would look better to SQLite than the SIDs that were found.
            yield (account_sid.concat("") if self.query.names_something else account_sid) == self.scope
        for prefix in self.query.accounts:
            yield _begins(account_sid, prefix)

    def _times(self, time: ColumnElement[float]) -> Iterator[ColumnElement[bool]]:
        if self.query.after is not None:
            yield time >= self.query.after
        if self.query.before is not None:
            yield time < self.query.before

    def _named(self, column: Any, word: str) -> ColumnElement[bool]:
        places = self.places[word]
        named: ColumnElement[bool] = (
            column.sid.in_(places.rooms) if places.all_rooms else self.contains(column.friendly_name, word)
        )
        return named

    def _labelled(self, word: str) -> ColumnElement[bool]:
        column = participants.c
        # The call may have another label in another conference.
        return and_(column.call_sid.in_(self.places[word].labelled), self.contains(column.label, word))

    def _of_stay(self, word: str) -> ColumnElement[bool]:
        column = participants.c
        numbered = column.call_sid.in_(self.places[word].numbered)
        return self._labelled(word) | numbered | _may_begin(column.call_sid, word)

    def _of_recording(self, places: Places) -> ColumnElement[bool]:
        column = recordings.c
        found: ColumnElement[bool] = column.conference_sid.in_(places.conferences) | column.call_sid.in_(places.calls)
        return found

    def _status_of_conference(self, sid: ColumnElement[str]) -> Iterator[ColumnElement[bool]]:
        if not self.query.statuses:
            return
        running = self.running.conferences
        fitting = sid.in_(_with(running, self.query.statuses))
        yield fitting | sid.not_in(list(running)) if "completed" in self.query.statuses else fitting

    def _status_of_call(self, status: str) -> ColumnElement[bool]:
        column = calls.c
        running = self.running.calls
        now = column.sid.in_(_with(running, (status,)))
        return now if status in LIVE else now | and_(column.sid.not_in(list(running)), over_with(status))


def _with(running: Mapping[str, str], statuses: Collection[str]) -> list[str]:
    return [sid for sid, status in running.items() if status in statuses]


def _begins(sid: Any, prefix: str) -> ColumnElement[bool]:
    """Return the condition that a SID begins so; one that an index helps with, which LIKE is not on every database."""
    found: ColumnElement[bool] = and_(sid >= prefix, sid < prefix + _AFTER_HEX)
    return found


def _may_begin(sid: Any, word: str) -> ColumnElement[bool]:
    """Return the same for a word that may mean something else, too."""
    return _begins(sid, word[:2].upper() + word[2:].lower()) if _BEGINNING.fullmatch(word) else false()
