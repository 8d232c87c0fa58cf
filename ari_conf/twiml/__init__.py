"""TwiML: text in, typed verbs out, and every problem with its Twilio code."""

from .elements import LARGEST_DOCUMENT
from .parser import Document, parse_twiml
from .problems import Problem, TwimlError
from .verbs import (
    ConferenceNoun,
    ConferenceRecord,
    Dial,
    DialRecord,
    Hangup,
    HttpMethod,
    JitterBufferSize,
    Pause,
    Play,
    RecordingEvent,
    RecordingTrack,
    Redirect,
    Region,
    Reject,
    RejectReason,
    Say,
    Trim,
    Verb,
)

__all__ = [
    "LARGEST_DOCUMENT",
    "ConferenceNoun",
    "ConferenceRecord",
    "Dial",
    "DialRecord",
    "Document",
    "Hangup",
    "HttpMethod",
    "JitterBufferSize",
    "Pause",
    "Play",
    "Problem",
    "RecordingEvent",
    "RecordingTrack",
    "Redirect",
    "Region",
    "Reject",
    "RejectReason",
    "Say",
    "Trim",
    "TwimlError",
    "Verb",
    "parse_twiml",
]
