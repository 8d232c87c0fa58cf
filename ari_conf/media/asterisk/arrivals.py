"""Callers as they arrive: who they are, and the SIP request with which they came, as the dialplan hands it over."""

import hashlib
import re
from typing import Final
from urllib.parse import unquote

from ari_conf.media.port import CallArrived, SipRequest
from ari_conf.sids import SidKind

from .transport import JsonObject

_QUOTED_NAME: Final = re.compile(r'\s*+"(?:\\.|[^"\\])*+"')
_URI: Final = re.compile(r"<([^>]*)>|([^;\s]+)")
_SOURCE: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([^:]+)(?::\d+)?")


def call_sid_of(channel: JsonObject) -> str:
    """Return the Call SID of a caller's channel: the same at any time, so that a later life of ours knows the call again.

    An Asterisk that was restarted may use a channel's id again, but not with the same time of creation.
    """
    identity = f"{channel['id']} {channel['creationtime']}"
    return SidKind.CALL + hashlib.sha256(identity.encode()).hexdigest()[:32]


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
    # What stands between quotes at the beginning is the caller's name, and may look like an address.
    name = _QUOTED_NAME.match(text)
    found = _URI.search(text, name.end() if name else 0)
    uri = (found[1] or found[2]) if found else ""
    return uri.partition("?")[0].partition(";")[0]


def _ip(source: str) -> str:
    found = _SOURCE.fullmatch(source)
    return (found[1] or found[2]) if found else ""
