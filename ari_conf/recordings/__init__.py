"""Recordings of rooms and calls: from their start through pauses and trimming to the callbacks that tell of them."""

from .recording import (
    FINISHED,
    PauseBehavior,
    Recording,
    RecordingCallback,
    RecordingEvent,
    RecordingStatus,
    Source,
)
from .recordings import Recordings
from .rows import recording_row

__all__ = [
    "FINISHED",
    "PauseBehavior",
    "Recording",
    "RecordingCallback",
    "RecordingEvent",
    "RecordingStatus",
    "Recordings",
    "Source",
    "recording_row",
]
