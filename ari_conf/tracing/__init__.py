"""Traces of calls, for OpenTelemetry: an optional extra, of which nothing is imported unless the environment asks for it."""

from .environment import TracingOf, tracing_of

__all__ = ["TracingOf", "tracing_of"]
