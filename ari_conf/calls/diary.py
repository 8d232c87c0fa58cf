"""What a call was given and has run, document by document and verb by verb: for the database, and for a later life."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from ari_conf.clock import Clock
from ari_conf.spans import Facts, Span, SpanKind, current_span
from ari_conf.store import DocumentRow, Row, VerbRow
from ari_conf.twiml import Prompt, without_secrets
from ari_conf.webhooks import FetchedDocument, Ledger, redacted

from .call import Call
from .live import DOCUMENTS, LiveDocument, live_rows
from .position import Asking


class Diary:
    """Keeps the diary of one call, whose ``position`` it moves. Methods return at once."""

    def __init__(self, call: Call, ledger: Ledger, clock: Clock) -> None:
        self._call = call
        self._ledger = ledger
        self._clock = clock
        self._aside = False
        self._again = False

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Let documents be run for the verb that runs: the call's position is still at that verb."""
        before, self._aside = self._aside, True
        try:
            yield
        finally:
            self._aside = before

    def again(self) -> None:
        """Let the next verb be the one that ran when the controller's earlier life ended: it has its memory still."""
        self._again = True

    def document(
        self, fetched: FetchedDocument, method: str, cookies: Sequence[tuple[str, str]] = (), *, runs: bool = True
    ) -> None:
        """Note a document, which the call runs from its first verb on, unless it was only given and does not count."""
        call = self._call
        number = call.position.documents + 1
        row = DocumentRow(
            call_sid=call.sid,
            number=number,
            url=redacted(fetched.url),
            method=method,
            fetched_at=self._clock.now(),
            twiml=without_secrets(fetched.text),
        )
        if self._aside or not runs:
            call.position = replace(call.position, documents=number)
            self.keep(row)
            return
        call.position = replace(call.position, documents=number, in_document=True, verb=0, memory={}, asking=None)
        self.keep(row, DOCUMENTS.row(call.sid, LiveDocument(url=fetched.url, text=fetched.text, cookies=cookies)))

    def verb(self, name: str, place: int) -> VerbRow:
        """Note that the verb at ``place`` in the document begins."""
        call = self._call
        position = call.position
        again, self._again = self._again and not self._aside, False
        number = position.verbs + (0 if again else 1)
        call.position = replace(position, verbs=number)
        if not (again or self._aside):
            call.position = replace(call.position, verb=place, memory={})
        row = VerbRow(call_sid=call.sid, number=number, document=position.documents, name=name, started_at=self._clock.now())
        self.keep(row)
        return row

    @contextlib.contextmanager
    def prompts(self, first: int) -> Iterator[Callable[[Prompt], None]]:
        """Note prompts that are played: the yielded function is called when the turn of each comes, in order.

        ``first`` is the place of the first one in the document.
        """
        playing: list[tuple[VerbRow, Span]] = []
        place = first

        def begun(prompt: Prompt) -> None:
            nonlocal place
            over()
            row = self.verb(type(prompt).__name__, place)
            playing.append((row, current_span().child(f"<{row.name}>", verb_facts(row), SpanKind.INTERNAL)))
            place += 1

        def over() -> None:
            if playing:
                row, span = playing.pop()
                span.end()
                self.verb_over(row, {}, place)

        try:
            yield begun
        finally:
            over()

    def verb_over(self, row: VerbRow, data: Mapping[str, str], following: int) -> None:
        """Note that a verb is over, what came of it, and at which place in the document the next one is."""
        call = self._call
        # Another document may have taken over, and its first verb is the next one.
        if not self._aside and call.position.documents == row.document and call.position.in_document:
            call.position = replace(call.position, verb=following, memory={}, asking=None)
        self.keep(replace(row, ended_at=self._clock.now(), data=data))

    def asks(self, asking: Asking) -> None:
        """Note what the application is about to be asked."""
        if not self._aside:
            self._call.position = replace(self._call.position, asking=asking)
            self.keep()

    def remember(self, **notes: str) -> None:
        """Note what the verb that runs wants to find again in a later life of the controller."""
        if not self._aside:
            self._call.position = replace(self._call.position, memory={**self._call.position.memory, **notes})
            self.keep()

    def keep(self, *rows: Row) -> None:
        """Note how the call is now, and ``rows`` with it."""
        self._ledger.commit([*rows, *live_rows(self._call)])


def verb_facts(row: VerbRow) -> Facts:
    """Return what is said of the span of a verb."""
    return {"ari_conf.call_sid": row.call_sid, "ari_conf.document": row.document, "ari_conf.verb": row.number}
