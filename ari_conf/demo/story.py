"""The story that the demo plays, and how it is told: a timeline while it happens, then who heard whom."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from ari_conf.conference import (
    Conference,
    ConferenceEnded,
    ConferenceEvent,
    ConferenceStarted,
    JoinRefused,
    ParticipantJoined,
    ParticipantLeft,
)
from ari_conf.phones.phone import Phone
from ari_conf.private_asterisk import PrivateAsteriskError

from . import report
from .application import COACH, COACHED, MODERATOR, ROOM
from .scene import DEADLINE, VOICES, Scene, listen
from .stage import EngineName, Stage, set_up


@dataclass(slots=True)
class Timeline:
    """Prints what happens, with the seconds since the first call."""

    console: Console
    names: dict[str, str] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def tell(self, text: str) -> None:
        """Print one line."""
        self.console.print(f"[dim]{time.monotonic() - self.began:6.2f} s[/dim]  {text}")

    def observe(self, _conference: Conference, event: ConferenceEvent) -> None:
        """Tell an event of the room."""
        match event:
            case ParticipantJoined():
                self.tell(f"    [cyan]{self._who(event.participant.label)} is in the room[/cyan]")
            case ParticipantLeft():
                who = self._who(event.participant.label)
                self.tell(f"    [cyan]{who} is out of the room ({event.reason.value})[/cyan]")
            case ConferenceStarted():
                self.tell("    [bold green]the conference starts, the music ends[/bold green]")
            case ConferenceEnded():
                self.tell(f"    [bold red]the conference ends ({event.reason.value})[/bold red]")
            case JoinRefused():
                self.tell(f"    [red]refused: {escape(event.message)}[/red]")

    def _who(self, label: str | None) -> str:
        return self.names.get(label or "", label or "somebody")


async def play(engine_name: EngineName, output: Path, console: Console, *, fall_back: bool) -> int:
    """Play the story on an engine and return the exit status: 0 if everybody heard what they should.

    With ``fall_back``, the Python mixer is taken where no Asterisk can be had, and that is said.
    """
    try:
        async with set_up(engine_name, lambda text: console.print(f"[dim]{escape(text)}[/dim]")) as stage:
            return await _play_on(stage, output, console)
    except PrivateAsteriskError as error:
        if not fall_back:
            raise
        console.print(f"[yellow]No Asterisk can be had here: {escape(str(error))}[/yellow]")
        console.print("[yellow]The same story on the Python mixer, with virtual callers:[/yellow]")
    async with set_up("local", console.print) as stage:
        return await _play_on(stage, output, console)


async def _play_on(stage: Stage, output: Path, console: Console) -> int:
    console.print(f"\n[bold]A moderated conference on {stage.engine}[/bold]\n")
    timeline = Timeline(console, {"ann": "Ann", COACHED: "Bob", MODERATOR: "Mia", COACH: "Cora"})
    stage.controller.rooms.observers.append(timeline.observe)
    phones = {name: stage.make_phone(name, tone) for name, tone in VOICES.items()}
    scenes = await _scenes(timeline, phones)
    await stage.application.wait_told(_CALLBACKS, DEADLINE)
    report.who_heard_whom(console, scenes)
    report.callbacks(console, stage.application, timeline.began)
    files = report.write_ears(output, phones)
    files += await report.fetch_room_recording(output, stage.application)
    console.print(f"One recording per ear and one of the room: {', '.join(str(file) for file in files)}\n")
    return report.verdict(console, scenes, stage.application, _CALLBACKS)


_CALLBACKS: Final = 10
"""Four joins, the start, four leaves, the end."""


async def _scenes(timeline: Timeline, phones: Mapping[str, Phone]) -> list[Scene]:
    ann, bob, mia, cora = (phones[name] for name in ("Ann", "Bob", "Mia", "Cora"))
    scenes = []
    timeline.tell(f"[bold]Ann[/bold] calls, and waits in “{ROOM}”")
    await ann.dial("ann")
    timeline.tell("[bold]Bob[/bold] calls and waits too")
    await bob.dial(COACHED)
    nobody = dict.fromkeys(("Ann", "Bob"), frozenset[str]())
    scenes.append(await listen("waiting for Mia", [ann, bob], nobody, music=True))
    timeline.tell("[bold]Mia[/bold], the moderator, calls; from here on the room is recorded")
    await mia.dial(MODERATOR)
    talkers = {name: frozenset(("Ann", "Bob", "Mia")) - {name} for name in VOICES}
    three = {name: voices for name, voices in talkers.items() if name != "Cora"}
    scenes.append(await listen("Mia is there", [ann, bob, mia], three, music=False))
    timeline.tell("[bold]Cora[/bold] calls, and coaches Bob: nobody else hears her")
    await cora.dial(COACH)
    coached = talkers | {"Bob": talkers["Bob"] | {"Cora"}}
    scenes.append(await listen("Cora coaches Bob", [ann, bob, mia, cora], coached, music=False))
    timeline.tell("[bold]Bob[/bold] holds his breath")
    bob.talk(on=False)
    without_bob = {name: voices - {"Bob"} for name, voices in coached.items()}
    scenes.append(await listen("Bob is silent", [ann, bob, mia, cora], without_bob, music=False))
    timeline.tell("[bold]Mia[/bold] hangs up")
    await mia.hang_up()
    try:
        await asyncio.wait_for(asyncio.gather(*(phone.wait_ended() for phone in (ann, bob, cora))), DEADLINE)
        timeline.tell("all calls are over")
    except TimeoutError:
        timeline.tell("[bold red]somebody's call is not over[/bold red]")
    return scenes
