"""The official Twilio SDK for Python, pointed at a controller."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from twilio.rest import Client


def client(url: str, sid: str, token: str, *, account_sid: str | None = None) -> "Client":
    """Return a ``twilio.rest.Client`` that talks to the controller at ``url`` (``http://127.0.0.1:8080``).

    ``sid`` and ``token`` are those of an account; or they are the SID and the secret of an API key, and ``account_sid`` says
    whose it is. Raises ``ValueError`` for a key without an account, and ``ImportError`` if the SDK is not installed: it comes
    with ``pip install 'ari-conf[client]'``.
    """
    if sid.startswith("SK") and account_sid is None:
        raise ValueError("an API key belongs to an account; give its SID as account_sid")
    try:
        from twilio.http.http_client import TwilioHttpClient  # noqa: PLC0415 - it is not needed for anything else
        from twilio.rest import Client  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ImportError("the official SDK is not installed: pip install 'ari-conf[client]'") from error

    class HttpClient(TwilioHttpClient):  # type: ignore[misc]
        """Sends requests to the controller."""

        def request(self, method: str, url_: str, *arguments: Any, **named: Any) -> Any:
            # Whatever host the SDK has chosen, by its edge and region: the token must never go there.
            there = urlsplit(url_)
            query = f"?{there.query}" if there.query else ""
            return super().request(method, f"{url.rstrip('/')}{there.path}{query}", *arguments, **named)

    return Client(sid, token, account_sid, http_client=HttpClient())
