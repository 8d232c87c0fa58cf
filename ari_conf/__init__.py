"""Conference calling that you run yourself: Twilio's ``<Dial><Conference>`` on your own Asterisk."""

__version__ = "0.1.0"
