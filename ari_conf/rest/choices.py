"""Our choices where Twilio's public material is silent, for the REST API."""

from typing import Final

FAILED_LOGIN_COST: Final = 100.0
"""How many requests a failed login counts for, against the address that it came from."""

GUESSES_AT_ONCE: Final = 50.0
GUESSES_PER_SECOND: Final = 1 / 60
"""So many failed logins an account or API key may have, from wherever they come, before addresses new to it have to wait."""

MAX_BODY_BYTES: Final = 64 * 1024
"""How large a form may be."""

BODY_SECONDS: Final = 10.0
"""How long a form may take to arrive."""

NEWEST_PARTICIPANT_FIRST: Final = True
"""The order of a list of participants, which is sorted by the date they were created, as conferences are."""

FRESH_SECONDS: Final = 2.0
"""How long an answer waits for what has just happened to be in the database, which it is read from."""

HOLD_METHOD: Final = "GET"
"""``HoldMethod`` where none is given: so says the reference; an announcement of 2016 said POST."""
