"""Our choices for the page of metrics."""

from typing import Final

GUESSES_AT_ONCE: Final = 10.0
GUESSES_PER_SECOND: Final = 1 / 10
"""So many wrong tokens an address may show before it has to wait."""
