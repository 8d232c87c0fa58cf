"""The names of our things inside Asterisk, derived from SIDs: a step can be repeated, and ours can be told from others."""

from typing import Final

BRIDGE_PREFIX: Final = "ari_conf-"


def mixing_bridge(conference_sid: str) -> str:
    """Return the id of the bridge that mixes this conference."""
    return BRIDGE_PREFIX + conference_sid


def is_our_bridge(bridge_id: str) -> bool:
    """Tell whether a bridge was made by an ari_conf, this one or one before it."""
    return bridge_id.startswith(BRIDGE_PREFIX)
