"""Our choices where Twilio's public material is silent about recordings."""

from typing import Final

MOST_RECORDINGS_OF_A_CALL: Final = 10
"""So many recordings of one call may run at once; one more is refused (16108)."""

INTENT_SECONDS: Final = 0.25
"""How long the recording of a call waits, before it begins, for the database to know that it is going to."""
