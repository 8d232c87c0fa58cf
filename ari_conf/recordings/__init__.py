"""Recordings of rooms and calls: from their start through trimming to the callbacks that tell of them."""

from .callback import recording_parameters
from .recording import Recording, RecordingCallback, RecordingStatus, Source
from .recordings import Recordings
from .web import recording_routes

__all__ = [
    "Recording",
    "RecordingCallback",
    "RecordingStatus",
    "Recordings",
    "Source",
    "recording_parameters",
    "recording_routes",
]
