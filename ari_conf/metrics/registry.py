"""Where the metrics of one controller are gathered, and into which buckets times fall."""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

QUICK: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds for what is over at once as a rule: a request to Asterisk, a transaction, the waiting of an event."""

STEP: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)
"""Seconds for which a caller waits: a webhook, which has 15 s, and the way into a room."""

LATER: Final = (0.01, 0.05, 0.25, 1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0)
"""Seconds until a callback is accepted: at once, or after attempts for up to four hours."""

TALK: Final = (1.0, 5.0, 15.0, 60.0, 180.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14_400.0)
"""Seconds for which people talk."""


class Registry(CollectorRegistry):
    """Metrics without the times at which the client library made them, a third of all lines, which nobody asks for.

    The library's own switch for that is one for the whole process.
    """

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics as they are now."""
        for metric in super().collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric
