"""The one error of everything that goes over the webhook wire."""

from ari_conf.notifications import Exchange
from ari_conf.twilio_codes import Code, TwilioError


class WebhookError(TwilioError):
    """A request to the application failed. ``url`` is the one that failed, as it was given: redact it before it is shown.

    ``status`` is the HTTP status, if there was an answer at all; ``exchange`` what was sent and answered, if it came to that.
    """

    def __init__(
        self, code: Code, message: str, url: str, *, status: int | None = None, exchange: Exchange | None = None
    ) -> None:
        super().__init__(code, message)
        self.url = url
        self.status = status
        self.exchange = exchange


def exchange_of(error: Exception) -> Exchange | None:
    """Return the request that ``error`` is about, with its answer, if it is about one."""
    return error.exchange if isinstance(error, WebhookError) else None
