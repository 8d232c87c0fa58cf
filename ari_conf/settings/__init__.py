"""The settings: ``ari-conf.toml``, each value also as ``ARI_CONF_…`` in the environment (``__`` between levels)."""

from .reading import SettingsError, load_settings
from .sections import (
    LONGEST_SESSION_HOURS,
    ROOM_OF_THE_DIALLED_NAME,
    AccountSettings,
    AsteriskSettings,
    ConferencesSettings,
    DashboardSettings,
    DatabaseSettings,
    NumberSettings,
    OperatorSettings,
    RestSettings,
    ServerSettings,
    Settings,
    StorageSettings,
    WebhookSettings,
    state_folder,
)

__all__ = [
    "LONGEST_SESSION_HOURS",
    "ROOM_OF_THE_DIALLED_NAME",
    "AccountSettings",
    "AsteriskSettings",
    "ConferencesSettings",
    "DashboardSettings",
    "DatabaseSettings",
    "NumberSettings",
    "OperatorSettings",
    "RestSettings",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "StorageSettings",
    "WebhookSettings",
    "load_settings",
    "state_folder",
]
