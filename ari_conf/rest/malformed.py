"""What is no HTTP, or is not packed as it says: a line of the log and no traceback, for strangers can send much of it."""

import logging
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError


class _Line(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | web.RequestPayloadError):
            record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}", ()
            record.exc_info, record.exc_text = None, None
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        return True


_LINE: Final = _Line()


def log_in_a_line() -> None:
    """Let aiohttp's servers log malformed requests so; doing it again changes nothing."""
    logging.getLogger("aiohttp.server").addFilter(_LINE)
