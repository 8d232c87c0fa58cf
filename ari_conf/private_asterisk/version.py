"""Releases of Asterisk, with what is wrong with them told as this package tells it."""

from ari_conf.asterisk_version import AsteriskVersion, AsteriskVersionError

from .errors import PrivateAsteriskError


def read_release(text: str) -> AsteriskVersion:
    """Find the release in ``text``. Raises ``PrivateAsteriskError`` if there is none."""
    try:
        return AsteriskVersion.parse(text)
    except AsteriskVersionError as error:
        raise PrivateAsteriskError(str(error)) from error


def require_accepted(version: AsteriskVersion) -> None:
    """Raise ``PrivateAsteriskError`` if this release will not do."""
    reason = version.why_not()
    if reason:
        raise PrivateAsteriskError(reason)
