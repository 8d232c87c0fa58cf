"""The wire to the application: signed requests, TwiML answers, callbacks."""

from .callbacks import Callbacks, Delivery
from .client import HttpPolicy, WebhookClient, WebhookRequest, WebhookResponse
from .errors import WebhookError
from .signature import SIGNATURE_HEADER, compute_signature
from .twiml_fetch import FetchedDocument, fetch_twiml
from .urls import redacted, resolve
from .voice_parameters import CallStatus, Direction, VoiceCall, voice_parameters

__all__ = [
    "SIGNATURE_HEADER",
    "CallStatus",
    "Callbacks",
    "Delivery",
    "Direction",
    "FetchedDocument",
    "HttpPolicy",
    "VoiceCall",
    "WebhookClient",
    "WebhookError",
    "WebhookRequest",
    "WebhookResponse",
    "compute_signature",
    "fetch_twiml",
    "redacted",
    "resolve",
    "voice_parameters",
]
