"""The database that the settings name, and how it is kept from growing for ever."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.clock import Clock
from ari_conf.settings import Settings
from ari_conf.store import Pruned, Store, StoreError, plainly, prune

_log = structlog.get_logger(__name__)

PRUNE_SECONDS: Final = 3600.0
"""How often what is old is looked for."""


def database_url(settings: Settings) -> str:
    """Return the URL of the database: the one that is set, else a file in the storage folder. It may contain a password.

    Raises ``StoreError`` if that folder is in a home directory, and there is none.
    """
    url = settings.database.url.get_secret_value()
    if url:
        return url
    folder = settings.storage.folder
    try:
        return f"sqlite:///{(folder.expanduser() / 'ari-conf.db').absolute()}"
    except RuntimeError as error:
        raise StoreError(
            f"the folder {folder} cannot be found, for there is no home directory; "
            "let [storage] folder or XDG_STATE_HOME name one"
        ) from error


def store_of(settings: Settings) -> Store:
    """Return the store, not open yet. Raises ``StoreError`` if its URL cannot be used."""
    return Store(database_url(settings))


async def prune_by_settings(store: Store, settings: Settings, now: float) -> Pruned:
    """Remove what is older than the settings say, with the files of recordings. Raises SQLAlchemy's errors and OSError."""
    return await prune(store, now, settings.database, _Files(settings.storage.recordings).remove)


async def prune_regularly(
    store: Store, settings: Settings, clock: Clock, is_trusted: Callable[[], bool] = lambda: True
) -> None:
    """Remove what is old once an hour, for ever, if ``clock`` is trusted then. A database that refuses is tried again then."""
    while True:
        try:
            pruned = await prune_by_settings(store, settings, clock.now()) if is_trusted() else None
        except (SQLAlchemyError, OSError) as error:
            _log.warning("what is old could not be removed from the database", cause=plainly(error))
        else:
            if pruned and pruned.rows:
                _log.info("what is old was removed from the database", **pruned.rows)
        await clock.sleep_until(clock.monotonic() + PRUNE_SECONDS)


class _Files:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def remove(self, sids: Sequence[str]) -> None:
        for sid in sids:
            # The recording, and what was made of it for those who wanted another form.
            for file in self._folder.glob(f"{sid}.*"):
                file.unlink(missing_ok=True)
