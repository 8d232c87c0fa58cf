import asyncio
import threading
from contextlib import suppress

import numpy as np
import pytest
from aiohttp import web

from ari_conf.audio import Samples
from ari_conf.media.port import SoundFile
from ari_conf.programs import ProgramRequest, SoundStore
from ari_conf.twilio_codes import Code, TwilioError
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppRequest, ClosedPort, Handler
from tests.audio.sound_files import PITCH, sound_file
from tests.programs.stage import PARAMETERS, Stage, mp3, wav


async def test_an_answer_of_audio_is_played_once(stage: Stage) -> None:
    await stage.run(mp3)
    ((moment, pitch, seconds),) = stage.heard
    assert (moment, pitch) == (0, PITCH)
    assert seconds == pytest.approx(2.0, abs=0.1)
    assert [dict(params) for params in stage.app.params("/wait")] == [PARAMETERS]


async def test_a_static_file_by_get(stage: Stage) -> None:
    stage.app.voice["/hold.mp3"] = lambda _: web.Response(
        body=sound_file("MP3"), headers={"Content-Type": "application/octet-stream"}
    )
    await (await stage.open("/hold.mp3", "GET")).run(stage.play)
    assert stage.pitches == [PITCH]
    assert [(seen.method, dict(seen.params)) for seen in stage.app.requests] == [("GET", PARAMETERS)]


async def test_verbs_are_heard_in_their_order(stage: Stage) -> None:
    await stage.run(
        "<Response><Say>Hello</Say><Play>/a.wav</Play><Pause length='3'/><Play loop='2'>/b.wav</Play>"
        "<Say loop='2'>by</Say></Response>",
        **{"a.wav": wav(500, 1.0), "b.wav": wav(700, 2.0)},
    )
    assert stage.heard == [
        (0.0, 600, 0.5),
        (0.5, 500, 1.0),
        (4.5, 700, 2.0),
        (6.5, 700, 2.0),
        (8.5, 600, 0.2),
        (8.7, 600, 0.2),
    ]
    assert stage.clock.moment == pytest.approx(8.9)
    assert stage.problems == []
    assert [(seen.method, seen.path, len(seen.params)) for seen in stage.app.requests[1:]] == [
        ("GET", "/a.wav", 0),
        ("GET", "/b.wav", 0),
    ]


async def test_relative_urls_belong_to_the_document(stage: Stage) -> None:
    stage.app.voice["/deep/er/wait"] = "<Response><Play>a.wav</Play><Redirect method='GET'>../next?x=1</Redirect></Response>"
    stage.app.voice["/deep/er/a.wav"] = wav(500, 1.0)
    stage.app.voice["/deep/next"] = "<Response><Play>b.wav</Play></Response>"
    stage.app.voice["/deep/b.wav"] = wav(700, 1.0)
    await stage.run(app_server.redirect("/deep/er/wait", 307))
    assert stage.pitches == [500, 700]
    seen = next(seen for seen in stage.app.requests if seen.path == "/deep/next")
    assert (seen.method, dict(seen.params)) == ("GET", {"x": "1", **PARAMETERS})


async def test_a_redirect_to_audio_is_played_to_its_end(stage: Stage) -> None:
    await stage.run("<Response><Redirect>/a.wav</Redirect><Say>never</Say></Response>", **{"a.wav": wav(500, 1.0)})
    assert stage.pitches == [500]


async def test_an_empty_redirect_loops_the_document_and_fetches_its_sounds_once(stage: Stage) -> None:
    stage.app.voice["/a.wav"] = wav(500, 4.0)
    await stage.run_until(6, "<Response><Play>/a.wav</Play><Say>ab</Say><Redirect/></Response>")
    assert stage.pitches == [500, 600] * 3
    assert [moment for moment, _, _ in stage.heard] == pytest.approx([0, 4, 4.2, 8.2, 8.4, 12.4])
    assert len(stage.app.params("/wait")) == 3
    assert len(stage.app.params("/a.wav")) == 1


async def test_a_sound_that_must_not_be_reused_is_fetched_each_time(stage: Stage) -> None:
    answers = iter([wav(pitch, 1.0, "no-store") for pitch in (500, 700, 900)])

    def next_sound(seen: AppRequest) -> web.StreamResponse:
        answer = next(answers)(seen)
        assert isinstance(answer, web.StreamResponse)
        return answer

    stage.app.voice["/a.wav"] = next_sound
    await stage.run_until(5, "<Response><Play loop='2'>/a.wav</Play><Redirect/></Response>")
    assert stage.pitches == [500, 500, 700, 700, 900]


