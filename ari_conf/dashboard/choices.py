"""Our choices for the dashboard."""

from typing import Final

HARD_END_SECONDS: Final = 7 * 86400.0
"""How long a session lasts at most: who works here daily logs in once a week."""

MOST_SESSIONS: Final = 100
"""So many sessions one log-in may have; the one that was not used for longest ends for another. A person has a few browsers."""

KEPT_EVERY_SECONDS: Final = 60.0
"""How often a session's last use is written to the database: a restart forgets a minute of it at most."""

SWEEP_SECONDS: Final = 15.0
"""How often sessions are looked for that have ended by themselves."""

GUESSES_OF_ADDRESS_AT_ONCE: Final = 10.0
GUESSES_OF_ADDRESS_PER_SECOND: Final = 1 / 6
"""So many wrong passwords an address may send: a person mistypes, and tries another one meanwhile."""

HASHED_WAITING: Final = 10
"""So many passwords may wait to be compared, one after the other, which takes some seconds; others are told to come again."""

LOGIN_BYTES: Final = 8 * 1024
"""How large a log-in may be."""

LARGEST_SOUND: Final = 10_000_000
"""Bytes of an uploaded announcement: five minutes of CD quality and more, or an hour of phone quality."""

SOUND_SECONDS: Final = 120.0
"""How long an upload may take, which is time enough for the largest at 0.7 Mbit/s."""

SOUNDS_AT_ONCE: Final = 4
"""So many uploads may be under way: each is kept in memory until it is whole."""
