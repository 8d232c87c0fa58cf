"""The running rooms: the shell around the conference rules that lets their consequences happen."""

from .rooms import Admission, Left, Observer, Rooms

__all__ = ["Admission", "Left", "Observer", "Rooms"]
