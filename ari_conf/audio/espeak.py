"""The voice that comes with the installation: espeak-ng, offline, in a hundred languages."""

import threading
from dataclasses import replace
from functools import cache

import numpy as np
import structlog

from . import FULL_SCALE, Samples
from .espeak_library import EspeakLibrary
from .ssml import Run, Silence, parts_of
from .tones import silence
from .voices import VoiceWanted, default_voice, voice_wanted

_log = structlog.get_logger(__name__)

_LOCK = threading.Lock()


class EspeakSpeech:
    """Speaks with espeak-ng. Any number may be made: they take turns, since there is one espeak in a process.

    Its own reader of speech markup is not used: it has buffers without bounds, and a style may outlast the text it was for.
    """

    def speak(self, text: str, *, ssml: str | None = None, voice: str | None = None, language: str | None = None) -> Samples:
        """Return ``text`` as speech, as ``SpeechPort`` says."""
        wanted = voice_wanted(voice, language)
        if wanted is None:
            _log.warning("there is no such voice; the default speaks", voice=voice)
            wanted = default_voice(language)
        parts = parts_of(text, ssml)
        spoken = [
            silence(part.seconds)
            if isinstance(part, Silence)
            else self.speak_run(part, wanted, goes_on=position < len(parts) and isinstance(parts[position], Run))
            for position, part in enumerate(parts, 1)
        ]
        return np.concatenate([silence(0), *spoken])

    def speak_run(self, run: Run, wanted: VoiceWanted, *, goes_on: bool = False) -> Samples:
        """Return ``run`` as speech at 8000 Hz; its language counts before that of ``wanted``.

        ``goes_on``: the sentence does, so the voice is not to fall unless the text says so.
        """
        text = run.spoken_text.rstrip()
        if goes_on and text[-1:].isalnum():
            text += ","
        with _LOCK:
            samples = _library().speak(
                text, replace(wanted, language=run.language or wanted.language), rate=run.rate, pitch=run.pitch
            )
        loud: Samples = np.clip(samples * run.volume, -FULL_SCALE, FULL_SCALE).astype(np.int16)
        return loud


@cache
def _library() -> EspeakLibrary:
    return EspeakLibrary()
