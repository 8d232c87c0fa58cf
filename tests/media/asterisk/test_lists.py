"""Lists of Asterisk's in which something is not as it should be."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.port import CallArrived, EngineError
from ari_conf.private_asterisk import ensure_installed
from tests.fuzz.fake_asterisk import FakeAsterisk
from tests.stage import leaves_no_task

Channel = dict[str, Any]


def caller(channel_id: str, **others: Any) -> Channel:
    dialplan = {"exten": "room", "app_name": "Stasis", "app_data": "ari_conf"}
    called = {"name": "", "number": channel_id}
    return {"id": channel_id, "state": "Ring", "creationtime": "2026", "caller": called, "dialplan": dialplan} | others


MALFORMED: dict[str, Any] = {
    "no id": caller("x") | {"id": None},
    "no state": caller("x", state=None),
    "no time": caller("x", creationtime=0),
    "no caller": caller("x", caller={}),
    "no dialplan": caller("x", dialplan=None),
    "no data": caller("x", dialplan={"exten": "room", "app_name": "Stasis", "app_data": 7}),
    "no object": "x",
    "nothing": None,
}


@contextlib.asynccontextmanager
async def engine_of(asterisk: FakeAsterisk, folder: Path) -> AsyncIterator[AsteriskEngine]:
    async with leaves_no_task(), asterisk.running():
        address = AriAddress(asterisk.url, "ari_conf", "password")
        engine = AsteriskEngine(address, sounds=folder / "sounds", recordings=folder / "recordings")
        await engine.start()
        try:
            yield engine
        finally:
            await engine.stop()


@pytest.fixture
def fake() -> FakeAsterisk:
    return FakeAsterisk(ensure_installed(print).data_dir / "rest-api")


@pytest.mark.parametrize("malformed", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_channel_that_is_not_as_it_should_be_does_not_spoil_the_others(
    fake: FakeAsterisk, tmp_path: Path, malformed: Any
) -> None:
    fake.channels.update(a=caller("a"), x=malformed, b=caller("b"))
    with capture_logs() as logs:
        async with engine_of(fake, tmp_path) as engine:
            arrived = [engine.events.get_nowait() for _ in range(engine.events.qsize())]
    assert [event.from_ for event in arrived if isinstance(event, CallArrived)] == ["a", "b"]
    assert len([entry for entry in logs if "left out" in entry["event"]]) == 1


async def test_bridges_too(fake: FakeAsterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"id": "b", "channels": ["a"]}
    listed = [{"id": "x"}, {"id": "y", "channels": [{}]}, {"id": "z", "channels": None}, [], good]
    answered = fake._answered
    monkeypatch.setattr(fake, "_answered", lambda *asked: (200, listed) if asked[1] == "bridges" else answered(*asked))
    fake.channels.update(a=caller("a"))
    async with engine_of(fake, tmp_path) as engine:
        assert engine.events.qsize() == 1


async def test_what_is_no_list_is_told_in_a_sentence(
    fake: FakeAsterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = fake._answered
    monkeypatch.setattr(fake, "_answered", lambda *asked: (200, None) if asked[1] == "channels" else answered(*asked))
    with pytest.raises(EngineError, match="list"):
        async with engine_of(fake, tmp_path):
            pass
