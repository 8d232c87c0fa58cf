"""Session descriptions (SDP) for one PCMU audio stream with telephone events (RFC 4733)."""

import re
from dataclasses import dataclass

from .sip_message import LARGEST_PORT, SipParseError, number

_MIRRORED = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
_EVENTS = re.compile(r"a=rtpmap:([0-9]+) telephone-event/8000", re.IGNORECASE)

_LARGEST_PAYLOAD_TYPE = 127


@dataclass(frozen=True, slots=True)
class LocalAudio:
    """Our end: where audio is received, and the origin line's numbers."""

    host: str
    port: int
    session: int
    version: int


@dataclass(frozen=True, slots=True)
class RemoteAudio:
    """The far end. ``events`` is its payload type for telephone events, None without; ``direction`` is as it said it."""

    host: str
    port: int
    events: int | None
    direction: str
    media: tuple[str, ...]
    """All ``m=`` lines, since an answer has to have as many as its offer."""

    @property
    def listens(self) -> bool:
        """Whether the far end wants to receive audio now."""
        return self.port != 0 and self.host != "0.0.0.0" and self.direction in {"sendrecv", "recvonly"}


def parse_sdp(body: bytes) -> RemoteAudio:
    """Read an offer or an answer. Raises ``SipParseError`` if it has no PCMU audio."""
    host, direction, events, port = "", "sendrecv", None, None
    media: list[str] = []
    chosen = False
    for raw in body.decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if line.startswith("m="):
            media.append(line)
            kind, its_port, _, *formats = _medium(line)
            chosen = port is None and kind == "audio" and "0" in formats
            if chosen:
                port = number(its_port.partition("/")[0], LARGEST_PORT)
        elif media and not chosen:
            continue
        elif line.startswith("c="):
            host = line[2:].rpartition(" ")[2].partition("/")[0]
        elif line.removeprefix("a=") in _MIRRORED:
            direction = line.removeprefix("a=")
        elif match := _EVENTS.match(line):
            events = number(match[1], _LARGEST_PAYLOAD_TYPE)
    if port is None or not host:
        raise SipParseError("the session description has no PCMU audio")
    return RemoteAudio(host, port, events, direction, tuple(media))


def _medium(line: str) -> list[str]:
    words = line[2:].split()
    if len(words) < 3:
        raise SipParseError(f"not a medium: {line[:80]!r}")
    return words


def _session(local: LocalAudio) -> list[str]:
    return [
        "v=0",
        f"o=- {local.session} {local.version} IN IP4 {local.host}",
        "s=-",
        f"c=IN IP4 {local.host}",
        "t=0 0",
    ]


def _audio(local: LocalAudio, events: int | None, direction: str) -> list[str]:
    lines = [f"m=audio {local.port} RTP/AVP 0" + (f" {events}" if events else ""), "a=rtpmap:0 PCMU/8000"]
    if events:
        lines += [f"a=rtpmap:{events} telephone-event/8000", f"a=fmtp:{events} 0-15"]
    return [*lines, "a=ptime:20", f"a={direction}"]


def _text(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def offer(local: LocalAudio) -> bytes:
    """Return the description that a phone calls with."""
    return _text([*_session(local), *_audio(local, 101, "sendrecv")])


def answer(local: LocalAudio, remote: RemoteAudio) -> bytes:
    """Return the answer to an offer: PCMU in the mirrored direction, every other medium refused."""
    lines, accepted = _session(local), False
    for medium in remote.media:
        kind, _, profile, *formats = medium[2:].split()
        if kind == "audio" and "0" in formats and not accepted:
            accepted = True
            lines += _audio(local, remote.events, _MIRRORED[remote.direction])
        else:
            lines.append(f"m={kind} 0 {profile} {' '.join(formats)}")
    return _text(lines)
