"""What a controller cannot do without: engine, database, voice, folders; and what is told when one of them is missing."""

from ari_conf.audio.speech import SpeechError, SpeechPort, make_speech
from ari_conf.clock import Clock
from ari_conf.database import store_of
from ari_conf.media.asterisk.dial_strings import DialStrings
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.port import MediaEngine
from ari_conf.settings import Settings, StorageSettings
from ari_conf.store import Store, StoreError


class StartError(Exception):
    """The controller cannot start; the text says why and what helps. ``exit_status`` is that of the process."""

    exit_status = 1


class ReplacedError(StartError):
    """The controller cannot go on: somebody else serves its calls. A start of it would take them away from there again."""

    exit_status = 3


def make_engine(settings: Settings, clock: Clock) -> MediaEngine:
    """Return the engine that the settings ask for, not started yet."""
    storage = settings.storage
    if settings.engine == "local":
        from ari_conf.media.local import LocalEngine  # noqa: PLC0415 - takes long to load, and is for tests and demos

        return LocalEngine(clock, recordings=storage.raw_recordings)
    asterisk = settings.asterisk
    return AsteriskEngine(
        AriAddress(asterisk.url, asterisk.username, asterisk.password.get_secret_value(), asterisk.app),
        sounds=storage.sounds,
        recordings=storage.raw_recordings,
        media_url=asterisk.media_url,
        dial_strings=DialStrings(asterisk.outbound, asterisk.client, asterisk.sip),
    )


def make_store(settings: Settings) -> Store:
    """Return the store, not open yet. Raises ``StartError`` if its URL cannot be used."""
    try:
        return store_of(settings)
    except StoreError as error:
        raise StartError(str(error)) from error


def make_voice(settings: Settings) -> SpeechPort:
    """Return who speaks. Raises ``StartError`` if that voice cannot be had."""
    try:
        return make_speech(settings.speech.piper_model)
    except SpeechError as error:
        raise StartError(str(error)) from error


def make_folders(storage: StorageSettings) -> None:
    """Make the folders for sounds and recordings, if they are missing. Raises ``StartError``."""
    try:
        storage.sounds.mkdir(parents=True, exist_ok=True)
        # What people have said is for this user alone; sounds are read by Asterisk's user, too.
        for folder in (storage.recordings, storage.raw_recordings):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"the folder {storage.folder} cannot be used ({error.strerror}); choose another [storage] folder"
        ) from error
