"""A Piper voice: a neural network that is nearer to a person than espeak-ng, in one language."""

import importlib
import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr
import structlog

from . import FULL_SCALE, Samples
from .espeak import EspeakSpeech
from .speech_port import SpeechError
from .ssml import Run, Silence, parts_of
from .tones import silence
from .voices import VoiceWanted, default_voice, voice_wanted

_log = structlog.get_logger(__name__)

_VOLUME: Final = 0.5
"""The peak of each sentence: as loud as espeak-ng, with room for ``<prosody volume>``."""

_PRIMARY: Final = {"cmn": "zh", "nb": "no"}
"""Languages that go by two names."""


class PiperSpeech:
    """Speaks with the Piper voice at ``model``; what is marked or asked for in another language, espeak-ng speaks.

    Of speech markup it heeds breaks, rate and volume. Raises ``SpeechError`` if Piper or its model cannot be used.
    """

    def __init__(self, model: Path) -> None:
        try:
            self._piper: Any = importlib.import_module("piper")
        except ImportError as error:
            raise SpeechError(f"Piper cannot be loaded ({error}); install it with ari-conf[piper]") from error
        for path in (model, model.with_name(f"{model.name}.json")):
            if not path.is_file():
                raise SpeechError(f"there is no file {path}; a Piper voice is a file .onnx and its .onnx.json beside it")
        try:
            self._voice: Any = self._piper.PiperVoice.load(model)
        except Exception as error:  # onnxruntime has many kinds of errors, without a common base
            cause = " ".join(str(error).split()) or type(error).__name__
            raise SpeechError(f"{model} is no Piper voice ({cause}); fetch it and its .onnx.json anew") from error
        self._language: str = self._voice.config.espeak_voice
        self._others = EspeakSpeech()
        self._lock = threading.Lock()

    def speak(self, text: str, *, ssml: str | None = None, voice: str | None = None, language: str | None = None) -> Samples:
        """Return ``text`` as speech, as ``SpeechPort`` says."""
        language = language or self._language
        wanted = voice_wanted(voice, language)
        if wanted is None:
            _log.warning("there is no such voice; the default speaks", voice=voice)
            wanted = default_voice(language)
        spoken = [
            silence(part.seconds) if isinstance(part, Silence) else self._speak(part, wanted) for part in parts_of(text, ssml)
        ]
        return np.concatenate([silence(0), *spoken])

    def _speak(self, run: Run, wanted: VoiceWanted) -> Samples:
        if _primary(run.language or wanted.language) != _primary(self._language):
            return self._others.speak_run(run, wanted)
        # Two brackets would begin phonemes.
        text = run.spoken_text.replace("[", " ").replace("]", " ")
        settings = self._piper.SynthesisConfig(
            length_scale=self._voice.config.length_scale / run.rate, volume=_VOLUME * run.volume
        )
        try:
            # It takes all processors for one sentence, so several at once would gain nothing.
            with self._lock:
                chunks = [(chunk.audio_float_array, chunk.sample_rate) for chunk in self._voice.synthesize(text, settings)]
        except Exception as error:
            raise SpeechError(f"Piper cannot speak the text ({error})") from error
        waves = [soxr.resample(wave, rate, 8000) for wave, rate in chunks]
        wave = np.concatenate(waves) if waves else np.zeros(0, np.float32)
        samples: Samples = np.rint(np.clip(wave, -1.0, 1.0) * FULL_SCALE).astype(np.int16)
        return samples


def _primary(tag: str) -> str:
    primary = tag.lower().replace("_", "-").partition("-")[0]
    return _PRIMARY.get(primary, primary)
