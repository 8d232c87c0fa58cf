"""The local engine: rooms mixed in numpy, on a real or a virtual clock. For tests, demos and trying things out."""

from .engine import LocalEngine
from .line import Callee, Invitation, Line
from .mixer import FRAME_SECONDS, Mixer

__all__ = ["FRAME_SECONDS", "Callee", "Invitation", "Line", "LocalEngine", "Mixer"]
