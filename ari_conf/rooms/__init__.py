"""The running rooms: the shell around the conference rules that lets their consequences happen."""

from .live import Notes
from .room import Admission, Caller, Left
from .room_recording import RoomRecording
from .rooms import Observer, Rooms
from .sounds import RoomSounds

__all__ = [
    "Admission",
    "Caller",
    "Left",
    "Notes",
    "Observer",
    "RoomRecording",
    "RoomSounds",
    "Rooms",
]
