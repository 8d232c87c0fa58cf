"""What a call was given to do, document by document, and what it has run of it, verb by verb. This resource is ours."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ari_conf.calls import CallBook
from ari_conf.store import DocumentRow, Store, VerbRow
from ari_conf.store.tables import documents, verbs

from .calls import must_have_call
from .operation import Asked, Body, Listing, Operation
from .paging import Key, Page, Paging, Wanted, in_store, paginate
from .reading import caught_up, dated


class VerbBody(Body):
    """A verb that was run. ``number`` counts those of the call from 1, ``data`` is what came of it (``Digits``, …)."""

    number: int
    name: str
    started_at: float
    ended_at: float | None
    data: dict[str, str]


class DocumentBody(Body):
    """A document without its passwords, where it came from, and the verbs run of it; ``timestamp`` is in seconds since 1970."""

    call_sid: str
    number: int
    url: str
    method: str
    date: str
    timestamp: float
    twiml: str
    verbs: list[VerbBody]


@dataclass(frozen=True, slots=True)
class _Run:
    document: DocumentRow
    verbs: list[VerbRow]


class Documents:
    """The documents of a call, live or over."""

    def __init__(self, store: Store, book: CallBook) -> None:
        self._store = store
        self._book = book

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        return [
            Operation(
                name="ListCallDocument",
                method="GET",
                path="/Calls/{CallSid}/Documents",
                handler=self.list,
                parameters=Paging,
                summary="List the documents that a call was given, with the verbs it has run, in order (not in Twilio's API)",
                answer=Listing("documents", DocumentBody),
            )
        ]

    async def list(self, asked: Asked[Paging]) -> Page:
        """Return a page of the call's documents, the first one first."""
        call_sid = asked.path["CallSid"]
        await must_have_call(self._store, self._book, asked.account.sid, call_sid)
        await caught_up(self._store)
        column = documents.c
        found = select(documents).where(column.call_sid == call_sid)
        source = in_store(self._store, DocumentRow, found, column.number, column.call_sid, newest_first=False)

        async def with_verbs(wanted: Wanted) -> list[_Run]:
            rows = await source(wanted)
            run: dict[int, list[VerbRow]] = {row.number: [] for row in rows}
            for verb in await self._verbs(call_sid, run):
                run[verb.document].append(verb)
            return [_Run(row, run[row.number]) for row in rows]

        return await paginate(asked.parameters, with_verbs, _key, _body)

    async def _verbs(self, call_sid: str, of: Collection[int]) -> Sequence[VerbRow]:
        column = verbs.c
        wanted = select(verbs).where(column.call_sid == call_sid, column.document.in_(of)).order_by(column.number)
        return await self._store.rows(VerbRow, wanted)


def _key(run: _Run) -> Key:
    return float(run.document.number), run.document.call_sid


def _body(run: _Run) -> DocumentBody:
    row = run.document
    return DocumentBody(
        call_sid=row.call_sid,
        number=row.number,
        url=row.url,
        method=row.method,
        date=dated(row.fetched_at),
        timestamp=row.fetched_at,
        twiml=row.twiml,
        verbs=[
            VerbBody(
                number=verb.number, name=verb.name, started_at=verb.started_at, ended_at=verb.ended_at, data=dict(verb.data)
            )
            for verb in run.verbs
        ],
    )
