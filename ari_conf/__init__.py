"""Conference calling that you run yourself: Twilio's ``<Dial><Conference>`` on your own Asterisk."""

from .client import client

__version__ = "0.1.0"
__all__ = ["client"]
