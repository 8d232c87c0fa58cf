"""What is known of a call, and what its verbs wait for."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ari_conf.accounts import Account
from ari_conf.media.port import CallEnded
from ari_conf.webhooks import CallStatus, Direction

from . import choices
from .position import Origin, Position
from .requests import NO_FALLBACK, Fallback, ProgressCallback


@dataclass(slots=True, eq=False)
class Call:
    """One call. Times are in seconds since 1970 (UTC).

    ``rings`` is done when it rings at the other side of a call that was placed, ``answered`` when somebody has answered it,
    ``ended`` when the call is over, with what the engine said of it. ``parameters`` are what the application is told of it
    besides the usual. ``status_unanswered`` is the status of a call that has come, should it end without having been answered.

    ``origin`` is why it is served (None: somebody else's ``<Dial>`` has called it), ``position`` how far that has got,
    ``fallback`` whom to ask if the application fails, ``time_limit`` how many seconds after its answer it ends at the latest.
    """

    sid: str
    account: Account
    from_: str
    to: str
    created_at: float
    direction: Direction = Direction.INBOUND
    parent_call_sid: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    status: CallStatus = CallStatus.RINGING
    status_unanswered: CallStatus = choices.STATUS_OF_THE_UNANSWERED
    progress: ProgressCallback | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    rings: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    answered: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    ended: "asyncio.Future[CallEnded]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    events_told: int = 0
    origin: Origin | None = None
    position: Position = field(default_factory=Position)
    fallback: Fallback = NO_FALLBACK
    time_limit: float | None = None
    taken: "asyncio.Future[None] | None" = None
    """Of a call that was dialled and has answered: to be set done when another document is to take the call over."""
    released: "asyncio.Future[None] | None" = None
    """Done when whoever had dialled the call has let go of it."""
    _on_digit: list[Callable[[str], None]] = field(default_factory=list)
    _on_talking: list[Callable[[bool], None]] = field(default_factory=list)

    @property
    def seconds(self) -> int:
        """How long it has been answered, in whole seconds; 0 if it is not over or nobody had answered."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return max(0, round(self.ended_at - self.answered_at))

    @contextlib.contextmanager
    def takeable(self) -> "Iterator[asyncio.Future[None]]":
        """Let another document take the call over meanwhile; yield what is done when that is wanted."""
        loop = asyncio.get_running_loop()
        taken = self.taken = loop.create_future()
        released = self.released = loop.create_future()
        try:
            yield taken
        finally:
            self.taken = None
            released.set_result(None)

    @contextlib.contextmanager
    def hearing_digits(self, listener: Callable[[str], None]) -> Iterator[None]:
        """Have ``listener`` told each key that the caller presses; a key that nobody listens for is lost."""
        self._on_digit.append(listener)
        try:
            yield
        finally:
            self._on_digit.remove(listener)

    @contextlib.contextmanager
    def hearing_talk(self, listener: Callable[[bool], None]) -> Iterator[None]:
        """Have ``listener`` told when the caller starts (True) and stops talking, as far as the engine is asked to tell."""
        self._on_talking.append(listener)
        try:
            yield
        finally:
            self._on_talking.remove(listener)

    def digit(self, digit: str) -> None:
        """Take note of a key that was pressed."""
        for listener in list(self._on_digit):
            listener(digit)

    def talking(self, *, talking: bool) -> None:
        """Take note that the caller has started or stopped talking."""
        for listener in list(self._on_talking):
            listener(talking)
