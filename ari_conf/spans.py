"""What is being done, as spans of traces: begun where it is done, drawn elsewhere (``tracing``), if anybody draws.

A span is a piece of work with a beginning and an end. What is begun while it is the current one is its child, also in tasks
that are made then. Outside of any span nothing is drawn, and next to nothing is done for it.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from enum import Enum, auto
from typing import Final, Protocol, Self

Facts = Mapping[str, str | int | float | bool]
"""What is said of a span, by names of OpenTelemetry's semantic conventions or beginning with ``ari_conf.``."""


class SpanKind(Enum):
    """Where the work is done."""

    INTERNAL = auto()
    """Here."""
    CLIENT = auto()
    """Elsewhere; we ask for it, and wait."""


class Span(Protocol):
    """One piece of work. Methods return at once and raise nothing; what comes after the end is passed over."""

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers (W3C Trace Context) by which what another program does for it becomes a part of the trace."""
        ...

    def child(self, name: str, facts: Facts, kind: SpanKind) -> "Span":
        """Begin a piece of this work. ``name`` is one of few."""
        ...

    def note(self, facts: Facts) -> None:
        """Add to what is said of it."""
        ...

    def fail(self, kind: str) -> None:
        """Note that it has failed; ``kind`` is one of few words, or a status."""
        ...

    def last_until(self, done: "asyncio.Future[None]") -> None:
        """Let it end when that is done, and not before."""
        ...

    def end(self) -> None:
        """Note that it is over."""
        ...


class _NoSpan:
    """What nobody draws."""

    headers: Final[Mapping[str, str]] = {}

    def child(self, name: str, facts: Facts, kind: SpanKind) -> Self:  # noqa: ARG002
        return self

    def note(self, facts: Facts) -> None:
        pass

    def fail(self, kind: str) -> None:
        pass

    def last_until(self, done: "asyncio.Future[None]") -> None:
        pass

    def end(self) -> None:
        pass


NO_SPAN: Final[Span] = _NoSpan()

_current: Final[ContextVar[Span]] = ContextVar("current span", default=NO_SPAN)


def current_span() -> Span:
    """Return the span to which what is done now belongs."""
    return _current.get()


@contextmanager
def within(span: Span) -> Iterator[None]:
    """Let what is done meanwhile belong to ``span``, whatever it belongs to otherwise."""
    token = _current.set(span)
    try:
        yield
    finally:
        _current.reset(token)


def new_span(
    name: str,
    facts: Facts | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    *,
    no_fault: tuple[type[Exception], ...] = (),
) -> AbstractContextManager[Span]:
    """Begin a piece of what is done now, and end it with the ``with``; it is the current span meanwhile.

    An exception is its failure, but for those in ``no_fault`` and for being cancelled.
    """
    parent = _current.get()
    return _NOTHING if parent is NO_SPAN else _begun(parent.child(name, facts or {}, kind), no_fault)


@contextmanager
def _begun(span: Span, no_fault: tuple[type[Exception], ...]) -> Iterator[Span]:
    try:
        with within(span):
            yield span
    except no_fault:
        raise
    except Exception as error:
        span.fail(type(error).__name__)
        raise
    finally:
        span.end()


_NOTHING: Final = nullcontext(NO_SPAN)
