"""The spans that a controller has drawn, as trees."""

from collections.abc import Iterator

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from ari_conf.clock import Clock
from ari_conf.tracing.drawing import Drawn
from ari_conf.tracing.tracing import Tracing


class Traces:
    """``tracing`` is to be given to a controller; what it has drawn is here as soon as it is over."""

    def __init__(self) -> None:
        self._exporter = _Kept()
        self._tracing: Tracing | None = None

    def tracing(self, clock: Clock) -> Tracing:
        made = self._tracing = Tracing(lambda: SimpleSpanProcessor(self._exporter), clock)
        return made

    def begin(self, name: str) -> Drawn:
        """Begin a span of a trace of its own."""
        assert self._tracing is not None
        return self._tracing._drawing.begin(name, {})

    @property
    def spans(self) -> list[ReadableSpan]:
        return sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def of(self, sid: str) -> list[ReadableSpan]:
        """Return the spans of a call's or a conference's trace."""
        return [span for span in self.spans if f"{context(span).trace_id:032x}" == sid[2:]]

    def one(self, sid: str, name: str) -> ReadableSpan:
        (found,) = [span for span in self.of(sid) if span.name == name]
        return found

    def tree(self, sid: str) -> list[str]:
        """Return the names in a trace, each indented below its parent."""
        return list(self._below(None, self.of(sid)))

    def _below(self, parent: int | None, spans: list[ReadableSpan], indent: str = "") -> Iterator[str]:
        for span in spans:
            if (span.parent.span_id if span.parent else None) == parent:
                yield indent + span.name
                yield from self._below(context(span).span_id, spans, indent + "  ")


class _Kept(InMemorySpanExporter):
    """Takes spans of several lives of a controller."""

    def shutdown(self) -> None:
        pass


def context(span: ReadableSpan) -> SpanContext:
    found: SpanContext | None = span.context
    assert found is not None
    return found


def traceparent(span: ReadableSpan) -> str:
    """Return how HTTP headers refer to a span."""
    return f"00-{context(span).trace_id:032x}-{context(span).span_id:016x}-{int(context(span).trace_flags):02x}"


def seconds(span: ReadableSpan) -> float:
    assert span.start_time is not None
    assert span.end_time is not None
    return (span.end_time - span.start_time) / 1e9
