"""What the demo shows at its end: tables, recordings, the verdict."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.table import Table

from ari_conf.audio.segments import from_segment, to_segment
from ari_conf.audio.wav import write_wav
from ari_conf.phones.phone import Heard, Phone

from .application import Application
from .scene import VOICES, Scene


def who_heard_whom(console: Console, scenes: Sequence[Scene]) -> None:
    """Print, for each scene, the amplitude with which each listener heard each voice (1.0 is full scale)."""
    table = Table(title="Who heard whom (amplitude; each one talks with 0.2)", title_justify="left")
    table.add_column("scene")
    table.add_column("listener")
    for name, tone in VOICES.items():
        table.add_column(f"{name}\n{tone:.0f} Hz", justify="right")
    table.add_column("music", justify="right")
    table.add_column("right")
    for scene in scenes:
        for row, (listener, heard) in enumerate(scene.heard.items()):
            heard_music = scene.sound(listener) and not scene.voices(listener)
            table.add_row(
                scene.title if row == 0 else "",
                listener,
                *(_amplitude(heard, tone) for tone in VOICES.values()),
                "yes" if heard_music else "·",
                "[green]yes[/green]" if scene.right_for(listener) else "[bold red]no[/bold red]",
            )
        table.add_section()
    console.print()
    console.print(table)


def _amplitude(heard: Heard, tone: float) -> str:
    return f"[bold]{heard.amplitude(tone):.3f}[/bold]" if heard.hears(tone) else "·"


def callbacks(console: Console, application: Application, began: float) -> None:
    """Print the callbacks that the application was told, in the order of their arrival."""
    table = Table(title="What the application was told", title_justify="left")
    for column in ("at", "no.", "event", "label", "reason"):
        table.add_column(column, justify="right" if column in {"at", "no."} else "left")
    for at, parameters in application.callbacks:
        table.add_row(
            f"{at - began:.2f} s",
            parameters["SequenceNumber"],
            parameters["StatusCallbackEvent"],
            parameters.get("ParticipantLabel", ""),
            parameters.get("ReasonParticipantLeft") or parameters.get("ReasonConferenceEnded") or "",
        )
    console.print(table)


def write_ears(output: Path, phones: Mapping[str, Phone]) -> list[Path]:
    """Write what each phone heard to WAV files; return their paths."""
    output.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, phone in phones.items():
        heard = phone.recording()
        path = output / f"{name.lower()}.wav"
        # A soft beginning and end, so that a loudspeaker does not click.
        segment = to_segment(heard.samples, heard.rate).fade_in(20).fade_out(20)
        write_wav(path, from_segment(segment), heard.rate)
        paths.append(path)
    return paths


async def fetch_room_recording(output: Path, application: Application) -> list[Path]:
    """Fetch the conference's recording from its RecordingUrl, as the application would; return its path, if there is one."""
    completed = [told for told in application.recordings if told["RecordingStatus"] == "completed"]
    if not completed:
        return []
    token = aiohttp.encode_basic_auth(completed[0]["AccountSid"], application.auth_token)
    async with (
        aiohttp.ClientSession(headers={"Authorization": token}) as session,
        session.get(completed[0]["RecordingUrl"]) as answer,
    ):
        data = await answer.read()
        answer.raise_for_status()
    path = output / "room.wav"
    await asyncio.to_thread(path.write_bytes, data)
    return [path]


def verdict(console: Console, scenes: Sequence[Scene], application: Application, expected_callbacks: int) -> int:
    """Say whether all went as it should; return the exit status."""
    faults = [f"in the scene “{scene.title}” somebody heard the wrong thing" for scene in scenes if not scene.as_expected]
    numbers = [int(parameters["SequenceNumber"]) for _at, parameters in application.callbacks]
    if numbers != list(range(1, expected_callbacks + 1)):
        faults.append(f"{expected_callbacks} callbacks were expected in order, and {numbers} came")
    if [told["RecordingStatus"] for told in application.recordings] != ["completed"]:
        faults.append("the room's recording was not completed")
    if application.wrongly_signed:
        faults.append(f"{application.wrongly_signed} requests were wrongly signed")
    for fault in faults:
        console.print(f"[bold red]{fault}[/bold red]")
    if not faults:
        console.print("[bold green]Everybody heard what they should, and the application was told in order.[/bold green]")
    return 1 if faults else 0
