"""Whether traces are wanted: what OpenTelemetry's own environment variables say."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import structlog

from ari_conf.clock import Clock

if TYPE_CHECKING:
    from .tracing import Tracing

log = structlog.get_logger(__name__)

_EXPORTER: Final = "OTEL_TRACES_EXPORTER"
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL: Final = "http/protobuf"

TracingOf = Callable[[Clock], "Tracing | None"]
"""Makes what draws traces by a clock; None if none are to be drawn."""


def tracing_of(environment: Mapping[str, str], clock: Clock) -> "Tracing | None":
    """Return what draws traces and sends them where ``environment`` says; None if none are wanted, or cannot be had.

    They are wanted if ``OTEL_TRACES_EXPORTER`` says so, or an endpoint of OTLP is named; the library reads the rest in the
    environment of the process. That they cannot be had is told in the log, and is no reason not to take calls.
    """
    if not _wanted(environment):
        return None
    if problem := _problem(environment):
        log.warning("there are no traces", cause=problem)
        return None
    from .sending import Sending  # noqa: PLC0415 - the extra need not be installed
    from .tracing import Tracing  # noqa: PLC0415

    try:
        return Tracing(Sending, clock)
    except ValueError as error:
        log.warning("there are no traces", cause=f"{error}; see the environment variables that begin with OTEL_")
        return None


def _wanted(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = _exporter(environment)
    return exporter != "none" and bool(exporter or any(environment.get(name) for name in _ENDPOINTS))


def _problem(environment: Mapping[str, str]) -> str:
    """Return why traces cannot be had, and what helps; empty if they can."""
    exporter = _exporter(environment) or "otlp"
    if exporter != "otlp":
        return f"{_EXPORTER} is {exporter!r}, and only otlp is known here; set it to otlp, or to none"
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), _PROTOCOL).strip().lower()
    if protocol != _PROTOCOL:
        return f"the protocol of OTLP is {protocol!r}, and only {_PROTOCOL} is known here; set {_PROTOCOLS[0]}={_PROTOCOL}"
    if not (_installed("opentelemetry.sdk") and _installed("opentelemetry.exporter.otlp.proto.http")):
        return "OpenTelemetry is not installed; pip install 'ari-conf[opentelemetry]', or set OTEL_SDK_DISABLED=true"
    return ""


def _exporter(environment: Mapping[str, str]) -> str:
    return environment.get(_EXPORTER, "").strip().lower()


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it is in
        return False
