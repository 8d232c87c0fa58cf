"""How Asterisk is told of a sound: as a file that it shares with us, or by its URL."""

import hashlib
from pathlib import Path
from typing import Final

from ari_conf.audio import Samples
from ari_conf.audio.tones import beep, special_information
from ari_conf.audio.wav import write_wav
from ari_conf.media.port import SOUND_RATE, EngineError, Sound, SoundFile

_OWN: Final = {Sound.BEEP: beep, Sound.SPECIAL_INFORMATION: special_information}


class Sounds:
    """The sounds in ``folder``. Asterisk reads them there, or under ``media_url`` if one is given.

    Only addresses of ours are ever given to Asterisk: it would fetch whatever it is told.
    """

    def __init__(self, folder: Path, media_url: str) -> None:
        self._folder = folder.resolve()
        self._media_url = media_url.rstrip("/")
        self._own = {sound: make(SOUND_RATE) for sound, make in _OWN.items()}

    @property
    def by_url(self) -> bool:
        """Whether Asterisk fetches them."""
        return bool(self._media_url)

    def prepare(self) -> None:
        """Write the sounds that every engine has. Raises ``EngineError`` if that fails."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for samples in self._own.values():
                self._write(samples)
        except OSError as error:
            raise EngineError(f"sounds cannot be written to {self._folder}: {error.strerror}; make it writable") from error

    def media(self, sound: Sound | SoundFile) -> str:
        """Return ARI's name of a sound."""
        # Written again if it is gone, for whoever keeps the folder small does not know that these are for ever.
        path = self._write(self._own[sound]) if isinstance(sound, Sound) else sound.path.resolve()
        if self._media_url:
            return f"sound:{self._media_url}/{path.name}"
        return f"sound:{path.with_suffix('')}"

    def _write(self, samples: Samples) -> Path:
        path = self._folder / f"{hashlib.sha256(samples.astype('<i2').tobytes()).hexdigest()}.wav"
        if not path.exists():
            draft = path.with_suffix(".draft")
            write_wav(draft, samples, SOUND_RATE)
            draft.replace(path)
        return path
