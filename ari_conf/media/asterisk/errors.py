"""What can go wrong with ARI, told apart by what one can do about it."""

from typing import Final

from ari_conf.media.port import EngineError, EngineUnavailableError

GONE: Final = frozenset({400, 404, 409, 412, 422})
"""Answers to a request about a channel that mean: it is not there any more, no longer ours, or about to end."""

ENDS_WITHIN: Final = 1.0
"""Seconds in which the end of a channel is told after a request about it was refused."""


class AriRefusedError(EngineError):
    """Asterisk answered, but not with success."""

    def __init__(self, method: str, uri: str, status: int, message: str) -> None:
        super().__init__(f"Asterisk answered {status} to {method} {uri}: {message}")
        self.status = status


class AriTimeoutError(EngineUnavailableError):
    """Asterisk did not answer in time; whether it has done what it was asked is not known."""


class AriLostError(EngineUnavailableError):
    """There is no connection, or it broke before the answer; in the latter case the outcome is not known."""


class AriFinalError(EngineUnavailableError):
    """The connection is gone and will not come back by itself."""


class AriReplacedError(AriFinalError):
    """Another program has connected as the same Stasis application; it owns the calls now."""
