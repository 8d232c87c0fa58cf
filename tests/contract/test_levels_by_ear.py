"""How loud those speak whom somebody watches: the same on the Python mixer and on a real Asterisk."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ari_conf.conference import AudioPlan, InMix
from ari_conf.media.levels import LOWEST_LEVEL
from ari_conf.private_asterisk import PrivateAsterisk
from tests.stage import nothing_in, until, who_hears_whom

from .desk import Desk, open_desk

SPEAKING = -17.0
"""dBFS of a phone's tone, whose amplitude is a fifth of full scale."""


@pytest.fixture
async def desk(either_engine: PrivateAsterisk | None, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(either_engine, tmp_path) as made:
        yield made


@dataclass(slots=True, eq=False)
class Watcher:
    """``names`` are of the calls on ``desk``."""

    desk: Desk
    told: list[dict[str, float]] = field(default_factory=list)

    def watch(self, *names: str) -> None:
        self.desk.engine.watch_levels({self.desk.sids[name] for name in names}, self.on_levels)

    def on_levels(self, levels: Mapping[str, float]) -> None:
        names = {sid: name for name, sid in self.desk.sids.items()}
        self.told.append({names[sid]: level for sid, level in levels.items()})

    async def sees(self, wanted: Callable[[dict[str, float]], bool]) -> None:
        """Wait for levels like this, from now on."""
        self.told.clear()
        await until(lambda: any(wanted(levels) for levels in self.told), self.desk.clock, lambda: str(self.told[-3:]))


def speaks(level: float) -> bool:
    return abs(level - SPEAKING) < 1.0


async def place(desk: Desk, **muted: bool) -> None:
    async def in_force() -> None:
        await desk.engine.apply(AudioPlan(desk.sids["ann"], {desk.sids[name]: InMix(one) for name, one in muted.items()}))

    await desk.carry_out(in_force())


async def test_who_speaks_how_loud(desk: Desk) -> None:
    ann, bob, _ = await desk.call("ann"), await desk.call("bob"), await desk.call("cid")
    bob.talk(on=False)
    await place(desk, ann=False, bob=False, cid=False)
    watcher = Watcher(desk)
    watcher.watch("ann", "bob")
    await watcher.sees(lambda levels: levels.keys() == {"ann", "bob"} and speaks(levels["ann"]) and levels["bob"] < -80)
    await who_hears_whom([ann, bob], {"ann": {"cid"}, "bob": {"ann", "cid"}})
    ann.talk(on=False)
    bob.talk(on=True)
    watcher.watch("ann", "bob")
    await watcher.sees(lambda levels: levels["ann"] < -80 and speaks(levels["bob"]))


async def test_who_is_muted_is_silent(desk: Desk) -> None:
    await desk.call("ann")
    await desk.call("bob")
    await place(desk, ann=True, bob=False)
    watcher = Watcher(desk)
    watcher.watch("ann", "bob")
    await watcher.sees(lambda levels: levels.get("ann") == LOWEST_LEVEL and speaks(levels.get("bob", 0)))
    await place(desk, ann=False, bob=True)
    await watcher.sees(lambda levels: speaks(levels["ann"]) and levels["bob"] == LOWEST_LEVEL)


async def test_those_alone_are_told_who_are_watched_and_there(desk: Desk) -> None:
    ann, bob = await desk.call("ann"), await desk.call("bob")
    await place(desk, ann=False, bob=False)
    watcher = Watcher(desk)
    watcher.watch("ann")
    await watcher.sees(lambda levels: levels.keys() == {"ann"})
    watcher.watch("ann", "bob")
    await watcher.sees(lambda levels: levels.keys() == {"ann", "bob"})
    assert all("ann" in levels for levels in watcher.told), "measuring one more has interrupted the other"
    await ann.hang_up()
    await desk.ended("ann")
    await watcher.sees(lambda levels: levels.keys() == {"bob"})
    watcher.watch()
    told = len(watcher.told)
    await desk.clock.let_pass(0.5)
    assert len(watcher.told) == told
    assert (await bob.hear(0.2)).level < 0.004


async def test_it_ends_with_the_watched_call(either_engine: PrivateAsterisk | None, tmp_path: Path) -> None:
    async with open_desk(either_engine, tmp_path) as desk:
        ann = await desk.call("ann")
        watcher = Watcher(desk)
        watcher.watch("ann")
        await watcher.sees(lambda levels: speaks(levels["ann"]))
        await ann.hang_up()
        await desk.ended("ann")
        if either_engine is not None:
            await nothing_in(either_engine)
