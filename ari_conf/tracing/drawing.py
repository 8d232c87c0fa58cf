"""Spans as OpenTelemetry has them, and places that are known before anything is drawn there."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ari_conf import __version__, spans
from ari_conf.clock import Clock
from ari_conf.sids import SidKind, is_sid
from ari_conf.spans import Facts

from .choices import PLACES_KEPT, SERVICE_NAME

CONFERENCE_SID: Final = "ari_conf.conference_sid"
_ERROR: Final = "error.type"
_NANOSECONDS: Final = 1_000_000_000
_SPAN_ID: Final = (1 << 64) - 1
_KINDS: Final = {spans.SpanKind.INTERNAL: SpanKind.INTERNAL, spans.SpanKind.CLIENT: SpanKind.CLIENT}
_W3C: Final = TraceContextTextMapPropagator()


class Place(NamedTuple):
    """Where in which trace a span is."""

    trace_id: int
    span_id: int


class Event(NamedTuple):
    """What has happened in a span, and when, in seconds since 1970 (UTC)."""

    name: str
    at: float
    facts: Facts


@lru_cache(PLACES_KEPT)
def place_of(sid: str) -> Place | None:
    """Return where the span of a call or a conference is: the trace has the SID's digits. None if that is no such SID.

    So whoever knows the SID finds the trace; and what belongs to it can be drawn in any life of the controller, in any order.
    """
    if not (is_sid(sid, SidKind.CALL) or is_sid(sid, SidKind.CONFERENCE)):
        return None
    trace_id = int.from_bytes(bytes.fromhex(sid[2:]))
    span_id = trace_id & _SPAN_ID
    return Place(trace_id, span_id) if span_id else None


def place_in(trace_id: int, name: str) -> Place:
    """Return where the span is to which ``name`` belongs, and no other of the trace."""
    digest = hashlib.sha256(name.encode()).digest()
    return Place(trace_id or int.from_bytes(digest[8:24]), int.from_bytes(digest[:8]))


class Drawing:
    """Draws spans, whose times are those of ``clock``, and gives them to what ``make_processor`` makes when they have ended.

    Raises ValueError for what cannot be in the environment variables that the library reads.
    """

    def __init__(self, make_processor: Callable[[], SpanProcessor], clock: Clock) -> None:
        self._clock = clock
        self._ids = _Ids()
        self._provider = TracerProvider(resource=_resource(), id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(make_processor())
        self._tracer = self._provider.get_tracer(SERVICE_NAME, __version__)

    @property
    def now(self) -> int:
        """The time in nanoseconds, as spans have it."""
        return round(self._clock.now() * _NANOSECONDS)

    def shut_down(self) -> None:
        """Have what is left sent, and end; blocks."""
        self._provider.shutdown()

    def context_of(self, place: Place) -> SpanContext:
        """Return how a span at ``place`` is referred to; whether its trace is drawn at all is what the sampler says."""
        decision = self._provider.sampler.should_sample(Context(), place.trace_id, "").decision
        flags = TraceFlags(TraceFlags.SAMPLED if decision is Decision.RECORD_AND_SAMPLE else TraceFlags.DEFAULT)
        return SpanContext(place.trace_id, place.span_id, is_remote=False, trace_flags=flags)

    def at(self, place: Place) -> "Drawn":
        """Return the span at ``place``, to have children; it is drawn with ``draw``, later or in another life."""
        return Drawn(self, NonRecordingSpan(self.context_of(place)))

    def begin(
        self,
        name: str,
        facts: Facts,
        kind: SpanKind = SpanKind.INTERNAL,
        *,
        below: Span | None = None,
        links: Iterable[SpanContext] = (),
    ) -> "Drawn":
        """Begin a span ``below`` another one, or a trace."""
        context = set_span_in_context(below, Context()) if below else Context()
        made = self._tracer.start_span(_text(name), context, kind, _clean(facts), [Link(one) for one in links], self.now)
        return Drawn(self, made)

    def draw(
        self,
        name: str,
        place: Place,
        facts: Facts,
        *,
        begun_at: float,
        ended_at: float,
        below: Place | None = None,
        links: Iterable[SpanContext] = (),
        events: Iterable[Event] = (),
        failure: str = "",
    ) -> None:
        """Draw a span that is over, at its ``place``. Times are in seconds since 1970 (UTC)."""
        context = set_span_in_context(NonRecordingSpan(self.context_of(below)), Context()) if below else Context()
        self._ids.next = place
        linked = [Link(one) for one in links]
        span = self._tracer.start_span(
            name, context, attributes=_clean(facts), links=linked, start_time=round(begun_at * _NANOSECONDS)
        )
        for event in events:
            span.add_event(event.name, _clean(event.facts), round(event.at * _NANOSECONDS))
        if failure:
            _fail(span, failure)
        span.end(round(max(begun_at, ended_at) * _NANOSECONDS))


class Drawn:
    """A span that is drawn, as those see it who know nothing of OpenTelemetry."""

    __slots__ = ("_drawing", "_until", "span")

    def __init__(self, drawing: Drawing, span: Span) -> None:
        self._drawing = drawing
        self._until: asyncio.Future[None] | None = None
        self.span = span

    @property
    def context(self) -> SpanContext:
        """How it is referred to."""
        return self.span.get_span_context()

    @property
    def trace_id(self) -> int:
        """Which trace it belongs to."""
        return self.context.trace_id

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers by which what another program does for it becomes a part of the trace."""
        headers: dict[str, str] = {}
        _W3C.inject(headers, set_span_in_context(self.span, Context()))
        return headers

    def child(self, name: str, facts: Facts, kind: spans.SpanKind) -> "Drawn":
        """Begin a piece of this work; one that is about a conference is linked with that conference's trace."""
        conference = place_of(str(facts.get(CONFERENCE_SID, "")))
        links = [self._drawing.context_of(conference)] if conference else ()
        return self._drawing.begin(name, facts, _KINDS[kind], below=self.span, links=links)

    def note(self, facts: Facts) -> None:
        """Add to what is said of it."""
        self.span.set_attributes(_clean(facts))

    def fail(self, kind: str) -> None:
        """Note that it has failed."""
        _fail(self.span, kind)

    def last_until(self, done: "asyncio.Future[None]") -> None:
        """Let it end when that is done, and not before."""
        self._until = done
        done.add_done_callback(lambda _done: self.span.end(self._drawing.now))

    def end(self) -> None:
        """Note that it is over."""
        if self._until is None:
            self.span.end(self._drawing.now)


class _Ids(RandomIdGenerator):
    """Makes ids by lot, but for one span that is to be at a certain place: ``next``."""

    next: Place | None = None

    def is_trace_id_random(self) -> bool:
        # A reference that is made beforehand and the span itself are to say the same, whatever the library's version.
        return False

    def generate_trace_id(self) -> int:
        return self.next.trace_id if self.next else super().generate_trace_id()

    def generate_span_id(self) -> int:
        place, self.next = self.next, None
        return place.span_id if place else super().generate_span_id()


def _fail(span: Span, kind: str) -> None:
    span.set_attribute(_ERROR, kind)
    span.set_status(StatusCode.ERROR)


def _clean(facts: Facts) -> dict[str, Any]:
    """Return facts as they fit into a message."""
    return {name: _text(value) if isinstance(value, str) else value for name, value in facts.items()}


def _text(text: str) -> str:
    """Return a plain string; half a character in it would cost all that is sent with it."""
    return str(text) if text.isascii() else text.encode("utf-8", "replace").decode()


def _resource() -> Resource:
    ours = {"service.name": SERVICE_NAME, "service.version": __version__}
    return Resource.create(ours | dict(OTELResourceDetector().detect().attributes))
