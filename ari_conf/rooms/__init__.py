"""The running rooms: the shell around the conference rules that lets their consequences happen."""

from .rooms import Admission, Caller, Left, Observer, RoomRecording, Rooms
from .sounds import RoomSounds

__all__ = ["Admission", "Caller", "Left", "Observer", "RoomRecording", "RoomSounds", "Rooms"]
