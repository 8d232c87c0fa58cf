"""What happened, and which callbacks are owed for it: the seam between whoever lets things happen and the store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ari_conf.store import Row


class CallbackKind(StrEnum):
    """What a callback tells of."""

    CONFERENCE = "conference"
    RECORDING = "recording"
    CALL = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A callback that is owed to an account's application.

    Those of one ``lane``, a Conference SID or a Call SID, come to one endpoint in order.
    """

    account_sid: str
    kind: CallbackKind
    lane: str
    url: str
    method: str
    parameters: Mapping[str, str]


class Ledger(Protocol):
    """Takes note of what happened."""

    def commit(self, rows: Sequence[Row], owed: Sequence[Owed] = (), then: Callable[[], None] | None = None) -> None:
        """Keep ``rows``, and owe the application ``owed``: both or, should the process die before, neither.

        Returns at once. What is committed first is kept first. ``then`` is called when all of this, and what was committed
        before, outlives the process; never, if it is not kept.
        """
        ...
