"""ARI: whatever comes on the events' socket, the engine goes on, and no other call's events are lost."""

import asyncio
import contextlib
import json
import random
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, MutableMapping
from pathlib import Path
from typing import Any, Final
from unittest import mock

from structlog.testing import capture_logs

from ari_conf.conference import AudioPlan, InMix, RecordingState
from ari_conf.media.asterisk.engine import AsteriskEngine
from ari_conf.media.asterisk.events import fault_of
from ari_conf.media.asterisk.link import AriAddress
from ari_conf.media.port import CallArrived, CallEnded, DigitPressed, EngineError, EngineEvent, OutgoingCall
from ari_conf.private_asterisk import ensure_installed
from tests.stage import leaves_no_task, until

from .fake_asterisk import NEXT, FakeAsterisk
from .mutation import NASTY, Pool, mutated_bytes
from .target import HERE, Check, Target

_ROOM: Final = "CF" + "0" * 32
_LONGEST_LOG_LINE: Final = 2000
_BINARY: Final = b"\x00"
"""A line that begins with this is sent as a binary frame, without it."""

_WITNESS_KEY: Final = "7"


class _Desk:
    """Answers every call that the engine tells of and puts it into one room, as long as it lasts."""

    def __init__(self, engine: AsteriskEngine) -> None:
        self._engine = engine
        self._works: set[asyncio.Task[None]] = set()
        self._calls: list[str] = []
        self._told: list[EngineEvent] = []
        self._news = asyncio.Condition()
        self.faults: list[BaseException] = []

    async def listen(self) -> None:
        while True:
            event = await self._engine.events.get()
            match event:
                case CallArrived():
                    self._calls.append(event.call_sid)
                    self.do(self._engine.answer(event.call_sid))
                    self.do(self._arranged())
                case CallEnded() if event.call_sid in self._calls:
                    self._calls.remove(event.call_sid)
                    self.do(self._arranged())
            async with self._news:
                self._told.append(event)
                self._news.notify_all()

    def do(self, work: Awaitable[object]) -> None:
        """Ask the engine for something that it may refuse."""
        task = asyncio.create_task(self._done(work))
        self._works.add(task)
        task.add_done_callback(self._works.discard)

    async def told(self, wanted: EngineEvent | str) -> EngineEvent:
        """Wait until the engine tells this, or of a caller with this number."""

        def found() -> EngineEvent | None:
            told = (one for one in self._told if one == wanted or (isinstance(one, CallArrived) and one.from_ == wanted))
            return next(told, None)

        async with self._news:
            await self._news.wait_for(lambda: found() is not None)
        event = found()
        assert event is not None
        return event

    async def settled(self) -> None:
        """Wait until nothing is being asked for any more, and forget what was told."""
        await until(lambda: not self._works, describe=lambda: str(self._works))
        self._told.clear()

    async def stop(self) -> None:
        """Ask for nothing any more."""
        for work in self._works:
            work.cancel()
        if self._works:
            await asyncio.wait(self._works)

    async def _arranged(self) -> None:
        recording = RecordingState.ON if self._calls else RecordingState.OFF
        await self._engine.apply(AudioPlan(_ROOM, dict.fromkeys(self._calls, InMix()), recording, detect_talking=True))

    async def _done(self, work: Awaitable[object]) -> None:
        try:
            await work
        except EngineError:
            pass  # the call is gone, or Asterisk has answered nonsense; that is told in a sentence
        except Exception as error:  # noqa: BLE001
            self.faults.append(error)


class _World:
    def __init__(
        self, asterisk: FakeAsterisk, engine: AsteriskEngine, desk: _Desk, logs: list[MutableMapping[str, Any]]
    ) -> None:
        self._asterisk = asterisk
        self._engine = engine
        self._desk = desk
        self._logs = logs
        self._count = 0

    async def check(self, data: bytes) -> None:
        self._count += 1
        channel = f"witness-{self._count}"
        self._asterisk.channels[channel] = _caller(channel)
        await self._asterisk.tell({"type": "StasisStart", "channel": _caller(channel)})
        arrived = await self._desk.told(channel)
        assert isinstance(arrived, CallArrived)
        self._begin_what_is_told(data)
        for line in data.split(b"\n"):
            await self._tell(line)
        await self._witnessed(channel, arrived.call_sid)
        await self._clear_away()
        assert not self._desk.faults, self._desk.faults
        self._check_log()

    def _begin_what_is_told(self, data: bytes) -> None:
        """Place the calls of which the events tell, so that these are of calls that the engine knows."""
        for call_sid in sorted(set(re.findall(r"~call-(CA[0-9a-f]{32})", data.decode(errors="replace"))))[:2]:
            self._desk.do(
                self._engine.place(OutgoingCall(call_sid=call_sid, to="client:bob", caller_id="+15550100", timeout=5.0))
            )

    async def _tell(self, line: bytes) -> None:
        if line.startswith(_BINARY):
            await self._asterisk.tell(line.removeprefix(_BINARY), binary=True)
            return
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        match message:
            case {"type": "RESTResponse", "request_id": str(request_id)} if request_id == NEXT:
                self._asterisk.answer_wrongly(message)
            case {"type": "StasisStart"} if not fault_of(message):
                self._asterisk.channels[message["channel"]["id"]] = message["channel"]
        await self._asterisk.tell(line)

    async def _witnessed(self, channel: str, call_sid: str) -> None:
        """See that the next event of another call is told, though the connection may have been made anew before."""
        pressed = {"type": "ChannelDtmfReceived", "channel": {"id": channel}, "digit": _WITNESS_KEY}
        while True:
            await self._asterisk.tell(pressed)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await self._desk.told(DigitPressed(call_sid, _WITNESS_KEY))
                    return

    async def _clear_away(self) -> None:
        """End every call, and see that the engine knows of none any more."""
        self._asterisk.answer_rightly()
        # In the order of the events: the engine is told the end of what it has been told the beginning of.
        while len(self._engine._legs):
            for leg in self._engine._legs:
                await self._asterisk.end(leg.channel_id)
            self._asterisk.channels.clear()
            await asyncio.sleep(0.001)
        self._asterisk.channels.clear()
        await self._desk.settled()

    def _check_log(self) -> None:
        for entry in self._logs:
            # Of an answer that cannot be used there may be more than a line: nobody can tell it from a fault of ours.
            assert not entry.get("exc_info") or "tried again" in entry["event"], f"a traceback in the log: {entry}"
            assert len(repr(entry)) <= _LONGEST_LOG_LINE, f"a long line in the log: {repr(entry)[:_LONGEST_LOG_LINE]}"
        self._logs.clear()


