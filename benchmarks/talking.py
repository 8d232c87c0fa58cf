"""What it costs to know who talks, and how loud: the controller's work for each change, and Asterisk's CPU.

A change is somebody in a crowded room who starts or stops talking, of whom no application wants to be told: rules, timeline and
what is kept for the next life, down to the database (SQLite). In Asterisk phones talk without a pause in one room: without talk
detection, with it, and with the level of each measured, as for the page of a conference in the dashboard.

``python -m benchmarks.talking [--quick] [--once]``
"""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ari_conf.conference import AudioPlan, ConferenceSettings, InMix, Participant
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.port import CallArrived
from ari_conf.phones.sip import SipPhone
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from ari_conf.rooms import Caller

from .findings import Efforts, Line, run
from .measure import Figure, cpu_seconds
from .silent import ACCOUNT, controller

CHANGES_A_SECOND = 0.5
"""Of one participant in a lively conversation."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Participants of the crowd, changes a round, phones on Asterisk, seconds for which they are measured, rounds."""

    crowd: int
    changes: int
    phones: int
    seconds: float
    rounds: int


EFFORTS = Efforts(
    full=Effort(crowd=300, changes=3000, phones=25, seconds=8.0, rounds=5),
    quick=Effort(crowd=300, changes=1500, phones=25, seconds=4.0, rounds=3),
    once=Effort(crowd=30, changes=60, phones=2, seconds=0.5, rounds=1),
)


async def changes(effort: Effort) -> tuple[Figure, float]:
    """Return the CPU seconds of the whole process for one change, and how many bytes the database has grown by for each."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "bench.db"
        async with controller({"database": {"url": f"sqlite:///{database}"}}) as made:
            crowd = [f"CA{number:032x}" for number in range(effort.crowd)]
            for call_sid in crowd:
                made.rooms.join(Caller(ACCOUNT.sid, {}), "room", Participant(call_sid), ConferenceSettings())
            await made.store.flush()
            size, taken = database.stat().st_size, []
            for _ in range(effort.rounds):
                began = time.process_time()
                for number in range(effort.changes):
                    round_, place = divmod(number, len(crowd))
                    made.rooms.talking(crowd[place], talking=round_ % 2 == 0)
                    if not number % 15:
                        # A tenth of a second's changes of such a crowd are written together, at most.
                        await made.store.flush()
                for call_sid in crowd:
                    made.rooms.talking(call_sid, talking=False)
                await made.store.flush()
                taken.append((time.process_time() - began) / effort.changes)
            grown = (database.stat().st_size - size) / (effort.changes * effort.rounds)
    return Figure(tuple(taken)), grown


async def asterisk(effort: Effort) -> dict[str, Figure]:
    """Return how much of a core Asterisk needs for a room in which everybody talks."""
    taken: dict[str, list[float]] = {"without": [], "with": [], "levels": []}
    with tempfile.TemporaryDirectory() as folder:
        async with PrivateAsterisk(ensure_installed(print)) as running:
            engine = AsteriskEngine(
                AriAddress(running.ari_url, running.ari_username, running.ari_password),
                sounds=Path(folder) / "sounds",
                recordings=Path(folder) / "recordings",
            )
            await engine.start()
            server = (running.sip_host, running.sip_port)
            phones = [SipPhone(f"phone {n}", 300.0 + 25.0 * n, server=server, amplitude=0.03) for n in range(effort.phones)]
            placements = {}
            for phone in phones:
                dialling = asyncio.create_task(phone.dial("room"))
                while not isinstance(event := await engine.events.get(), CallArrived):
                    pass
                await engine.answer(event.call_sid)
                await dialling
                placements[event.call_sid] = InMix()
            for _, name in itertools.product(range(effort.rounds), taken):
                await engine.apply(AudioPlan("CF", placements, detect_talking=name != "without"))
                if name == "levels":
                    await levels(engine, placements)
                taken[name].append(await cpu_share(running, effort.seconds))
                engine.watch_levels((), lambda _levels: None)
            await asyncio.gather(*(phone.hang_up() for phone in phones))
            await engine.apply(AudioPlan("CF", {}))
            await engine.stop()
    return {name: Figure(tuple(values)) for name, values in taken.items()}


async def levels(engine: AsteriskEngine, call_sids: Collection[str]) -> None:
    """Have the levels of all these measured, and return when they are."""
    all_told = asyncio.Event()

    def on_levels(told: Mapping[str, float]) -> None:
        if len(told) == len(call_sids):
            all_told.set()

    engine.watch_levels(call_sids, on_levels)
    await all_told.wait()


async def cpu_share(running: PrivateAsterisk, seconds: float) -> float:
    before, began = cpu_seconds(running.pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (cpu_seconds(running.pid) - before) / (time.monotonic() - began)


async def measured(effort: Effort) -> list[Line]:
    change, grown = await changes(effort)
    shares = await asterisk(effort)
    bare, phones = "talking not detected", f"Asterisk, {effort.phones} phones that talk"
    compared = [
        Line(f"{phones}: {what}", shares[name], "%", bare, shares["without"])
        for name, what in (("with", "talking detected"), ("levels", "levels measured, too"))
        if all(shares["without"].rounds)  # not of a round that is shorter than the clock's step
    ]
    crowd = f"of {effort.crowd} in a room"
    return [
        Line(f"one begins or ceases to talk, {crowd}", Figure(tuple(1e6 * one for one in change.rounds)), "µs"),
        Line(
            f"the controller while all talk, {crowd}",
            Figure(tuple(one * effort.crowd * CHANGES_A_SECOND for one in change.rounds)),
            "%",
        ),
        Line("one such change in the database", Figure((grown,)), "bytes"),
        *compared,
    ]


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measured)
