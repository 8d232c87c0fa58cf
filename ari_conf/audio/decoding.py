"""Decoding in processes of their own: whatever a file does to a decoder, it does to no call, and to no log.

A request is a line of JSON and the file; the answer is a line of JSON and the samples.
"""

import contextlib
import json
import resource
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from . import Samples
from .decode import DecodeError, decode

LONGEST_WAIT: Final = 120.0
"""Seconds of real time for one file."""

MOST_CPU_SECONDS: Final = 60
"""For one file."""

MOST_MEMORY: Final = 2 << 30
"""Bytes of address space, the libraries' own included."""

_PROGRAM: Final = "import sys; sys.path.insert(0, sys.argv[1]); from ari_conf.audio.decoding import serve; serve()"
_ROOT: Final = str(Path(__file__).resolve().parent.parent.parent)


class Decoders:
    """As many processes as are used at the same time, begun when they are needed; safe in any thread."""

    def __init__(self) -> None:
        self._idle: list[subprocess.Popen[bytes]] = []
        self._closed = False
        self._lock = threading.Lock()
        # Also of one that nobody has closed.
        self._end_idle = weakref.finalize(self, _end_all, self._idle)

    def decode(self, data: bytes, *, content_type: str = "", rate: int = 8000) -> Samples:
        """Do what ``decode.decode`` does, elsewhere. Raises ``DecodeError``, also if the decoder fails or needs too much."""
        with self._lock:
            process = self._idle.pop() if self._idle else None
        process = process or _begin()
        too_late = threading.Timer(LONGEST_WAIT, process.kill)
        too_late.start()
        healthy = False
        try:
            samples = _ask(process, data, content_type, rate)
            healthy = True
        except DecodeError as error:
            healthy = not isinstance(error, _DecoderFailedError)
            raise
        finally:
            too_late.cancel()
            with self._lock:
                keep = healthy and not self._closed
                if keep:
                    self._idle.append(process)
            if not keep:
                _end(process)
        return samples

    def close(self) -> None:
        """End the processes that are idle; one that is at work ends after it."""
        with self._lock:
            self._closed = True
            self._end_idle()


class _DecoderFailedError(DecodeError):
    """The process is of no further use."""


def _begin() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-P", "-c", _PROGRAM, _ROOT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # What decoders have to say would stand between the lines of the log.
        stderr=subprocess.DEVNULL,
        # A Ctrl-C in the terminal is for the controller, whose calls may go on for a while.
        start_new_session=True,
    )


def _ask(process: "subprocess.Popen[bytes]", data: bytes, content_type: str, rate: int) -> Samples:
    to, answers = _pipes(process)
    try:
        _write(to, {"bytes": len(data), "content_type": content_type, "rate": rate}, data)
        answer = json.loads(answers.readline())
        found = answers.read(answer.get("bytes", 0))
    except (OSError, ValueError):
        answer = None
    if answer is None or len(found) != answer.get("bytes", 0):
        raise _DecoderFailedError("decoding it fails, or takes too much time or memory")
    if "error" in answer:
        raise DecodeError(answer["error"])
    return np.frombuffer(found, np.int16)


def _pipes(process: "subprocess.Popen[bytes]") -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the decoder was begun without pipes")
    return process.stdin, process.stdout


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    for pipe in _pipes(process):
        with contextlib.suppress(OSError):
            pipe.close()
    process.wait()


def _end_all(processes: "list[subprocess.Popen[bytes]]") -> None:
    while processes:
        _end(processes.pop())


def _write(to: IO[bytes], head: dict[str, Any], body: bytes) -> None:
    to.write(json.dumps(head).encode() + b"\n")
    to.write(body)
    to.flush()


def serve() -> None:
    """Be such a process: answer what comes on standard input, until that ends."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for head in iter(requests.readline, b""):
        asked = json.loads(head)
        data = requests.read(asked["bytes"])
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + MOST_CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        try:
            samples = decode(data, content_type=asked["content_type"], rate=asked["rate"])
        except DecodeError as error:
            _write(answers, {"error": str(error)}, b"")
        else:
            _write(answers, {"bytes": samples.nbytes}, samples.tobytes())
