"""The library espeak-ng, as the package espeakng-loader brings it."""

import ctypes
import math
import os
from pathlib import Path
from typing import Any, Final

import espeakng_loader
import numpy as np
import soxr
import structlog

from . import Samples
from .speech_port import SpeechError
from .voices import Sex, VoiceWanted

_log = structlog.get_logger(__name__)

_AUDIO_OUTPUT_SYNCHRONOUS: Final = 2
_INITIALIZE_DONT_EXIT: Final = 0x8000
_POSITION_CHARACTER: Final = 1
_CHARS_UTF8: Final = 1

_RATE_PARAMETER: Final = 1
_PITCH_PARAMETER: Final = 3

_WORDS_PER_MINUTE: Final = 175
_RATES: Final = (80, 450)
_USUAL_PITCH: Final = 50
_PITCHES: Final = (0, 99)
_PITCH_STEPS_PER_OCTAVE: Final = 66
"""espeak-ng's usual values and limits; how many steps of its pitch are an octave was measured."""

_LONGEST_DATA_PATH: Final = 120
"""espeak-ng has 160 bytes for the path of its data, and silently looks elsewhere if that is longer."""

_LANGUAGES: Final = {
    "en": "en-us",
    "en-au": "en-gb",
    "en-gb-wls": "en-gb",
    "en-ie": "en-gb",
    "en-in": "en-gb",
    "en-nz": "en-gb",
    "en-za": "en-gb",
    "es-es": "es",
    "fr": "fr-fr",
    "arb": "ar",
    "no": "nb",
    "zh": "cmn",
    "zh-hk": "yue",
    "zh-mo": "yue",
}
"""Languages that espeak-ng has under another name, or whose nearest relative it has."""

_VARIANTS: Final = {Sex.MALE: "", Sex.FEMALE: "+f3"}


class _Voice(ctypes.Structure):
    # espeak_VOICE of espeak-ng/speak_lib.h; ``languages`` begins with a byte for the priority.
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class EspeakLibrary:
    """The library, loaded and initialised. One for the process, which keeps its state in global variables; not thread-safe."""

    def __init__(self) -> None:
        try:
            self._library = _load()
            path = _short(espeakng_loader.get_data_path())
        except (OSError, RuntimeError) as error:
            raise SpeechError(f"espeak-ng cannot be loaded ({error}); install the package espeakng-loader anew") from error
        self._rate: int = self._library.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS, 0, os.fsencode(path), _INITIALIZE_DONT_EXIT
        )
        self._identifiers = self._voices() if self._rate > 0 else {}
        if not self._identifiers:
            raise SpeechError(f"espeak-ng does not find its data in {path}; install the package espeakng-loader anew")
        self._spoken = bytearray()
        # ctypes keeps no reference of its own to the callback.
        self._callback = _SynthCallback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, wanted: VoiceWanted, *, rate: float = 1.0, pitch: float = 1.0) -> Samples:
        """Return ``text`` as speech at 8000 Hz, ``rate`` times as fast and ``pitch`` times as high as usual, as far as it can.

        Raises ``SpeechError``.
        """
        name = f"{self.identifier(wanted.language)}{_VARIANTS[wanted.sex]}"
        result = self._library.espeak_SetVoiceByName(name.encode())
        if result != 0:
            raise SpeechError(f"espeak-ng cannot speak with its voice {name} (its error {result})")
        steps = round(_USUAL_PITCH + _PITCH_STEPS_PER_OCTAVE * math.log2(pitch))
        words = round(_WORDS_PER_MINUTE * rate)
        self._library.espeak_SetParameter(_RATE_PARAMETER, min(max(words, _RATES[0]), _RATES[1]), 0)
        self._library.espeak_SetParameter(_PITCH_PARAMETER, min(max(steps, _PITCHES[0]), _PITCHES[1]), 0)
        encoded = text.encode("utf-8", "replace") + b"\0"
        self._spoken.clear()
        result = self._library.espeak_Synth(encoded, len(encoded), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None)
        if result != 0:
            raise SpeechError(f"espeak-ng cannot speak the text (its error {result})")
        spoken = np.frombuffer(bytes(self._spoken), np.int16)
        self._spoken.clear()
        return soxr.resample(spoken, self._rate, 8000).astype(np.int16) if len(spoken) else spoken

    def _take(self, wave: int | None, samples: int, _events: int | None) -> int:
        if wave and samples > 0:
            self._spoken += ctypes.string_at(wave, 2 * samples)
        return 0

    def _voices(self) -> dict[str, str]:
        """Return the identifiers of the voices by language; of several voices of a language, the first counts."""
        voices = self._library.espeak_ListVoices(None)
        identifiers: dict[str, str] = {}
        position = 0
        while voices and voices[position]:
            voice = voices[position].contents
            identifiers.setdefault(voice.languages[1:].decode().lower(), voice.identifier.decode())
            position += 1
        return identifiers

    def identifier(self, tag: str) -> str:
        """Return espeak-ng's name of the voice that speaks a language, given as an IETF tag."""
        tag = tag.strip().lower().replace("_", "-")
        primary, _, region = tag.partition("-")
        latin_american = "es-419" if primary == "es" and region else ""
        for candidate in (tag, _LANGUAGES.get(tag, ""), latin_american, primary, _LANGUAGES.get(primary, "")):
            if candidate in self._identifiers:
                return self._identifiers[candidate]
        _log.warning("there is no voice for this language; it is spoken as English", language=tag)
        return self._identifiers["en-us"]


def _load() -> Any:
    library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
    library.espeak_Initialize.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int)
    library.espeak_ListVoices.argtypes = (ctypes.c_void_p,)
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    library.espeak_SetVoiceByName.argtypes = (ctypes.c_char_p,)
    library.espeak_SetParameter.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int)
    library.espeak_SetSynthCallback.argtypes = (_SynthCallback,)
    library.espeak_SetSynthCallback.restype = None
    library.espeak_Synth.argtypes = (
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    )
    return library


def _short(path: str) -> str:
    """Return a short name of a folder that stays good as long as the process lives."""
    if len(os.fsencode(path)) <= _LONGEST_DATA_PATH or not Path("/proc/self/fd").is_dir():
        return path
    return f"/proc/self/fd/{os.open(path, os.O_RDONLY | os.O_DIRECTORY)}"
