"""Announcements: what a client sends to have one played to a conference, or to a participant."""

from ari_conf.conference import AudioProgram
from ari_conf.programs import given_content
from ari_conf.twilio_codes import TwilioError

from .errors import RestCode, RestError
from .parameters import AttributeMethod, AttributeUrl, Parameters, Twiml


class Announcing(Parameters):
    """Subclass it for a resource to which something can be announced."""

    announce_url: AttributeUrl | None = None
    announce_method: AttributeMethod = "POST"
    announce_twiml: Twiml | None = None


def announcement(sent: Announcing) -> AudioProgram | None:
    """Return what is to be announced, if anything is.

    Raises ``RestError`` if there are two, or if ``AnnounceTwiml`` is no document that can be played: with the code that the
    same document would have as the answer of an ``AnnounceUrl``.
    """
    if sent.announce_twiml is None:
        return None if sent.announce_url is None else AudioProgram(sent.announce_url, sent.announce_method)
    if sent.announce_url is not None:
        raise RestError(RestCode.INVALID_PARAMETER, "Give either AnnounceUrl or AnnounceTwiml, not both.")
    try:
        given_content(sent.announce_twiml)
    except TwilioError as error:
        raise RestError(error.code, f"AnnounceTwiml is not valid: {error.message}") from error
    return AudioProgram("", twiml=sent.announce_twiml)
