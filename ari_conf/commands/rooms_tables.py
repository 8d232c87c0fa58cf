"""What is shown of rooms and of those who are in them."""

from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime

from rich.table import Column, Table
from rich.text import Text

from .rooms_things import Thing, number_of
from .terminal import plain


def rooms_table(rooms: Sequence[Thing], counts: Mapping[str, int]) -> Table:
    """Return a table of rooms; ``counts`` tells by SID how many are in each."""
    table = Table(
        "room",
        Column("SID", no_wrap=True),
        "status",
        Column("participants", justify="right"),
        "since",
        box=None,
        pad_edge=False,
    )
    for room in rooms:
        count = str(counts[room["sid"]])
        _add(table, room["friendly_name"], room["sid"], room["status"], count, _since(room))
    return table


def participants_table(participants: Sequence[Thing]) -> Table:
    """Return a table of participants."""
    labels = {one["call_sid"]: one["label"] for one in participants}
    table = Table(
        *(Column("Call SID", no_wrap=True), "label", "number", "status", "muted", "hold", "coaching", "since"),
        box=None,
        pad_edge=False,
    )
    for one in participants:
        coached = one["call_sid_to_coach"] if one["coaching"] else None
        _add(
            table,
            *(one["call_sid"], one["label"] or "", number_of(one), one["status"]),
            *("yes" if one["muted"] else "no", "yes" if one["hold"] else "no"),
            *(labels.get(coached) or coached or "no", _since(one)),
        )
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*(Text(plain(cell)) for cell in cells))


def _since(thing: Thing) -> str:
    return f"{parsedate_to_datetime(thing['date_created']):%Y-%m-%d %H:%M:%S} UTC"
