"""Levels on a real Asterisk: they disturb nobody, and leave nothing behind, whatever happens meanwhile."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from ari_conf.conference import InMix, RecordingState
from ari_conf.media.asterisk import levels as levels_module
from ari_conf.media.asterisk.errors import AriRefusedError
from ari_conf.media.port import EngineBack, EngineLost, RecordingFinished
from ari_conf.private_asterisk import PrivateAsterisk

from .lives import several_lives
from .proxy import Proxy
from .scene import DEADLINE, Scene, set_scene, until

LIVE = InMix()


@dataclass(slots=True, eq=False)
class Watcher:
    """Notes which of the phones were heard to speak each time."""

    scene: Scene
    told: list[set[str]] = field(default_factory=list)

    def watch(self, *names: str) -> None:
        self.scene.engine.watch_levels([self.scene.sids[name] for name in names], self.on_levels)

    def on_levels(self, levels: Mapping[str, float]) -> None:
        self.told.append({name for name, sid in self.scene.sids.items() if levels.get(sid, -96.0) > -30})

    async def sees(self, *names: str) -> None:
        """Wait until these are heard to speak, and no others, from now on."""
        self.told.clear()
        await until(lambda: set(names) in self.told)


async def until_only(scene: Scene, channels: int, bridges: int) -> None:
    """Wait until Asterisk has so many channels and bridges."""
    gives_up = time.monotonic() + DEADLINE
    while (left := [len(await scene.ari("channels")), len(await scene.ari("bridges"))]) != [channels, bridges]:
        assert time.monotonic() < gives_up, f"channels and bridges in Asterisk: {left}"
        await asyncio.sleep(0.05)


async def test_a_coach_and_a_recording_are_not_disturbed(scene: Scene) -> None:
    await scene.call("ann", "bob", "cid")
    await scene.place({"ann": LIVE, "bob": LIVE, "cid": scene.coach("ann")}, RecordingState.ON)
    await scene.engine.record(scene.sids["ann"], "leg")
    watcher = Watcher(scene)
    watcher.watch("ann", "bob", "cid")
    await watcher.sees("ann", "bob", "cid")
    await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})
    watcher.watch()
    await until_only(scene, 3 + 2, 2)  # of the three, the coach's and the recording's snoops; the room's bridge and the coach's
    await scene.hears({"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})
    await scene.engine.stop_recording("leg")
    finished = await scene.event(RecordingFinished)
    assert finished.path is not None


async def test_after_a_gap_they_are_told_again_and_nothing_is_left_of_before(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with Proxy(asterisk.ari_url) as proxy, set_scene(asterisk, tmp_path, url=proxy.url) as scene:
        await scene.call("ann", "bob")
        await scene.place({"ann": LIVE, "bob": LIVE})
        watcher = Watcher(scene)
        watcher.watch("ann", "bob")
        await watcher.sees("ann", "bob")
        await proxy.close()
        await scene.event(EngineLost)
        await proxy.open()
        await scene.event(EngineBack)
        await watcher.sees("ann", "bob")
        await until_only(scene, 2 + 2 * 2, 1 + 2)
        await scene.hears({"ann": {"bob"}, "bob": {"ann"}})


async def test_a_start_after_a_kill_removes_what_is_left(asterisk: PrivateAsterisk, tmp_path: Path) -> None:
    async with several_lives(asterisk, tmp_path) as lives:
        scene = lives.scene
        await scene.call("ann", "bob")
        await scene.place({"ann": LIVE, "bob": LIVE})
        watcher = Watcher(scene)
        watcher.watch("ann", "bob")
        await watcher.sees("ann", "bob")
        await lives.restart(scene.plan({"ann": LIVE, "bob": LIVE}))
        await until_only(scene, 2, 1)
        await scene.hears({"ann": {"bob"}, "bob": {"ann"}})


@pytest.mark.parametrize("kind", ["Snoop/", "WebSocket/"])
async def test_what_somebody_else_removes_is_made_anew(scene: Scene, kind: str) -> None:
    async def ours() -> str:
        return "".join(one["id"] for one in await scene.ari("channels") if one["name"].startswith(kind))

    await scene.call("ann")
    watcher = Watcher(scene)
    watcher.watch("ann")
    await watcher.sees("ann")
    before, gives_up = await ours(), time.monotonic() + DEADLINE
    await scene.ari(f"channels/{before}", "DELETE")
    while await ours() in {"", before}:
        assert time.monotonic() < gives_up, "it was not made anew"
        await asyncio.sleep(0.05)
    await watcher.sees("ann")
    await until_only(scene, 3, 1)


async def test_no_more_are_measured_than_asterisk_bears(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels_module, "MOST_LEVELS", 1)
    await scene.call("ann", "bob")
    watcher = Watcher(scene)
    watcher.watch("bob", "ann")
    await watcher.sees("bob")
    await until(lambda: len(watcher.told) > 3)
    assert {"ann"} not in [told & {"ann"} for told in watcher.told]
    await until_only(scene, 2 + 2, 1)


async def test_an_asterisk_without_the_module_is_told_of_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.call("ann", "bob")
    link = scene.engine._link
    call = link.call

    async def refusing(resource: str, operation: str, **parameters: Any) -> Any:
        if operation == "externalMedia":
            raise AriRefusedError(operation, resource, 500, "no such technology")
        return await call(resource, operation, **parameters)

    monkeypatch.setattr(link, "call", refusing)
    with capture_logs() as logs:
        scene.engine.watch_levels(set(scene.sids.values()), lambda _levels: None)
        scene.engine.watch_levels(set(scene.sids.values()), lambda _levels: None)
        await until_only(scene, 2, 0)
        await until(lambda: any(line["log_level"] == "warning" for line in logs))
        await until_only(scene, 2, 0)
    (line,) = [line for line in logs if line["log_level"] == "warning"]
    assert "chan_websocket.so" in line["remedy"]


async def test_a_stop_leaves_nothing_behind(scene: Scene) -> None:
    await scene.call("ann")
    watcher = Watcher(scene)
    watcher.watch("ann")
    await watcher.sees("ann")
    await scene.engine.stop()
    await until_only(scene, 1, 0)
    await scene.engine.start()
    await watcher.sees("ann")
