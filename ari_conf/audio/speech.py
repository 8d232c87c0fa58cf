"""From text to speech. The port, and the voice that comes with the installation: espeak-ng, offline, in a hundred languages."""

import ctypes
import os
import threading
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import espeakng_loader
import numpy as np
import soxr
import structlog

from . import Samples
from .voices import Sex, VoiceWanted, default_voice, voice_wanted

_log = structlog.get_logger(__name__)

LONGEST_TEXT: Final = 4096
"""Characters of a text that are spoken; the rest is left out."""


class SpeechError(Exception):
    """The text cannot be spoken; the message says why and what helps."""


class SpeechPort(Protocol):
    """What speaks."""

    def speak(self, text: str, *, voice: str | None = None, language: str | None = None) -> Samples:
        """Return ``text`` as speech at 8000 Hz; empty if there is nothing to say.

        ``voice`` and ``language`` are those of ``<Say>``; what is not known gives way to the default, with a log line.
        Safe in any thread, and to be called in one: it takes a while. Raises ``SpeechError``.
        """
        ...


class EspeakSpeech:
    """Speaks with espeak-ng. Any number may be made: they take turns, since there is one espeak in a process."""

    def speak(self, text: str, *, voice: str | None = None, language: str | None = None) -> Samples:
        """Return ``text`` as speech, as ``SpeechPort`` says."""
        if len(text) > LONGEST_TEXT:
            _log.warning("the text is too long; its end is not spoken", characters=len(text), spoken=LONGEST_TEXT)
            text = text[:LONGEST_TEXT]
        wanted = voice_wanted(voice, language)
        if wanted is None:
            _log.warning("there is no such voice; the default speaks", voice=voice)
            wanted = default_voice(language)
        # What cannot be shown cannot be said; a NUL would end the text.
        printable = "".join(character if character.isprintable() else " " for character in text)
        if not printable.strip():
            return np.zeros(0, np.int16)
        with _LOCK:
            return _espeak().speak(printable, wanted)


# espeak-ng keeps its whole state in global variables.
_LOCK = threading.Lock()

_AUDIO_OUTPUT_SYNCHRONOUS: Final = 2
_INITIALIZE_DONT_EXIT: Final = 0x8000
_POSITION_CHARACTER: Final = 1
_CHARS_UTF8: Final = 1

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


@cache
def _espeak() -> "_Espeak":
    return _Espeak()


class _Espeak:
    """The library, loaded and initialised. One for the process; its owner holds the lock."""

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

    def speak(self, text: str, wanted: VoiceWanted) -> Samples:
        name = f"{self._identifier(wanted.language)}{_VARIANTS[wanted.sex]}"
        result = self._library.espeak_SetVoiceByName(name.encode())
        if result != 0:
            raise SpeechError(f"espeak-ng cannot speak with its voice {name} (its error {result})")
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

    def _identifier(self, tag: str) -> str:
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
