"""The names of our things inside Asterisk, derived from SIDs: a step can be repeated, and ours can be told from others."""


def mixing_bridge(app: str, conference_sid: str) -> str:
    """Return the id of the bridge that mixes this conference. ``~`` cannot stand in the name of an application."""
    return f"ari_conf~{app}~{conference_sid}"


def is_our_bridge(app: str, bridge_id: str) -> bool:
    """Tell whether a bridge was made by an ari_conf of this application, this one or one before it."""
    return bridge_id.startswith(mixing_bridge(app, ""))
