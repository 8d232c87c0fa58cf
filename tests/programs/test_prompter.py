import asyncio
from pathlib import Path

import pytest

from ari_conf.audio.tones import tone
from ari_conf.media.port import SoundFile
from ari_conf.programs import ProgramPlayer, Prompter, SoundStore
from ari_conf.twilio_codes import Code
from ari_conf.twiml import Pause, Play, Say
from tests import app_server
from tests.app_server import AUTH_TOKEN, ClosedPort
from tests.programs.stage import Stage, wav


async def test_prompts_are_heard_in_their_order(stage: Stage) -> None:
    stage.app.voice["/doc/a.wav"] = wav(500, 1.0)
    await stage.prompt(Say(text="hello", loop=2), Pause(length=2), Play(url="a.wav"), Play(digits="1"), Say(text="by"))
    assert stage.heard == [(0, 600, 0.5), (0.5, 600, 0.5), (3, 500, 1.0), (4, 697, 0.2), (4.2, 600, 0.2)]
    assert stage.clock.moment == pytest.approx(4.4)
    assert stage.problems == []


async def test_nothing_to_play_is_over_at_once(stage: Stage) -> None:
    await stage.prompt()
    assert stage.heard == []
    assert stage.clock.moment == 0


async def test_keys_are_pressed_where_they_can_be(stage: Stage) -> None:
    pressed: list[tuple[float, str]] = []

    async def press(keys: str) -> None:
        pressed.append((stage.clock.moment, keys))
        await stage.clock.let_pass(0.3)

    await stage.prompt(Say(text="hello"), Play(digits="1w#", loop=2), Say(text="by"), press=press)
    assert pressed == [(0.5, "1w#"), (0.8, "1w#")]
    assert stage.heard == [(0, 600, 0.5), (1.1, 600, 0.2)]


async def test_pressing_that_is_over_at_once_does_not_spin(stage: Stage) -> None:
    pressed: list[float] = []

    async def press(_: str) -> None:
        pressed.append(stage.clock.moment)
        if len(pressed) == 50:
            raise ConnectionError("the call has ended")

    with pytest.raises(ConnectionError):
        await stage.prompt(Play(digits="1", loop=0), press=press)
    assert pressed[-1] == pytest.approx(49 * 0.02)


async def test_what_cannot_be_had_is_reported_and_left_out(stage: Stage) -> None:
    stage.app.voice["/doc/none.wav"] = app_server.failing(404)
    with ClosedPort() as url:
        await stage.prompt(
            Play(url="none.wav", loop=0), Say(text="a"), Play(url=f"{url}/a.wav"), Play(url="http://[::1"), Say(text="bc")
        )
        assert stage.problems[1][1] == f"{url}/a.wav"
    assert [seconds for _, _, seconds in stage.heard] == [0.1, 0.2]
    assert stage.codes == [Code.HTTP_RETRIEVAL_FAILURE, Code.HTTP_CONNECTION_FAILURE, Code.INVALID_URL]
    assert stage.problems[0][1] == stage.app.url("/doc/none.wav")


async def test_a_sound_of_the_store_is_named_by_a_document_that_came_from_nowhere_alone(stage: Stage) -> None:
    kept = f"/media/{(await stage.store.add(tone(500, 1.0))).path.name}"
    (stage.store.folder / "secret.wav").write_bytes(b"RIFF")
    prompter = Prompter(stage.player, AUTH_TOKEN, lambda problem, url, _exchange: stage.problems.append((problem, url)))
    gone = f"/media/{'0' * 64}.wav"
    prompts = [Play(url=url) for url in (kept, gone, "/media/secret.wav", "/media/../x", kept.removesuffix(".wav"))]
    await prompter.play(prompts, "", stage.play)
    assert stage.heard == [(0, 500, 1.0)]
    assert stage.codes == [Code.HTTP_RETRIEVAL_FAILURE] * 4
    # In a document of the application it is a path of the application.
    await stage.prompt(Play(url=kept))
    assert len(stage.heard) == 1
    assert [seen.path for seen in stage.app.requests] == [kept]


async def test_it_stops_at_once_when_it_is_cancelled(stage: Stage) -> None:
    stage.app.voice["/doc/a.wav"] = wav(500, 1.0)
    stopped: list[SoundFile] = []
    begun = asyncio.Event()

    async def play(sound: SoundFile) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(sound)

    prompter = Prompter(stage.player, AUTH_TOKEN)
    prompts = (Play(url="a.wav", loop=0), Say(text="never"))
    task = asyncio.create_task(prompter.play(prompts, stage.app.url("/doc/ument"), play))
    await asyncio.wait_for(begun.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(stopped) == 1


async def test_sounds_are_signed_requests_without_parameters(stage: Stage) -> None:
    stage.app.voice["/doc/a.wav"] = wav(500, 1.0)
    await stage.prompt(Play(url="a.wav"))
    (seen,) = stage.app.requests
    assert (seen.method, seen.path, dict(seen.params)) == ("GET", "/doc/a.wav", {})
    assert "X-Twilio-Signature" in seen.headers


async def test_what_cannot_be_made_here_is_reported_as_our_own_failure(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "/secret/folder")

    monkeypatch.setattr("ari_conf.programs.sounds.write_wav", full)
    await stage.prompt(Say(text="hello"), Play(digits="1"))
    assert stage.codes == [Code.INTERNAL_FAILURE] * 2
    assert stage.problems[0][0].message == "<Say> cannot be heard: No space left on device."
    assert stage.problems[0][1] == stage.app.url("/doc/ument")


async def test_speech_markup_is_heard(stage: Stage, tmp_path: Path) -> None:
    stage.player = ProgramPlayer(stage.player.webhooks, SoundStore(tmp_path / "spoken"), stage.clock)
    await stage.prompt(Say(text="one two"), Say(text="one two", ssml="one <break time='3s'/> two"))
    plain, with_break = (seconds for _, _, seconds in stage.heard)
    assert with_break == pytest.approx(plain + 3, abs=0.3)
