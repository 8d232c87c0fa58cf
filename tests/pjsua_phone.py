"""A phone that is not ours: pjsua2, a SIP stack with a history of its own, behind the same interface as every other phone."""

import asyncio
import json
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import numpy as np

from ari_conf.phones.phone import CallRefusedError, Heard

_PROJECT = Path(__file__).parents[1]
_HEADER = 44  # bytes of a WAV header, which pjsua2 completes only when it closes the file
_FLUSH = 2.0  # seconds to wait at most for the recorder to write what it has buffered
_KEY_SECONDS = 0.3  # pjsua2 sends a key for 200 ms and does not tell when it has done so
_FAREWELL = 5.0


class PjsuaPhone:
    """A ``Phone`` whose every call is made by a pjsua2 process of its own (``pjsua_host.py``).

    With ``username`` and ``password`` it registers before it dials. ``number`` is the user part of From. ``codec`` is
    ``PCMU`` (8 kHz) or ``G722`` (16 kHz). ``hang_up`` ends the process; so does leaving the context manager.
    """

    def __init__(
        self,
        name: str,
        tone: float,
        *,
        server: tuple[str, int] = ("127.0.0.1", 5060),
        username: str | None = None,
        password: str | None = None,
        number: str | None = None,
        codec: str = "PCMU",
        amplitude: float = 0.2,
    ) -> None:
        self.name = name
        self.tone = tone
        self._settings: dict[str, Any] = {
            "name": name,
            "tone": tone,
            "server": server,
            "username": username,
            "password": password,
            "number": number,
            "codec": codec,
            "amplitude": amplitude,
        }
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._folder: Path | None = None
        self._answer: asyncio.Future[None] | None = None
        self._ended = asyncio.Event()
        self._ended.set()
        self._talking = True
        self._since = 0.0
        self._rate = 8000
        self._answered_at = 0.0
        self._ended_at: float | None = None
        self._heard = np.zeros(0, dtype=np.int16)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()

    async def dial(self, to: str) -> None:
        """Call ``to`` and return when it is answered, already talking. Raises ``CallRefusedError``."""
        await self.hang_up()
        self._folder = Path(tempfile.mkdtemp(prefix="pjsua-"))
        self._answer = asyncio.get_running_loop().create_future()
        self._ended.clear()
        self._ended_at = None
        self._answered_at = 0.0
        self._heard = np.zeros(0, dtype=np.int16)
        with (self._folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.pjsua_host",
                cwd=_PROJECT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self._reader = asyncio.create_task(self._read(self._process, self._answer, self._folder / "log"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(self._settings["server"])
            local = probe.getsockname()[0]
        self._tell(**self._settings, folder=str(self._folder), local=local)
        self._tell(do="talk", on=self._talking)
        self._tell(do="dial", to=to)
        try:
            await self._answer
        except BaseException:
            await self.hang_up()
            raise
        self._answered_at = time.monotonic()

    def talk(self, *, on: bool) -> None:
        """Send the tone, or silence."""
        self._talking = on
        if self._process is not None:
            self._tell(do="talk", on=on)

    async def hear(self, seconds: float) -> Heard:
        """Listen from now on for ``seconds`` of real time and return what was heard; silence where nothing came."""
        start = time.monotonic()
        await asyncio.sleep(seconds)
        deadline = time.monotonic() + _FLUSH
        first = round((start - self._since) * self._rate)
        length = round(seconds * self._rate)
        # The recorder writes when its buffer is full, and tells nobody: the file is all there is to look at.
        while self._process is not None and len(self._samples()) < first + length and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return Heard(self._stretch(first, length), self._rate)

    async def press(self, key: str) -> None:
        """Press one of ``0123456789*#`` (RFC 4733)."""
        self._tell(do="press", key=key)
        await asyncio.sleep(_KEY_SECONDS)

    async def hang_up(self) -> None:
        """End the call and its process; does nothing if there is none."""
        process, reader, folder = self._process, self._reader, self._folder
        if process is None or reader is None or folder is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_FAREWELL):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        await reader
        self._heard = self._samples()
        self._process = self._reader = None
        shutil.rmtree(folder)

    async def wait_ended(self) -> None:
        """Return when the call is over, whoever ended it."""
        await self._ended.wait()

    def recording(self) -> Heard:
        """Return everything heard since the call was answered; the last quarter of a second may still be on its way."""
        if not self._answered_at:
            return Heard(np.zeros(0, dtype=np.int16), self._rate)
        first = round((self._answered_at - self._since) * self._rate)
        heard = self._samples()[first:]
        if self._ended_at is not None:
            heard = heard[: round((self._ended_at - self._answered_at) * self._rate)]
        return Heard(heard, self._rate)

    def _samples(self) -> "np.ndarray[Any, np.dtype[np.int16]]":
        if self._process is None or self._folder is None:
            return self._heard
        written = (self._folder / "heard.wav").read_bytes()[_HEADER:] if (self._folder / "heard.wav").exists() else b""
        return np.frombuffer(written[: len(written) // 2 * 2], dtype="<i2").astype(np.int16)

    def _stretch(self, first: int, length: int) -> "np.ndarray[Any, np.dtype[np.int16]]":
        heard = self._samples()[max(0, first) : max(0, first + length)]
        return np.concatenate([heard, np.zeros(length - len(heard), dtype=np.int16)])

    def _tell(self, **message: Any) -> None:
        if self._process is None or self._process.stdin is None:
            raise RuntimeError(f"{self.name} is in no call: dial first")
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _read(self, process: asyncio.subprocess.Process, answer: "asyncio.Future[None]", log: Path) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            message = json.loads(line)
            match message["event"]:
                case "recording":
                    self._since, self._rate = message["since"], message["rate"]
                case "up" if not answer.done():
                    answer.set_result(None)
                case "refused" if not answer.done():
                    answer.set_exception(CallRefusedError(message["status"], message["reason"]))
                case "ended":
                    self._end()
        self._end()
        if not answer.done():
            answer.set_exception(RuntimeError(f"the pjsua2 process ended before the call was answered: {_last_line(log)}"))

    def _end(self) -> None:
        if not self._ended.is_set():
            self._ended_at = time.monotonic()
            self._ended.set()


def _last_line(log: Path) -> str:
    return log.read_text(errors="replace").strip().rpartition("\n")[2]
