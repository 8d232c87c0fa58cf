"""From what went wrong on the wire to Twilio's code for it, with a sentence that says what to look at."""

import ssl
from dataclasses import dataclass

import aiohttp

from ari_conf.twilio_codes import Code
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.urls import redacted

_HOSTNAME_MISMATCH = (62, 64)
_HAS_EXPIRED = 10
"""OpenSSL's verification results (``X509_V_ERR_…``)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed attempt. ``before_connection``: nothing was sent, so that trying again cannot do anything twice."""

    error: WebhookError
    before_connection: bool = False


def webhook_error(error: Exception, url: str) -> Failure:
    """Return what ``error``, raised by a request for ``url``, means."""
    before_connection = False
    match error:
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as reason):
            code, sentence = _certificate(reason)
        case aiohttp.ClientSSLError():
            code, sentence = Code.TLS_HANDSHAKE, f"does not complete the TLS handshake: {error.os_error}."
        case aiohttp.ClientConnectorDNSError():
            before_connection = True
            code, sentence = Code.HTTP_BAD_HOST, "has a host name that does not resolve; check its spelling."
        case aiohttp.ClientConnectorError():
            before_connection = True
            cause = error.os_error.strerror or str(error.os_error)
            code, sentence = Code.HTTP_CONNECTION_FAILURE, f"cannot be reached ({cause}); is the application running?"
        case aiohttp.ConnectionTimeoutError():
            before_connection = True
            sentence = "did not accept the connection in time; is the application running?"
            code = Code.HTTP_CONNECTION_FAILURE
        case aiohttp.ServerTimeoutError():
            code, sentence = Code.HTTP_TOTAL_TIMEOUT, "kept silent for too long; it has to answer sooner."
        case aiohttp.InvalidURL() | UnicodeError():
            code, sentence = Code.INVALID_URL, "is not a well-formed http or https URL; check the setting or TwiML."
        case _:
            cause = " ".join(str(error).split()) or type(error).__name__
            code, sentence = Code.HTTP_PROTOCOL_VIOLATION, f"broke off or does not speak HTTP: {cause}."
    return Failure(WebhookError(code, f"{redacted(url)} {sentence}", url), before_connection)


def _certificate(error: ssl.SSLCertVerificationError) -> tuple[Code, str]:
    if error.verify_code in _HOSTNAME_MISMATCH:
        return Code.CERTIFICATE_DOMAIN_MISMATCH, f"has a certificate for another host: {error.verify_message}."
    if error.verify_code == _HAS_EXPIRED:
        return Code.CERTIFICATE_EXPIRED, "has a certificate that has expired; renew it."
    return Code.CERTIFICATE_UNTRUSTED, f"has a certificate that is not trusted: {error.verify_message}."