def _caller(channel: str) -> dict[str, Any]:
    dialplan = {"exten": "room", "app_name": "Stasis", "app_data": "ari_conf"}
    caller = {"name": "", "number": channel}
    return {"id": channel, "state": "Ring", "creationtime": "2026", "caller": caller, "dialplan": dialplan}


@contextlib.asynccontextmanager
async def _open() -> AsyncIterator[Check]:
    asterisk = FakeAsterisk(ensure_installed(print).data_dir / "rest-api")
    hasty = mock.patch.multiple("ari_conf.media.asterisk.link", FIRST_RETRY=0.01, LONGEST_RETRY=0.05)
    with hasty, tempfile.TemporaryDirectory(prefix="fuzz-ari-") as folder, capture_logs() as logs:
        async with leaves_no_task(), asterisk.running():
            address = AriAddress(asterisk.url, "ari_conf", "password")
            engine = AsteriskEngine(address, sounds=Path(folder) / "sounds", recordings=Path(folder) / "recordings")
            await engine.start()
            desk = _Desk(engine)
            listening = asyncio.create_task(desk.listen())
            try:
                yield _World(asterisk, engine, desk, logs).check
            finally:
                listening.cancel()
                await asyncio.wait({listening})
                await engine.stop()
                await desk.stop()


def _lines(rng: random.Random, lines: list[bytes], pool: Pool) -> None:
    """Let lines be lost, doubled, in another order, or another session's."""
    at = rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(rng.randrange(len(lines)), lines[at])
        case 2:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines.insert(at, rng.choice(rng.choice(pool.inputs).split(b"\n")))


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return each place inside: the dictionary or list, and the key or index there."""
    places: list[tuple[Any, Any]] = []
    left = [value]
    while left:
        one = left.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        places += [(one, key) for key in keys]
        left += [one[key] for key in keys]
    return places


def _nonsense(rng: random.Random, others: list[Any]) -> Any:
    nested: Any = []
    for _ in range(rng.choice((3, 400))):
        nested = [nested]
    nasty = rng.choice(NASTY).decode(errors="replace")
    choices = [None, True, 0, -1, 16, 10**400, 1.5, "", {}, [], [{}], nested, nasty, "\ud800", "x" * 100_000, {"id": nasty}]
    return rng.choice([*choices, *others, *others])


def _value(rng: random.Random, line: bytes, pool: Pool) -> bytes:
    """Let a field be missing, of another type, of another event, or doubled under another name."""
    try:
        message, other = json.loads(line), json.loads(rng.choice(rng.choice(pool.inputs).split(b"\n")) or b"{}")
    except (ValueError, RecursionError):
        return line
    places = _places(message)
    if not places:
        return line
    inside, key = rng.choice(places)
    match rng.randrange(6):
        case 0:
            del inside[key]
        case 1 if isinstance(inside, dict):
            inside[rng.choice([*message, "type", "channel", "peer", "id"])] = inside[key]
        case _:
            inside[key] = _nonsense(rng, [there[name] for there, name in _places(other)])
    try:
        return json.dumps(message).encode()
    except RecursionError:
        return line


def mutated_events(rng: random.Random, data: bytes, pool: Pool) -> bytes:
    lines = data.rstrip(b"\n").split(b"\n")
    for _ in range(rng.choice((1, 2, 4, 8))):
        at = rng.randrange(len(lines))
        match rng.randrange(12):
            case 0:
                lines[at] = mutated_bytes(rng, lines[at], pool)
            case 1:
                lines.insert(at, _BINARY + lines[at])
            case 2 | 3:
                _lines(rng, lines, pool)
                lines = lines or [b""]
            case _:
                lines[at] = _value(rng, lines[at], pool)
    return b"\n".join(lines)


TARGET = Target("ari_events", HERE / "corpus/ari_events", _open, examples=60, mutate=mutated_events)
