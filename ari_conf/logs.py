"""The log: one line for each thing that happened, for people on a terminal, as JSON otherwise."""

import contextlib
import logging
import sys
from typing import Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger


def set_up_logs(form: Literal["auto", "console", "json"] = "auto", level: str = "info") -> None:
    """Send structlog's lines to standard error from now on; what other libraries log joins in from ``warning`` on."""
    for_people = form == "console" or (form == "auto" and sys.stderr.isatty())
    about: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S.%f" if for_people else "iso", utc=not for_people),
    ]
    rendering: list[structlog.typing.Processor] = (
        [
            structlog.processors.format_exc_info,
            _escape_control_characters,
            # Not the traceback with local variables, for passwords are among them.
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback),
        ]
        if for_people
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*about, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Forgiving(sys.stderr))),
        cache_logger_on_first_use=False,
    )
    _join_in([*about, structlog.stdlib.add_logger_name], rendering)


class _Forgiving:
    """A stream that loses what it cannot write: a full disk under the log is to cost lines, and not calls."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


def _join_in(about: list[structlog.typing.Processor], rendering: list[structlog.typing.Processor]) -> None:
    """Let the lines of other libraries look like ours."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=about, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering]
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def _escape_control_characters(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Keep what strangers send, a caller's number say, from ending a line or giving orders to the terminal."""
    escaped = {key: _escaped(value) if isinstance(value, str) else value for key, value in line.items()}
    if isinstance(traceback := line.get("exception"), str):
        # Its lines stay lines, but none of them can pass for one of the log.
        escaped["exception"] = "\n".join(f"    {_escaped(text)}" for text in traceback.split("\n"))
    return escaped


def _escaped(text: str) -> str:
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
