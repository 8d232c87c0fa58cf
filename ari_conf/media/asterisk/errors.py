"""What can go wrong with ARI, told apart by what one can do about it."""

from ari_conf.media.port import EngineError, EngineUnavailableError


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
