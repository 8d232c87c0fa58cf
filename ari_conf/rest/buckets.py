"""How many requests somebody may send: token buckets."""

from dataclasses import dataclass
from typing import Final

from ari_conf.clock import Clock

MANY_BUCKETS: Final = 10_000
"""From here on buckets that are full again, which say nothing, are forgotten; they are looked for once a second."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """A bucket for each name: ``burst`` tokens at first, and ``rate`` more a second until it is full again."""

    def __init__(self, rate: float, burst: float, clock: Clock) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._look_again_at = 0.0

    def take(self, name: str, tokens: float = 1.0) -> bool:
        """Take tokens out of a bucket, or tell that there is none left. More may be taken than are in it."""
        bucket = self._filled(name)
        if bucket.tokens < 1.0:
            return False
        bucket.tokens -= tokens
        return True

    def give_back(self, name: str) -> None:
        """Put a token back that was taken for something which, as it turned out, does not count."""
        self._filled(name).tokens += 1.0

    def seconds_until(self, name: str) -> float:
        """Return how long it takes until there is a token again."""
        return max(0.0, (1.0 - self._filled(name).tokens) / self._rate)

    def _filled(self, name: str) -> _Bucket:
        now = self._clock.monotonic()
        bucket = self._buckets.get(name)
        if bucket is None:
            if len(self._buckets) >= MANY_BUCKETS and now >= self._look_again_at:
                self._look_again_at = now + 1.0
                self._forget_full(now)
            bucket = self._buckets[name] = _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        return bucket

    def _forget_full(self, now: float) -> None:
        full = [name for name, one in self._buckets.items() if one.tokens + (now - one.at) * self._rate >= self._burst]
        for name in full:
            del self._buckets[name]
