"""How spans leave the process: in a thread of OpenTelemetry's, with one line in the log when they do not arrive."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from .choices import STOP_SECONDS

log = structlog.get_logger(__name__)

_LIBRARY: Final = "opentelemetry"
_EXPORTERS: Final = "opentelemetry.exporter."
"""How the names of the library's loggers begin, and those of what sends."""


class Sending(BatchSpanProcessor):
    """Sends spans by OTLP over HTTP, as the environment says (``OTEL_EXPORTER_OTLP_…``, ``OTEL_BSP_…``).

    Raises ValueError for values there that cannot be.
    """

    def __init__(self) -> None:
        self._told = Told(OTLPSpanExporter())
        try:
            super().__init__(self._told)
        except ValueError:
            self._told.close()
            raise

    def shutdown(self) -> None:
        """Send what is left, for ``STOP_SECONDS``, or not if the last ones have not arrived; blocks meanwhile.

        A request that is under way is waited for as long as it takes.
        """
        late = threading.Timer(0.0 if self._told.failing else STOP_SECONDS, self._told.shutdown)
        late.daemon = True
        late.start()
        super().shutdown()  # type: ignore[no-untyped-call]
        late.cancel()
        self._told.close()


class Told(SpanExporter):
    """Hands spans on to ``exporter``, and tells once that they do not arrive, and once that they do again.

    What the library says of each attempt is not in the log, but stands in ours as the cause. What else it has to say, that it
    drops spans because there are too many, say, is told once, and not before spans arrive: else there are too many because they
    do not. Spans that are not taken are lost.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._over = False
        self.failing = False
        """Whether the last spans have not arrived."""
        self._cause = ""
        self._to_tell: dict[str, str] = {}
        self._told: set[str] = set()
        self._handler = _Listener(self._hear)
        self._logger = logging.getLogger(_LIBRARY)
        self._propagated = self._logger.propagate
        self._logger.addHandler(self._handler)
        self._logger.propagate = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; called in the library's thread."""
        if self._over:
            return SpanExportResult.FAILURE
        self._cause = ""
        result = self._exporter.export(spans)
        failing = result is not SpanExportResult.SUCCESS
        if failing and not self.failing:
            log.warning("traces do not arrive; calls go on without them", cause=self._cause)
        elif self.failing and not failing:
            log.warning("traces arrive again")
        self.failing = failing
        self._tell(arrived=not failing)
        return result

    def shutdown(self) -> None:
        """Send nothing any more; what waits for its next attempt is given up."""
        if not self._over:
            self._over = True
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Return at once, for nothing is kept here."""
        return self._exporter.force_flush(timeout_millis)

    def close(self) -> None:
        """Let the library speak for itself again."""
        self._logger.removeHandler(self._handler)
        self._logger.propagate = self._propagated

    def _hear(self, record: logging.LogRecord) -> None:
        """Take note of what the library says; called in any thread."""
        sentence = record.getMessage()
        self._cause = self._cause or sentence
        if not record.name.startswith(_EXPORTERS) and record.levelno >= logging.WARNING:
            self._to_tell[str(record.msg)] = sentence

    def _tell(self, *, arrived: bool) -> None:
        to_tell, self._to_tell = self._to_tell, {}
        for kind, sentence in to_tell.items():
            if arrived and kind not in self._told:
                self._told.add(kind)
                log.warning("OpenTelemetry has something to say", sentence=sentence)


class _Listener(logging.Handler):
    def __init__(self, hear: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self._hear = hear

    def emit(self, record: logging.LogRecord) -> None:
        self._hear(record)
