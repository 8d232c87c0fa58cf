"""What is kept from one start to the next: the database, its tables, and how they are written without anybody waiting."""

from . import tables
from .causes import plainly
from .errors import StoreError
from .migrate import Form
from .retention import Pruned, Retention, prune
from .rows import (
    AccountRow,
    CallRow,
    ConferenceRow,
    DeliveryRow,
    DocumentRow,
    EventRow,
    LiveRow,
    NotificationRow,
    ParticipantRow,
    QueueRow,
    RecordingRow,
    Row,
    VerbRow,
)
from .store import Store

__all__ = [
    "AccountRow",
    "CallRow",
    "ConferenceRow",
    "DeliveryRow",
    "DocumentRow",
    "EventRow",
    "Form",
    "LiveRow",
    "NotificationRow",
    "ParticipantRow",
    "Pruned",
    "QueueRow",
    "RecordingRow",
    "Retention",
    "Row",
    "Store",
    "StoreError",
    "VerbRow",
    "plainly",
    "prune",
    "tables",
]
