"""Callers as they arrive: who they are, and the SIP request with which they came, as the dialplan hands it over."""

import re
from typing import Final
from urllib.parse import unquote

from ari_conf.media.port import CallArrived, SipRequest

from .transport import JsonObject

_URI: Final = re.compile(r"<([^>]*)>|([^;\s]+)")
_SOURCE: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([^:]+)(?::\d+)?")


def arrival(call_sid: str, channel: JsonObject) -> CallArrived:
    """Describe a caller's channel."""
    caller = channel["caller"]["number"] or channel["caller"]["name"] or "anonymous"
    return CallArrived(call_sid, printable(caller), printable(channel["dialplan"]["exten"]), _sip_request(channel))


def printable(text: str) -> str:
    """Return what somebody has dialled, calls themselves or has sent, without control characters."""
    return "".join(character for character in text if character.isprintable())


def _sip_request(channel: JsonObject) -> SipRequest | None:
    """Read what stands behind the application's name: ``name=value``, each value percent-encoded.

    Asterisk's own list of the arguments keeps those together that stand between brackets, also of different headers.
    """
    pairs = [part.partition("=") for part in channel["dialplan"].get("app_data", "").split(",")[1:]]
    values = [(name, printable(unquote(value, errors="replace"))) for name, _, value in pairs]
    known = dict(values[:4])
    if not {"from", "to"} <= known.keys():
        return None
    return SipRequest(
        from_uri=_uri(known["from"]),
        to_uri=_uri(known["to"]),
        call_id=known.get("call_id", ""),
        source_ip=_ip(known.get("source", "")),
        headers=tuple((name, value) for name, value in values if name.lower().startswith("x-")),
    )


def _uri(text: str) -> str:
    """Return the URI of a From header, or one that stands alone, without its parameters."""
    # What stands between quotes is the caller's name, and may look like an address.
    found = _URI.search(re.sub(r'"(?:\\.|[^"\\])*"', "", text))
    uri = (found[1] or found[2]) if found else ""
    return uri.partition("?")[0].partition(";")[0]


def _ip(source: str) -> str:
    found = _SOURCE.fullmatch(source)
    return (found[1] or found[2]) if found else ""
