"""``ari-conf rooms``, ``room``, ``mute``, ``dial`` …: look into the running rooms, and act, over the controller's REST API."""

import json
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from .rooms_tables import participants_table, rooms_table
from .rooms_things import Thing
from .terminal import ConfigOption, console, plain, run, say

if TYPE_CHECKING:
    from .rooms_controller import RunningController

rooms_cli = typer.Typer()

CALLER: Final = "ari_conf"
"""Who calls, where nobody says."""

UrlOption = Annotated[
    str | None, typer.Option("--url", help="Where the controller is; without it as the settings have it.", show_default=False)
]
AccountOption = Annotated[
    str | None, typer.Option("--account", help="The SID of the account; without it the first one.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, one line for each, as the REST API has it.")]
RoomArgument = Annotated[
    str, typer.Argument(metavar="ROOM", help="The room's name, or its Conference SID.", show_default=False)
]
WhoArgument = Annotated[
    str,
    typer.Argument(
        metavar="WHO", help="The participant's label, Call SID or, if it is the only one, number.", show_default=False
    ),
]


@rooms_cli.command()
def rooms(
    config: ConfigOption = None, url: UrlOption = None, account: AccountOption = None, *, as_json: JsonOption = False
) -> None:
    """List the rooms that are running."""

    async def work(controller: "RunningController") -> None:
        found = await controller.rooms()
        counts = {room["sid"]: len(await controller.participants(room)) for room in found}
        if as_json:
            _print_json(*({**room, "participants": counts[room["sid"]]} for room in found))
        elif found:
            console.print(rooms_table(found, counts))
        else:
            say("no room is running")

    _run(config, url, account, work)


@rooms_cli.command()
def room(
    name: RoomArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    account: AccountOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show who is in a room, or is being called into it."""

    async def work(controller: "RunningController") -> None:
        found = await controller.callers(await controller.room(name))
        if as_json:
            _print_json(*found)
        elif found:
            console.print(participants_table(found))
        else:
            say("nobody is in it")

    _run(config, url, account, work)


@rooms_cli.command()
def mute(
    name: RoomArgument,
    who: WhoArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    account: AccountOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let nobody hear a participant, who still hears the others."""
    _run(config, url, account, _change(name, who, {"Muted": "true"}, "muted", as_json=as_json))


@rooms_cli.command()
def unmute(
    name: RoomArgument,
    who: WhoArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    account: AccountOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let a participant be heard again."""
    _run(config, url, account, _change(name, who, {"Muted": "false"}, "not muted", as_json=as_json))


@rooms_cli.command()
def hold(
    name: RoomArgument,
    who: WhoArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    account: AccountOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Put a participant on hold: with music instead of the others."""
    _run(config, url, account, _change(name, who, {"Hold": "true"}, "on hold", as_json=as_json))


@rooms_cli.command()
def unhold(
    name: RoomArgument,
    who: WhoArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    account: AccountOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let a participant come back from hold."""
    _run(config, url, account, _change(name, who, {"Hold": "false"}, "not on hold", as_json=as_json))


@rooms_cli.command()
def kick(
    name: RoomArgument,
    who: WhoArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    account: AccountOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take a participant out of a room; one who is still being called is called no more."""

    async def work(controller: "RunningController") -> None:
        participant = await controller.participant(await controller.room(name), who)
        await controller.delete(participant["uri"])
        _tell(participant, f"{who} is out of {name}", as_json=as_json)

    _run(config, url, account, work)


@rooms_cli.command()
def announce(
    name: RoomArgument,
    what: Annotated[
        str,
        typer.Argument(
            metavar="URL-OR-WORDS", help="The URL of a sound or a document; or words, which are spoken.", show_default=False
        ),
    ],
    config: ConfigOption = None,
    url: UrlOption = None,
    account: AccountOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Play or say something to everybody in a room. Words are fetched from this command, so it ends when they are."""
    # What needs everything is imported when it is used: most commands need little of it.
    from ari_conf.twiml.speech_markup import LONGEST_TEXT  # noqa: PLC0415

    from .rooms_words import document_that_says  # noqa: PLC0415

    if not what.strip() or len(what) > LONGEST_TEXT:
        raise typer.BadParameter(f"say something, in at most {LONGEST_TEXT} characters")

    async def work(controller: "RunningController") -> None:
        found = await controller.room(name)
        if what.lower().startswith(("http://", "https://")):
            changed = await controller.post(found["uri"], {"AnnounceUrl": what})
        else:
            async with document_that_says(plain(what), controller.url) as document:
                changed = await controller.post(found["uri"], {"AnnounceUrl": document})
        _tell(changed, f"announced to {name}", as_json=as_json)

    _run(config, url, account, work)


@rooms_cli.command()
def end(
    name: RoomArgument,
    config: ConfigOption = None,
    url: UrlOption = None,
    account: AccountOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """End a room for everybody in it."""

    async def work(controller: "RunningController") -> None:
        found = await controller.room(name)
        _tell(await controller.post(found["uri"], {"Status": "completed"}), f"{name} is over", as_json=as_json)

    _run(config, url, account, work)


@rooms_cli.command()
def dial(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ROOM", help="The room's name, or its Conference SID; a name may be a new one.", show_default=False
        ),
    ],
    to: Annotated[str, typer.Argument(metavar="TO", help="A number, client:name, or sip:name@host.", show_default=False)],
    config: ConfigOption = None,
    url: UrlOption = None,
    account: AccountOption = None,
    *,
    from_: Annotated[str, typer.Option("--from", help="Who seems to call; a trunk may want one of your numbers.")] = CALLER,
    label: Annotated[str | None, typer.Option(help="The participant's label.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Call somebody into a room. This does not wait for an answer."""

    async def work(controller: "RunningController") -> None:
        path = controller.path(f"/Conferences/{quote(name, safe='')}/Participants.json")
        form = {"To": to, "From": from_} | ({} if label is None else {"Label": label})
        called = await controller.post(path, form)
        _tell(called, f"calling {to} into {name} as {called['call_sid']}", as_json=as_json)

    _run(config, url, account, work)


Work = Callable[["RunningController"], Coroutine[Any, Any, None]]


def _change(name: str, who: str, form: Mapping[str, str], state: str, *, as_json: bool) -> Work:
    async def work(controller: "RunningController") -> None:
        participant = await controller.participant(await controller.room(name), who)
        _tell(await controller.post(participant["uri"], form), f"{who} is {state} in {name}", as_json=as_json)

    return work


def _run(config: Path | None, url: str | None, account: str | None, work: Work) -> None:
    from .rooms_controller import running_controller  # noqa: PLC0415

    async def in_controller() -> None:
        async with running_controller(config, url, account) as controller:
            await work(controller)

    run(in_controller())


def _tell(thing: Thing, told: str, *, as_json: bool) -> None:
    if as_json:
        _print_json(thing)
    else:
        say(plain(told))


def _print_json(*things: Thing) -> None:
    for thing in things:
        say(json.dumps(thing))
