"""SIP digest authentication (RFC 3261 §22, RFC 8760): the answer to a 401 or 407."""

import hashlib
import re
import secrets
from dataclasses import dataclass

_FIELD = re.compile(r'\b(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a WWW-Authenticate or Proxy-Authenticate header asks for."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: str | None = None
    opaque: str | None = None


def fields(header: str) -> dict[str, str]:
    """Return the ``name=value`` fields of a digest header, names in lower case."""
    return {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(header)}


def parse_challenge(header: str) -> Challenge | None:
    """Read a challenge; None if it is no digest, or one that is not known here (MD5 and SHA-256, qop ``auth`` or none)."""
    values = fields(header)
    algorithm = values.get("algorithm", "MD5").upper()
    offered = values.get("qop")
    qop = "auth" if offered and "auth" in re.split(r"[\s,]+", offered) else None
    if not header.lower().startswith("digest ") or algorithm not in _ALGORITHMS or (offered and qop is None):
        return None
    return Challenge(values.get("realm", ""), values.get("nonce", ""), algorithm, qop, values.get("opaque"))


def digest_response(
    challenge: Challenge, username: str, password: str, *, method: str, uri: str, count: str, cnonce: str
) -> str:
    """Return the ``response`` value. ``count`` is the eight hex digits of ``nc``."""

    def hashed(text: str) -> str:
        return hashlib.new(_ALGORITHMS[challenge.algorithm], text.encode(), usedforsecurity=False).hexdigest()

    secret = hashed(f"{username}:{challenge.realm}:{password}")
    what = hashed(f"{method}:{uri}")
    if challenge.qop is None:
        return hashed(f"{secret}:{challenge.nonce}:{what}")
    return hashed(f"{secret}:{challenge.nonce}:{count}:{cnonce}:{challenge.qop}:{what}")


def authorization(challenge: Challenge, username: str, password: str, *, method: str, uri: str) -> str:
    """Return the value of the Authorization or Proxy-Authorization header for one request."""
    count, cnonce = "00000001", secrets.token_hex(8)
    response = digest_response(challenge, username, password, method=method, uri=uri, count=count, cnonce=cnonce)
    parts = [
        f'username="{username}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{uri}"',
        f'response="{response}"',
        f"algorithm={challenge.algorithm}",
    ]
    if challenge.opaque is not None:
        parts.append(f'opaque="{challenge.opaque}"')
    if challenge.qop is not None:
        parts += [f"qop={challenge.qop}", f"nc={count}", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(parts)
