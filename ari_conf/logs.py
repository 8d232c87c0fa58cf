"""The log: one line for each thing that happened, for people on a terminal, as JSON otherwise."""

import logging
import sys
from typing import Literal

import structlog


def set_up_logs(form: Literal["auto", "console", "json"] = "auto", level: str = "info") -> None:
    """Send structlog's lines to standard error from now on; what other libraries log joins in from ``warning`` on."""
    for_people = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S.%f" if for_people else "iso", utc=not for_people),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
