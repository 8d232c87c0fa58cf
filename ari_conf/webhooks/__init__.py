"""The wire to the application: signed requests, TwiML answers, callbacks."""

from .client import WebhookClient
from .cookies import CookieJar
from .delivery import callback_event
from .errors import WebhookError, exchange_of
from .ledger import CallbackKind, Ledger, Owed
from .outbox import Outbox
from .outbox_rows import CannotSendAgainError
from .policy import HttpPolicy, MediaLimit, RetryOn
from .request import WebhookRequest, WebhookResponse
from .signature import SIGNATURE_HEADER, compute_signature
from .twiml_fetch import FetchedDocument, document_again, document_of, fetch_twiml
from .urls import redacted, resolve
from .voice_parameters import CallStatus, Direction, VoiceCall, call_progress_parameters, sip_parameters, voice_parameters

__all__ = [
    "SIGNATURE_HEADER",
    "CallStatus",
    "CallbackKind",
    "CannotSendAgainError",
    "CookieJar",
    "Direction",
    "FetchedDocument",
    "HttpPolicy",
    "Ledger",
    "MediaLimit",
    "Outbox",
    "Owed",
    "RetryOn",
    "VoiceCall",
    "WebhookClient",
    "WebhookError",
    "WebhookRequest",
    "WebhookResponse",
    "call_progress_parameters",
    "callback_event",
    "compute_signature",
    "document_again",
    "document_of",
    "exchange_of",
    "fetch_twiml",
    "redacted",
    "resolve",
    "sip_parameters",
    "voice_parameters",
]
