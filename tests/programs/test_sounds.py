import asyncio
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from ari_conf.audio import Samples
from ari_conf.audio.decode import DecodeError
from ari_conf.audio.speech import SpeechError
from ari_conf.audio.tones import tone
from ari_conf.audio.wav import read_wav
from ari_conf.phones.phone import Heard
from ari_conf.programs import SoundStore
from tests.audio.sound_files import AMPLITUDE, PITCH, sound_file


class CountingSpeech:
    """Speaks a tone for each character, once it is let; it counts how often it spoke."""

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.let = threading.Event()
        self.let.set()

    def speak(self, text: str, *, ssml: str | None = None, voice: str | None = None, language: str | None = None) -> Samples:
        self.spoken.append(ssml or text)
        assert self.let.wait(10)
        if text == "unspeakable":
            raise SpeechError("there is no word for it")
        return tone(500 if voice == "man" else 700, 0.1 * len(text), amplitude=0.3 if language else 0.2)


@pytest.fixture
def speech() -> CountingSpeech:
    return CountingSpeech()


@pytest.fixture
def store(tmp_path: Path, speech: CountingSpeech) -> Iterator[SoundStore]:
    store = SoundStore(tmp_path / "sounds", speech=speech)
    yield store
    store.close()


async def test_a_sound_is_kept_under_the_name_of_its_content(store: SoundStore) -> None:
    samples = tone(500, 1.5)
    sound = await store.add(samples)
    assert sound.seconds == 1.5
    assert sound.path.parent == store.folder
    assert len(sound.path.stem) == 64
    back, rate = read_wav(sound.path)
    assert rate == 8000
    assert np.array_equal(back, samples)
    assert await store.add(samples.copy()) == sound
    assert (await store.add(tone(600, 1.5))).path != sound.path
    assert len(list(store.folder.iterdir())) == 2
    assert sound.path.stat().st_mode & 0o777 == 0o644


async def test_media_of_any_format(store: SoundStore) -> None:
    sound = await store.from_media(sound_file("MP3"))
    samples, rate = read_wav(sound.path)
    assert Heard(samples[800:7200], rate).amplitude(PITCH) == pytest.approx(AMPLITUDE, abs=0.01)
    raw = sound_file("RAW", "ULAW", rate=8000)
    with pytest.raises(DecodeError):
        await store.from_media(raw, content_type="application/octet-stream")
    assert (await store.from_media(raw, content_type="audio/basic")).seconds == 1.0


async def test_the_same_text_is_spoken_once(store: SoundStore, speech: CountingSpeech) -> None:
    speech.let.clear()
    waiting = [asyncio.create_task(store.from_speech("hello")) for _ in range(5)]
    await asyncio.sleep(0)
    speech.let.set()
    assert len({sound.path for sound in await asyncio.gather(*waiting)}) == 1
    await store.from_speech("hello")
    assert speech.spoken == ["hello"]
    await store.from_speech("hello", voice="man")
    await store.from_speech("hello", language="de-DE")
    await store.from_speech("hello", ssml="<s>hello</s>")
    assert speech.spoken == ["hello", "hello", "hello", "<s>hello</s>"]
    assert len(list(store.folder.iterdir())) == 3


async def test_who_stops_waiting_does_not_stop_it_for_the_others(store: SoundStore, speech: CountingSpeech) -> None:
    speech.let.clear()
    gone = asyncio.create_task(store.from_speech("hello"))
    stays = asyncio.create_task(store.from_speech("hello"))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    speech.let.set()
    assert (await stays).seconds == 0.5
    assert speech.spoken == ["hello"]


async def test_no_prompt_waits_for_long_sounds(store: SoundStore, monkeypatch: pytest.MonkeyPatch) -> None:
    let = threading.Event()

    def slow(_decoders: object, data: bytes, **_: object) -> Samples:
        assert len(data) < 1_000_000 or let.wait(10)
        return tone(500, 1.0)

    monkeypatch.setattr("ari_conf.audio.decoding.Decoders.decode", slow)
    long = [asyncio.create_task(store.from_media(bytes([number]) * 3_000_000)) for number in range(3)]
    async with asyncio.timeout(5):
        assert await store.keep(await store.from_speech("hello"))
        assert await store.keep(await store.from_media(b"short"))
    assert not any(task.done() for task in long)
    let.set()
    assert [sound.seconds for sound in await asyncio.gather(*long)] == [1.0] * 3


async def test_what_failed_is_tried_again(store: SoundStore, speech: CountingSpeech) -> None:
    for _ in range(2):
        with pytest.raises(SpeechError):
            await store.from_speech("unspeakable")
    assert len(speech.spoken) == 2


async def test_a_sound_whose_file_was_removed_is_made_again(store: SoundStore, speech: CountingSpeech) -> None:
    sound = await store.from_speech("hello")
    sound.path.unlink()
    assert not await store.keep(sound)
    assert await store.from_speech("hello") == sound
    assert await store.keep(sound)
    assert len(speech.spoken) == 2


async def test_what_was_not_used_for_longest_goes_when_the_folder_is_full(tmp_path: Path) -> None:
    # each takes 16 kB
    store = SoundStore(tmp_path, largest=60_000)
    sounds = [await store.add(tone(500 + number, 1.0)) for number in range(3)]
    for age, sound in enumerate(sounds):
        grow_old(sound.path, 10 - age)
    unfinished = tmp_path / "left-by-a-crash.part"
    unfinished.write_bytes(b"x")
    grow_old(unfinished, 20)
    stranger = tmp_path / "not-ours.txt"
    stranger.write_bytes(b"x" * 100_000)
    grow_old(stranger, 30)
    await store.keep(sounds[0])
    await store.add(tone(300, 1.0))
    assert [sound.path.exists() for sound in sounds] == [True, False, True]
    assert not unfinished.exists()
    assert stranger.exists()
    store.close()


async def test_what_may_be_playing_stays_even_if_the_folder_is_full(tmp_path: Path) -> None:
    store = SoundStore(tmp_path, largest=20_000)
    with capture_logs() as logs:
        sounds = [await store.add(tone(500 + number, 1.0)) for number in range(3)]
    assert all(sound.path.exists() for sound in sounds)
    assert "take more room" in logs[-1]["event"]
    store.close()


async def test_what_an_earlier_process_left_counts(tmp_path: Path) -> None:
    old = [await SoundStore(tmp_path).add(tone(500 + number, 1.0)) for number in range(4)]
    for sound in old:
        grow_old(sound.path, 5)
    await SoundStore(tmp_path, largest=40_000).add(tone(300, 1.0))
    assert sum(sound.path.exists() for sound in old) == 1


async def test_a_disk_that_cannot_be_written_leaves_nothing_half_done(
    store: SoundStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ari_conf.programs.sounds.write_wav", full)
    with pytest.raises(OSError, match="No space left"):
        await store.add(tone(500, 1.0))
    assert list(store.folder.iterdir()) == []


def grow_old(path: Path, hours: float) -> None:
    moment = time.time() - 3600 * hours
    os.utime(path, (moment, moment))
