"""The body of a request, read as far as it may go and as long as it may take."""

import asyncio
from typing import Final

from aiohttp import web

from .errors import RestCode, RestError


async def read_body(request: web.Request, what: str, *, most: int, seconds: float) -> bytes:
    """Return the body as it was sent, at most ``most`` bytes; ``what`` names it in the sentence of a refusal.

    Raises ``RestError`` if it is larger, breaks off, has not come after so many ``seconds``, or is compressed.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise RestError(RestCode.INVALID_PARAMETER, f"Send the {what} as it is, without a Content-Encoding.", 415)
    too_large: Final = RestError(RestCode.INVALID_PARAMETER, f"The {what} is larger than {most} bytes.", 413)
    if (request.content_length or 0) > most:
        raise too_large
    content = request.content
    body = bytearray()
    try:
        if content.is_eof():
            # Mostly it has come with the head: nothing is waited for, and no timer is set.
            body += content.read_nowait()
        else:
            async with asyncio.timeout(seconds):
                async for part in content.iter_any():
                    body += part
                    if len(body) > most:
                        break
        if len(body) > most:
            raise too_large
    except TimeoutError as error:
        sentence = f"The {what} has not arrived within {seconds:g} s."
        raise RestError(RestCode.INVALID_PARAMETER, sentence, 408) from error
    except (ConnectionError, web.RequestPayloadError) as error:
        raise RestError(RestCode.INVALID_PARAMETER, f"The {what} has broken off.") from error
    return bytes(body)
