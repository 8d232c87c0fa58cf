"""The settings: ``ari-conf.toml``, each value also as ``ARI_CONF_…`` in the environment (``__`` between levels)."""

from .reading import SettingsError, load_settings
from .sections import (
    ROOM_OF_THE_DIALLED_NAME,
    AccountSettings,
    AsteriskSettings,
    ConferencesSettings,
    DatabaseSettings,
    NumberSettings,
    RestSettings,
    ServerSettings,
    Settings,
    StorageSettings,
    WebhookSettings,
    state_folder,
)

__all__ = [
    "ROOM_OF_THE_DIALLED_NAME",
    "AccountSettings",
    "AsteriskSettings",
    "ConferencesSettings",
    "DatabaseSettings",
    "NumberSettings",
    "RestSettings",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "StorageSettings",
    "WebhookSettings",
    "load_settings",
    "state_folder",
]