@pytest.mark.parametrize("verb", ["<Play loop='0'>/a.wav</Play>", "<Say loop='0'>hello</Say>"])
async def test_a_loop_of_zero_never_ends(stage: Stage, verb: str) -> None:
    stage.app.voice["/a.wav"] = wav(500, 0.5)
    await stage.run_until(50, f"<Response>{verb}<Say>never</Say></Response>")
    assert len(set(stage.pitches)) == 1
    assert stage.clock.moment == pytest.approx(24.5)


async def test_a_loop_turns_no_faster_than_its_sound_when_playing_is_cut_short(stage: Stage) -> None:
    stage.cut_short = True
    await stage.run_until(10, "<Response><Say loop='0'>hello</Say></Response>")
    assert [moment for moment, _, _ in stage.heard] == pytest.approx([0.5 * number for number in range(10)])


async def test_a_sound_that_was_removed_while_it_loops_is_made_again(stage: Stage) -> None:
    stage.app.voice["/a.wav"] = wav(500, 1.0)
    stage.app.voice["/wait"] = "<Response><Play loop='3'>/a.wav</Play></Response>"

    async def play(sound: SoundFile) -> None:
        await stage.play(sound)
        sound.path.unlink()

    await (await stage.open()).run(play)
    assert stage.pitches == [500, 500, 500]
    assert len(stage.app.params("/a.wav")) == 3


@pytest.mark.parametrize(
    "document",
    ["<Response><Redirect/></Response>", "<Response><Pause length='0'/><Play>/none.wav</Play><Redirect/></Response>"],
)
async def test_a_loop_without_sound_asks_once_a_second(stage: Stage, document: str) -> None:
    stage.app.voice["/none.wav"] = app_server.failing(404)
    asked: list[float] = []

    def answer(_: AppRequest) -> str:
        asked.append(stage.clock.monotonic())
        return document if len(asked) < 40 else "<Response/>"

    await stage.run(answer)
    assert asked[3:] == pytest.approx(range(1, 38))
    assert asked[:3] == [0, 0, 0]


async def test_keys(stage: Stage) -> None:
    await stage.run("<Response><Play digits='1w1'/></Response>")
    assert stage.heard == [(0, 697, 0.9)]


@pytest.mark.parametrize("document", ["<Response/>", "<Response><Say> </Say></Response>"])
async def test_a_document_without_a_sound_is_silence(stage: Stage, document: str) -> None:
    await stage.run(document)
    assert stage.heard == []


async def test_plain_text_is_said(stage: Stage) -> None:
    await stage.run(lambda _: web.Response(text="abc", content_type="text/plain"))
    assert stage.heard == [(0, 600, 0.3)]


@pytest.mark.parametrize(
    "verb", ["Gather", "Record", "Dial", "Hangup", "Reject", "Enqueue", "Leave", "Connect", "play", "Conference"]
)
async def test_a_document_with_another_verb_is_refused_before_anything_is_heard(stage: Stage, verb: str) -> None:
    document = f"<Response><Say>hello</Say>\n<{verb}/></Response>"
    stage.app.voice["/wait"] = document
    with pytest.raises(TwilioError) as caught:
        await stage.open()
    assert caught.value.code is Code.CONFERENCE_FORBIDDEN_VERB
    assert f"<{verb}> on line 2" in caught.value.message
    await stage.run(
        "<Response><Play>/a.wav</Play><Redirect>/next</Redirect></Response>", next=document, **{"a.wav": wav(500, 1)}
    )
    assert stage.pitches == [500]
    assert stage.codes == [Code.CONFERENCE_FORBIDDEN_VERB]


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (app_server.failing(), Code.HTTP_RETRIEVAL_FAILURE),
        (app_server.failing(404), Code.HTTP_RETRIEVAL_FAILURE),
        (app_server.empty, Code.BODY_EMPTY),
        (app_server.html, Code.PARSE_FAILURE),
        (app_server.xml_bomb, Code.PARSE_FAILURE),
        (app_server.megabyte, Code.BODY_TOO_LARGE),
        (lambda _: web.json_response({}), Code.CONTENT_TYPE),
        (lambda _: web.Response(body=b"no sound", content_type="audio/mpeg"), Code.CONTENT_TYPE),
        (lambda _: web.Response(body=b"", content_type="audio/mpeg"), Code.CONTENT_TYPE),
    ],
)
async def test_when_the_first_request_fails_there_is_no_program(stage: Stage, handler: Handler, code: Code) -> None:
    stage.app.voice["/wait"] = handler
    with pytest.raises(TwilioError) as caught:
        await stage.open()
    assert caught.value.code is code
    assert stage.problems == []


