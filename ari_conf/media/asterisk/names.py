"""The names of our things inside Asterisk, derived from SIDs: a step can be repeated, and ours can be told from others."""

from typing import Final

PLAYBACKS_OF_A_CALL: Final = 4
"""So many playback ids a call has, used in turn: few enough to stop whatever an earlier life of ours has left playing."""


def ours(app: str, name: str) -> str:
    """Return the id of a bridge, a channel or a playback of this application; ``~`` cannot stand in an application's name."""
    return f"ari_conf~{app}~{name}"


def is_ours(app: str, thing_id: str) -> bool:
    """Tell whether a bridge or a channel was made by an ari_conf of this application, this one or one before it."""
    return thing_id.startswith(ours(app, ""))


def mixing_bridge(app: str, mix_sid: str) -> str:
    """Return the id of the bridge of a conference, or of a call and those that it has dialled."""
    return ours(app, mix_sid)


def outgoing(app: str, call_sid: str) -> str:
    """Return the id of the channel of a call that we place."""
    return ours(app, f"call-{call_sid}")


def account(app: str, call_sid: str) -> str:
    """Return the name of the SIP endpoint that is made for one call alone."""
    return ours(app, f"account-{call_sid}")


def coach_bridge(app: str, call_sid: str) -> str:
    """Return the id of the bridge in which this coach meets the ear of the participant that is coached."""
    return ours(app, f"coach-{call_sid}")


def level_bridge(app: str, call_sid: str, token: str) -> str:
    """Return the id of a bridge in which a call's voice is measured; another ``token`` makes another."""
    return ours(app, f"level-{call_sid}-{token}")


def level_channel(app: str, call_sid: str, token: str) -> str:
    """Return the id of the channel in such a bridge that hands the voice to us."""
    return ours(app, f"heard-{call_sid}-{token}")


def snoop_prefix(app: str, purpose: str, call_sid: str, target: str) -> str:
    """Return how the id of a snoop channel begins that is for the call ``call_sid``, on the call ``target``, maybe the same.

    More has to follow, because Asterisk lets go of a snoop's id only some time after it has been hung up.
    """
    return ours(app, f"{purpose}-{call_sid}-{target}-")


def playback(app: str, channel_id: str, number: int) -> str:
    """Return the id of a playback to a caller's channel."""
    return ours(app, f"{channel_id}-{number % PLAYBACKS_OF_A_CALL}")
