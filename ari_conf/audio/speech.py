"""From text to speech: espeak-ng, which comes with the installation, or a Piper voice."""

from pathlib import Path

from .espeak import EspeakSpeech
from .piper import PiperSpeech
from .speech_port import LONGEST_TEXT, SpeechError, SpeechPort

__all__ = ["LONGEST_TEXT", "EspeakSpeech", "PiperSpeech", "SpeechError", "SpeechPort", "make_speech"]


def make_speech(piper_model: Path | None) -> SpeechPort:
    """Return who speaks: a Piper voice if the path of its model is given, else espeak-ng.

    Raises ``SpeechError`` if Piper is not installed or its model cannot be used.
    """
    return EspeakSpeech() if piper_model is None else PiperSpeech(piper_model.expanduser())
