"""What a call was given and has run, document by document and verb by verb, for the database."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

from ari_conf.clock import Clock
from ari_conf.store import DocumentRow, VerbRow
from ari_conf.twiml import Prompt
from ari_conf.webhooks import FetchedDocument, Ledger, redacted


class Diary:
    """Keeps the diary of one call. Methods return at once."""

    def __init__(self, call_sid: str, ledger: Ledger, clock: Clock) -> None:
        self._call_sid = call_sid
        self._ledger = ledger
        self._clock = clock
        self._documents = 0
        self._verbs = 0

    def document(self, fetched: FetchedDocument, method: str) -> None:
        """Note a document; the verbs that are noted next are its."""
        self._documents += 1
        row = DocumentRow(
            call_sid=self._call_sid,
            number=self._documents,
            url=redacted(fetched.url),
            method=method,
            fetched_at=self._clock.now(),
            twiml=fetched.text,
        )
        self._ledger.commit([row])

    def verb(self, name: str) -> VerbRow:
        """Note that a verb begins."""
        self._verbs += 1
        row = VerbRow(
            call_sid=self._call_sid,
            number=self._verbs,
            document=self._documents,
            name=name,
            started_at=self._clock.now(),
        )
        self._ledger.commit([row])
        return row

    @contextlib.contextmanager
    def prompts(self) -> Iterator[Callable[[Prompt], None]]:
        """Note prompts that are played: the yielded function is called when the turn of each comes."""
        playing: list[VerbRow] = []

        def begun(prompt: Prompt) -> None:
            over()
            playing.append(self.verb(type(prompt).__name__))

        def over() -> None:
            if playing:
                self.verb_over(playing.pop(), {})

        try:
            yield begun
        finally:
            over()

    def verb_over(self, row: VerbRow, data: Mapping[str, str]) -> None:
        """Note that a verb is over, and what came of it."""
        over = VerbRow(
            call_sid=row.call_sid,
            number=row.number,
            document=row.document,
            name=row.name,
            started_at=row.started_at,
            ended_at=self._clock.now(),
            data=data,
        )
        self._ledger.commit([over])
