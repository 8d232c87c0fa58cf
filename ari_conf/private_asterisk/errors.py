"""What can go wrong here, in one sentence with the remedy."""


class PrivateAsteriskError(Exception):
    """Asterisk could not be fetched, configured or started; the text says why and what helps."""
