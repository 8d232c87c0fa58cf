"""What a controller measures of itself, and the page from which Prometheus reads it."""

from .door import Door
from .metrics import Metrics
from .page import metrics_routes

__all__ = ["Door", "Metrics", "metrics_routes"]
