"""The wire to the application: signed requests, TwiML answers, callbacks."""

from .callbacks import Callbacks, Delivery
from .client import HttpPolicy, MediaLimit, WebhookClient, WebhookRequest, WebhookResponse
from .errors import WebhookError
from .media_fetch import FetchedMedia, fetch_media
from .signature import SIGNATURE_HEADER, compute_signature
from .twiml_fetch import FetchedDocument, document_of, fetch_twiml
from .urls import redacted, resolve
from .voice_parameters import CallStatus, Direction, VoiceCall, voice_parameters

__all__ = [
    "SIGNATURE_HEADER",
    "CallStatus",
    "Callbacks",
    "Delivery",
    "Direction",
    "FetchedDocument",
    "FetchedMedia",
    "HttpPolicy",
    "MediaLimit",
    "VoiceCall",
    "WebhookClient",
    "WebhookError",
    "WebhookRequest",
    "WebhookResponse",
    "compute_signature",
    "document_of",
    "fetch_media",
    "fetch_twiml",
    "redacted",
    "resolve",
    "voice_parameters",
]
