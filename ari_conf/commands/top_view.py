"""How ``ari-conf top`` looks: a line about the controller, its rooms with who is in them, its queues."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ari_conf.health import counted

from .rooms_things import Thing, number_of
from .terminal import plain
from .top_look import Look

_GOOD: Final = "green"
_BAD: Final = "bold red"
_LINES_AROUND: Final = 5
"""The controller's lines, the heading, and the one that says how many are not shown."""


def view(look: Look, height: int | None) -> RenderableType:
    """Return it in so many lines, as many as are needed if that is None."""
    queues = [_queue(queue) for queue in look.queues]
    rows = [row for room in look.rooms for row in _room(room, look)]
    room_lines = len(rows) if height is None else max(1, height - _LINES_AROUND - len(queues))
    parts: list[RenderableType] = [*_controller(look), Text()]
    if rows:
        parts.append(_table(rows[:room_lines]))
    else:
        parts.append(Text("no room is running"))
    if left := rows[room_lines:]:
        parts.append(Text(f"… and {counted(len(left), 'line')} more", style="dim"))
    return Group(*parts, *queues)


def trouble(cause: str) -> RenderableType:
    """Return what is shown while there is nothing to be known."""
    return Text.assemble((plain(cause), _BAD), "\n\nIt is asked again; q ends.")


def _controller(look: Look) -> list[Text]:
    condition = look.condition
    status = str(condition["status"])
    lost = status == "the engine is lost"
    who = [
        (plain(look.url), "bold"),
        (plain(status), _GOOD if status == "ready" else _BAD),
        ("Asterisk is lost" if lost else "Asterisk is there", _BAD if lost else _GOOD),
    ]
    what = [
        (f"{counted(condition['calls'], 'call')} in {counted(condition['conferences'], 'room')}", ""),
        (f"{counted(condition['callbacks_owed'], 'callback')} owed", ""),
        *(
            (f"{name}: {plain(str(condition[name]))}", _GOOD if condition[name] == "ok" else _BAD)
            for name in ("database", "clock")
        ),
    ]
    return [Text("  ").join(Text(text, style=style) for text, style in facts) for facts in (who, what)]


def _table(rows: Sequence[tuple[Text, ...]]) -> Table:
    table = Table(
        Column("room", overflow="ellipsis", no_wrap=True),
        Column("who", overflow="ellipsis", no_wrap=True),
        Column("state", overflow="ellipsis", no_wrap=True),
        Column("for", no_wrap=True, justify="right"),
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    for row in rows:
        table.add_row(*row)
    return table


def _room(room: Thing, look: Look) -> list[tuple[Text, ...]]:
    people = look.people.get(room["sid"])
    count = "" if people is None else counted(len(people), "participant")
    name = Text(plain(room["friendly_name"]), style="bold")
    waits = room["status"] == "init"
    lines: list[tuple[Text, ...]] = [
        (name, Text(count), Text("waits" if waits else "in progress", style="yellow" if waits else ""), _since(room))
    ]
    for one in people or ():
        call = look.calls.get(one["call_sid"])
        number = number_of(call) if call else one["call_sid"]
        who = f"{one['label']} ({number})" if one["label"] else number
        lines.append((Text(), Text(plain(who)), _state(one, waits=waits), _since(one)))
    return lines


def _state(one: Thing, *, waits: bool) -> Text:
    if one["status"] != "connected":
        return Text(plain(one["status"]), style="cyan")
    states = [(name, style) for name, style in (("muted", "yellow"), ("hold", "yellow")) if one[name]]
    if one["coaching"]:
        states.append(("coaches", "magenta"))
    if one["talking"]:
        states.insert(0, ("talks", "bold green"))
    if waits:
        states.insert(0, ("waits", "yellow"))
    return Text(", ").join(Text(name, style=style) for name, style in states)


def _since(thing: Thing) -> Text:
    seconds = max(0, int((datetime.now(UTC) - parsedate_to_datetime(thing["date_created"])).total_seconds()))
    hours, rest = divmod(seconds, 3600)
    return Text(f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}")


def _queue(queue: Thing) -> Text:
    return Text.assemble(
        "queue ",
        (plain(queue["friendly_name"]), "bold"),
        f"  {counted(queue['current_size'], 'caller')}, on average for {queue['average_wait_time']} s",
    )
