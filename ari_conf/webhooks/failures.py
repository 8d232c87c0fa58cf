"""From what went wrong on the wire to Twilio's code for it, with a sentence that says what to look at."""

import ssl
from dataclasses import dataclass

import aiohttp

from ari_conf.twilio_codes import Code
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.hop import Hop
from ari_conf.webhooks.network_rules import AddressRefusedError
from ari_conf.webhooks.policy import RetryOn
from ari_conf.webhooks.urls import redacted

_HOSTNAME_MISMATCH = (62, 64)
_HAS_EXPIRED = 10
"""OpenSSL's verification results (``X509_V_ERR_…``)."""
_LONGEST_CAUSE = 200
"""In characters; a parser's complaint can quote kilobytes of what it has met."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt, and as what it may be tried again, None if that is of no use."""

    error: WebhookError
    kind: RetryOn | None


def failure_of(error: Exception, hop: Hop) -> Failure:
    """Return what ``error``, raised by a request, means."""
    kind: RetryOn | None = RetryOn.BROKEN
    match error:
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as reason):
            code, sentence = _certificate(reason)
        case aiohttp.ClientSSLError():
            code, sentence = Code.TLS_HANDSHAKE, f"does not complete the TLS handshake: {error.os_error}."
        case aiohttp.ClientConnectorError(os_error=AddressRefusedError() as refused):
            kind = None
            code, sentence = Code.HTTP_CONNECTION_FAILURE, f"is not requested, for its host has {refused.rule}."
        case aiohttp.ClientConnectorDNSError():
            kind = RetryOn.CONNECT
            code, sentence = Code.HTTP_BAD_HOST, "has a host name that does not resolve; check its spelling."
        case aiohttp.ClientConnectorError():
            kind = RetryOn.CONNECT
            cause = error.os_error.strerror or str(error.os_error)
            code, sentence = Code.HTTP_CONNECTION_FAILURE, f"cannot be reached ({cause}); is the application running?"
        case aiohttp.ConnectionTimeoutError():
            kind = RetryOn.CONNECT
            sentence = "did not accept the connection in time; is the application running?"
            code = Code.HTTP_CONNECTION_FAILURE
        case aiohttp.ServerTimeoutError():
            kind = RetryOn.READ
            code, sentence = Code.HTTP_TOTAL_TIMEOUT, "kept silent for too long; it has to answer sooner."
        case aiohttp.InvalidURL() | UnicodeError():
            kind = None
            code, sentence = Code.INVALID_URL, "is not a well-formed http or https URL; check the setting or TwiML."
        # The texts of these two quote the answer, which may set cookies.
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            code, sentence = Code.HTTP_PROTOCOL_VIOLATION, "broke off before its answer was complete."
        case _:
            cause = " ".join(str(error).split())[:_LONGEST_CAUSE] or type(error).__name__
            code, sentence = Code.HTTP_PROTOCOL_VIOLATION, f"broke off or does not speak HTTP: {cause}."
    return Failure(WebhookError(code, f"{redacted(hop.url)} {sentence}", hop.url, exchange=hop.exchange()), kind)


def kind_of_status(status: int) -> RetryOn | None:
    """Return as what a request with this answer may be tried again."""
    if 400 <= status < 500:
        return RetryOn.CLIENT_ERROR
    return RetryOn.SERVER_ERROR if 500 <= status < 600 else None


def _certificate(error: ssl.SSLCertVerificationError) -> tuple[Code, str]:
    if error.verify_code in _HOSTNAME_MISMATCH:
        return Code.CERTIFICATE_DOMAIN_MISMATCH, f"has a certificate for another host: {error.verify_message}."
    if error.verify_code == _HAS_EXPIRED:
        return Code.CERTIFICATE_EXPIRED, "has a certificate that has expired; renew it."
    return Code.CERTIFICATE_UNTRUSTED, f"has a certificate that is not trusted: {error.verify_message}."