async def test_nobody_answers(stage: Stage) -> None:
    with ClosedPort() as url, pytest.raises(TwilioError) as caught:
        await stage.player.open(ProgramRequest(f"{url}/wait", "POST", PARAMETERS, AUTH_TOKEN))
    assert caught.value.code is Code.HTTP_CONNECTION_FAILURE


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (app_server.failing(404), Code.HTTP_RETRIEVAL_FAILURE),
        (app_server.html, Code.PLAY_CONTENT_TYPE),
        (lambda _: web.Response(body=b"no sound", content_type="audio/wav"), Code.PLAY_CONTENT_TYPE),
    ],
)
async def test_a_sound_that_fails_later_is_reported_and_the_next_verb_goes_on(
    stage: Stage, handler: Handler, code: Code
) -> None:
    await stage.run("<Response><Play loop='0'>/a.wav</Play><Say>abc</Say></Response>", **{"a.wav": handler})
    assert stage.heard == [(0, 600, 0.3)]
    assert stage.codes == [code]
    assert stage.problems[0][1] == stage.app.url("/a.wav")


async def test_a_redirect_that_fails_later_is_reported_and_then_there_is_silence(stage: Stage) -> None:
    await stage.run("<Response><Say>a</Say><Redirect>/next</Redirect><Say>b</Say></Response>", next=app_server.failing())
    assert len(stage.heard) == 1
    assert stage.codes == [Code.HTTP_RETRIEVAL_FAILURE]


async def test_what_is_wrong_with_a_document_is_reported_and_it_is_played(stage: Stage) -> None:
    await stage.run("<Response><Say loop='x'>abc</Say></Response>")
    assert stage.codes == [Code.SAY_LOOP]
    assert len(stage.heard) == 1


async def test_what_playing_raises_is_passed_on(stage: Stage) -> None:
    async def gone(_: SoundFile) -> None:
        raise ConnectionError("the call has ended")

    stage.app.voice["/wait"] = "<Response><Say>a</Say><Play>/slow.wav</Play></Response>"
    stage.app.hold("/slow.wav", "")
    with pytest.raises(ConnectionError, match="the call has ended"):
        await (await stage.open()).run(gone)


async def test_the_next_sound_is_made_ready_while_one_plays(stage: Stage) -> None:
    stage.app.voice["/wait"] = "<Response><Say>a</Say><Play>/b.wav</Play></Response>"
    stage.app.voice["/b.wav"] = wav(700, 1.0)
    program = await stage.open()

    async def play(sound: SoundFile) -> None:
        if not stage.heard:
            # would not come back if the next sound were only fetched afterwards
            await stage.app.wait_for(lambda _: bool(stage.app.params("/b.wav")))
        await stage.play(sound)

    await program.run(play)
    assert stage.pitches == [600, 700]


async def test_it_can_be_stopped_in_the_middle_of_a_download(stage: Stage) -> None:
    stage.app.hold("/slow.wav", "")
    await start_and_stop(stage, "<Response><Play>/slow.wav</Play></Response>", "/slow.wav")


async def test_it_can_be_stopped_in_the_middle_of_a_redirect(stage: Stage) -> None:
    stage.app.hold("/slow", "<Response/>")
    await start_and_stop(stage, "<Response><Redirect>/slow</Redirect></Response>", "/slow")


async def test_it_can_be_stopped_in_the_middle_of_a_sentence_while_the_next_sound_comes(stage: Stage) -> None:
    stage.most = 1
    stage.app.hold("/slow.wav", "")
    await start_and_stop(stage, "<Response><Say>hello</Say><Play>/slow.wav</Play></Response>", "/slow.wav", stage.enough)


async def start_and_stop(stage: Stage, document: str, path: str, event: asyncio.Event | None = None) -> None:
    """Stop a program when it has asked for ``path`` and ``event`` is set; the server never answers there."""
    stage.app.voice["/wait"] = document
    task = asyncio.create_task((await stage.open()).run(stage.play))
    await stage.app.wait_for(lambda _: bool(stage.app.params(path)))
    if event is not None:
        await asyncio.wait_for(event.wait(), 5)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    assert done
    assert task.cancelled()


async def test_it_can_be_stopped_while_a_sentence_is_made(
    stage: Stage, store: SoundStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, let = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> Samples:
        begun.set()
        let.wait(10)
        return np.zeros(0, np.int16)

    monkeypatch.setattr(store, "_speech", type("Slow", (), {"speak": slow})())
    stage.app.voice["/wait"] = "<Response><Say>hello</Say></Response>"
    task = asyncio.create_task((await stage.open()).run(stage.play))
    await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert task.cancelled()
    let.set()
