"""``X-Twilio-Signature``: what an application checks to know that a request comes from its own telephone system."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

SIGNATURE_HEADER = "X-Twilio-Signature"
BODY_HASH = "bodySHA256"
"""The parameter of the query that says what is in a body of JSON."""


def compute_signature(auth_token: str, url: str, form: Iterable[tuple[str, str]] = ()) -> str:
    """Return the signature of a request for ``url`` with the form parameters ``form`` (none for GET).

    Userinfo and fragment of the URL do not count, nor does the port of an https URL. Parameters are sorted by name; of a name
    that is repeated each distinct value counts once, in order.
    """
    signed = signed_url(url) + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.digest(auth_token.encode(), signed.encode(), "sha1")
    return base64.b64encode(digest).decode("ascii")


@lru_cache(maxsize=64)
def signed_url(url: str) -> str:
    """Return the part of ``url`` that is signed."""
    parts = urlsplit(url)
    location = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        location = location.rpartition(":")[0]
    return urlunsplit((parts.scheme, location, parts.path, parts.query, ""))


def body_hash(body: bytes) -> str:
    """Return what the query of a request says of its body of JSON (``BODY_HASH``), so that it is signed with the URL."""
    return hashlib.sha256(body).hexdigest()
