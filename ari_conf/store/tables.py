"""The tables, one for each kind of row; a column is named as the field it keeps."""

from collections.abc import Mapping
from dataclasses import fields
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

import pydantic_core
from pydantic_core import PydanticSerializationError
from sqlalchemy import JSON, BigInteger, Boolean, Column, Dialect, Double, Index, MetaData, Table, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

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

metadata: Final = MetaData()


class PlainText(TypeDecorator[str]):
    """Text from strangers: what a database refuses in it (NUL, halves of surrogate pairs) is replaced by U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Replace what cannot be kept."""
        return value if value is None else storable(value)


def storable(text: str) -> str:
    """Return ``text`` with U+FFFD for each character that PostgreSQL or UTF-8 has no room for."""
    if text.isascii():
        return text.replace("\0", "�") if "\0" in text else text
    return text.replace("\0", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def to_json(value: Mapping[str, str]) -> str:
    """Return ``value`` as JSON that both databases keep."""
    try:
        text = pydantic_core.to_json(dict(value))
    except PydanticSerializationError:  # halves of surrogate pairs
        text = b""
    if not text or b"\\u0000" in text:
        text = pydantic_core.to_json({storable(key): storable(one) for key, one in value.items()})
    return text.decode()


_COLUMN_TYPES: Final[dict[Any, type[TypeEngine[Any]]]] = {
    str: PlainText,
    int: BigInteger,
    float: Double,
    bool: Boolean,
    Mapping: JSON,
}


def _table(name: str, kind: type[Row], key: tuple[str, ...], *indexes: tuple[str, ...]) -> Table:
    hints = get_type_hints(kind)
    columns: list[Column[Any]] = []
    for field in fields(kind):
        hint = hints[field.name]
        nullable = get_origin(hint) is UnionType
        plain = get_args(hint)[0] if nullable else hint
        column_type = _COLUMN_TYPES[get_origin(plain) or plain]
        columns.append(Column(field.name, column_type, primary_key=field.name in key, nullable=nullable))
    named = [Index(f"{name}_by_{'_'.join(column.rstrip('_') for column in index)}", *index) for index in indexes]
    return Table(name, metadata, *columns, *named)


accounts: Final = _table("accounts", AccountRow, ("sid",))
calls: Final = _table(
    "calls", CallRow, ("sid",), ("account_sid", "created_at"), ("created_at",), ("parent_call_sid",), ("ended_at",)
)
documents: Final = _table("documents", DocumentRow, ("call_sid", "number"))
verbs: Final = _table("verbs", VerbRow, ("call_sid", "number"))
conferences: Final = _table(
    "conferences",
    ConferenceRow,
    ("sid",),
    ("account_sid", "created_at"),
    ("created_at",),
    ("account_sid", "friendly_name"),
    ("ended_at",),
)
participants: Final = _table("participants", ParticipantRow, ("conference_sid", "call_sid", "joined_at"), ("call_sid",))
events: Final = _table("events", EventRow, ("conference_sid", "number"))
recordings: Final = _table(
    "recordings", RecordingRow, ("sid",), ("account_sid", "created_at"), ("conference_sid",), ("call_sid",), ("updated_at",)
)
queues: Final = _table("queues", QueueRow, ("sid",), ("account_sid", "created_at"), ("deleted_at",))
notifications: Final = _table("notifications", NotificationRow, ("sid",), ("account_sid", "at"), ("call_sid",), ("at",))
deliveries: Final = _table(
    "deliveries",
    DeliveryRow,
    ("token",),
    ("position",),
    ("state", "ended_at"),
    ("account_sid", "created_at"),
    ("account_sid", "state", "created_at"),
    ("lane", "created_at"),
)
live: Final = _table("live", LiveRow, ("kind", "sid"))

TABLES: Final[dict[type, Table]] = {
    AccountRow: accounts,
    CallRow: calls,
    DocumentRow: documents,
    VerbRow: verbs,
    ConferenceRow: conferences,
    ParticipantRow: participants,
    EventRow: events,
    RecordingRow: recordings,
    QueueRow: queues,
    NotificationRow: notifications,
    DeliveryRow: deliveries,
    LiveRow: live,
}
"""The table of each kind of row."""
