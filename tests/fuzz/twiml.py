"""TwiML: any bytes are a document or a ``TwimlError``."""

import contextlib
from collections.abc import AsyncIterator

from tests.twiml.hostile_documents import FILES
from tests.twiml.promise import outcome

from .target import Check, Target


async def _check(data: bytes) -> None:
    outcome(data)
    # What gets past XML's own rules is rare among bytes, so the same bytes are tried where TwiML stands.
    outcome(b"<Response>" + data + b"</Response>")


@contextlib.asynccontextmanager
async def _open() -> AsyncIterator[Check]:
    yield _check


TARGET = Target("twiml", FILES, _open, examples=1500)
