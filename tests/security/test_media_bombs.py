"""Sound files that are no sounds: they claim much, unpack to much, or break their decoder."""

import contextlib
import io
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ari_conf.audio import decode as decode_module
from ari_conf.audio import decoding
from ari_conf.audio.decode import DecodeError, decode
from ari_conf.audio.decoding import Decoders
from ari_conf.programs import SoundStore
from tests.stage import set_stage

from .wire import answering


def wav(rate: int, channels: int, data: bytes, claimed: int | None = None) -> bytes:
    size = len(data) if claimed is None else claimed
    head = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * channels & 0xFFFFFFFF, channels, 8)
    return b"RIFF" + struct.pack("<I", size + 36 & 0xFFFFFFFF) + b"WAVEfmt " + head + b"data" + struct.pack("<I", size) + data


def flac(rate: int, channels: int, seconds: int) -> bytes:
    """Return silence, which is a few bytes for each second."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, channels, format="FLAC", subtype="PCM_16") as writing:
        for _ in range(seconds):
            writing.write(np.zeros((rate, channels), np.int16))
    return file.getvalue()


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    made = Decoders()
    yield made
    made.close()


def test_a_header_that_claims_hours_is_no_sound_of_hours() -> None:
    assert len(decode(wav(8000, 1, b"\x80" * 800, 0xFFFF_FF00))) == 800


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (wav(1, 1, b"\x80" * 3500), "no sound for people"),
        (wav(0, 1, b"\x80" * 100), r"no sound"),
        (wav(2_000_000_000, 1, b"\x80" * 100), "no sound for people"),
        (wav(8000, 200, b"\x80" * 2000), "no sound for people"),
        (b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(100_000), "no sound in a known format"),
        (b"ID3\x04\0\0\0\0\0\x01a" * 100_000, "no sound in a known format"),
        (b"RIFF\xff\xff\xff\xffWAVE" + b"LIST\0\0\0\0" * 100_000, "no sound in a known format"),
        (b"RF64\xff\xff\xff\xffWAVEds64" + b"\xff" * 200, "no sound in a known format"),
    ],
    ids=["1 Hz", "0 Hz", "2 GHz", "channels", "ID3 length", "many ID3", "chunks", "RF64"],
)
def test_what_no_sound_has_is_refused(sound: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode(sound)


def test_a_small_file_with_very_much_sound_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_module, "_MOST_VALUES", 48_000 * 8 * 4)
    sound = flac(48_000, 8, 5)
    assert len(sound) < 100_000
    with pytest.raises(DecodeError, match="more than 1536000 samples"):
        decode(sound)
    assert len(decode(flac(48_000, 8, 3))) == 24_000


def test_the_limit_is_an_hour_of_good_stereo() -> None:
    assert decode_module._MOST_VALUES == 3600 * 96_000 * 2


def test_another_process_decodes(decoders: Decoders) -> None:
    sound = wav(8000, 1, bytes(range(256)) * 10)
    for _ in range(2):
        assert np.array_equal(decoders.decode(sound), decode(sound))
        with pytest.raises(DecodeError, match="no sound in a known format"):
            decoders.decode(b"no sound")
    assert len(decoders._idle) == 1
    (process,) = decoders._idle
    # A Ctrl-C, which a terminal sends to all of its group, lets a controller's calls go on for a while.
    assert os.getpgid(process.pid) != os.getpgid(0)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGXCPU])
def test_a_decoder_that_crashes_costs_one_sound(decoders: Decoders, number: signal.Signals) -> None:
    sound = wav(8000, 1, b"\x80" * 800)
    decoders.decode(sound)
    (process,) = decoders._idle
    process.send_signal(number)
    process.wait()
    with pytest.raises(DecodeError, match="fails, or takes too much"):
        decoders.decode(sound)
    assert len(decoders.decode(sound)) == 800


def test_a_decoder_that_hangs_is_ended(decoders: Decoders, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = wav(8000, 1, b"\x80" * 800)
    decoders.decode(sound)
    (process,) = decoders._idle
    process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(decoding, "LONGEST_WAIT", 0.1)
    with pytest.raises(DecodeError, match="fails, or takes too much"):
        decoders.decode(sound)
    assert process.returncode == -signal.SIGKILL


def test_it_may_use_so_much_and_no_more() -> None:
    program = (
        "import io, resource, sys\n"
        "from ari_conf.audio import decoding\n"
        "decoding.decode = lambda *_, **__: 1 / 0\n"
        'sys.stdin = io.TextIOWrapper(io.BytesIO(b\'{"bytes": 0, "content_type": "", "rate": 8000}\\n\'))\n'
        "try:\n    decoding.serve()\nexcept ZeroDivisionError:\n"
        "    print([resource.getrlimit(getattr(resource, f'RLIMIT_{name}'))[0] for name in ('CORE', 'FSIZE', 'AS', 'CPU')])\n"
    )
    root = str(Path(decoding.__file__).parents[2])
    command = [sys.executable, "-c", program]
    told = subprocess.run(command, capture_output=True, check=True, cwd=root, text=True).stdout  # noqa: S603
    core, size, memory, cpu = (int(limit) for limit in told.strip("[]\n").split(","))
    assert (core, size, memory) == (0, 0, decoding.MOST_MEMORY)
    assert decoding.MOST_CPU_SECONDS <= cpu <= decoding.MOST_CPU_SECONDS + 10


def test_no_process_is_left(tmp_path: Path) -> None:
    store = SoundStore(tmp_path)
    store._decoders.decode(wav(8000, 1, b"\x80" * 800))
    (process,) = store._decoders._idle
    store.close()
    assert process.returncode is not None
    forgotten = Decoders()
    forgotten.decode(wav(8000, 1, b"\x80" * 800))
    (process,) = forgotten._idle
    del forgotten
    assert process.returncode is not None


def test_what_a_decoder_says_is_in_no_log(decoders: Decoders, capfd: pytest.CaptureFixture[str]) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(40_000) / 5) * 0.3, 8000, format="MP3")
    broken = bytearray(file.getvalue())
    broken[500::7] = b"\xff" * len(broken[500::7])
    with contextlib.suppress(DecodeError):
        decoders.decode(bytes(broken))
    assert capfd.readouterr().err == ""
    (process,) = decoders._idle
    assert Path(f"/proc/{process.pid}/fd/2").readlink() == Path("/dev/null")
    with contextlib.suppress(DecodeError):
        decode(bytes(broken))
    assert capfd.readouterr().err, "it would have said something"


async def test_a_call_goes_on_after_a_sound_that_breaks_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_PROGRAM", "import os; os.abort()")
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 10\r\n\r\n" + bytes(10)
    async with answering(answer) as url, set_stage(None) as stage:
        stage.answer(f"<Response><Play>{url}</Play><Redirect>/two</Redirect></Response>")
        stage.answer("<Response><Hangup/></Response>", "/two")
        await stage.phone("ann").dial("room")
        await stage.until(lambda: not stage.controller.switchboard.calls)
        assert stage.app.params("/two")
        (notification,) = stage.controller.notifications._kept
        assert "fails, or takes too much time or memory" in notification.message
