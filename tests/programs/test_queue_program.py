"""The waitUrl of ``<Enqueue>``: looped, with verbs that end the waiting."""

import asyncio
import itertools

import pytest

from ari_conf.programs import Program, ProgramRequest, Stop
from ari_conf.twilio_codes import Code, TwilioError
from ari_conf.twiml import Gather, Hangup, Leave
from tests import app_server
from tests.app_server import AUTH_TOKEN, AppRequest, Handler
from tests.programs.stage import Stage, wav

STOPS: tuple[type[Stop], ...] = (Hangup, Leave, Gather)


async def opened(stage: Stage, *documents: str | Handler) -> Program:
    """Open a program whose application gives one answer after the other, then fails."""
    answers = iter([*documents, *([app_server.failing()] * 50)])

    def answer(seen: AppRequest) -> object:
        document = next(answers)
        return document if isinstance(document, str) else document(seen)

    stage.app.voice["/wait"] = answer  # type: ignore[assignment]
    positions = itertools.count(9, -1)
    request = ProgramRequest(stage.app.url("/wait"), "POST", lambda: {"QueuePosition": str(next(positions))}, AUTH_TOKEN)
    return await stage.player.open(
        request, lambda problem, url, _exchange: stage.problems.append((problem, url)), stops=STOPS, loops=True
    )


async def stop_of(program: Program, stage: Stage) -> Stop | None:
    async with asyncio.timeout(20):
        return await program.run(stage.play)


async def test_it_begins_anew_with_fresh_parameters(stage: Stage) -> None:
    program = await opened(
        stage,
        "<Response><Say>hello</Say></Response>",
        "<Response><Say>hello</Say><Say>ab</Say></Response>",
        "<Response><Leave/></Response>",
    )
    assert await stop_of(program, stage) == Leave()
    assert stage.heard == [(0, 600, 0.5), (0.5, 600, 0.5), (1.0, 600, 0.2)]
    assert [params["QueuePosition"] for params in stage.app.params("/wait")] == ["9", "8", "7"]


async def test_a_sound_begins_anew(stage: Stage) -> None:
    program = await opened(stage, wav(500, 2.0), wav(700, 2.0), "<Response><Hangup/><Say>never</Say></Response>")
    assert await stop_of(program, stage) == Hangup()
    assert stage.heard == [(0, 500, 2.0), (2, 700, 2.0)]


async def test_it_begins_anew_with_its_own_url_after_a_redirect(stage: Stage) -> None:
    stage.app.voice["/next"] = "<Response><Say>bc</Say></Response>"
    program = await opened(
        stage, "<Response><Say>a</Say><Redirect>/next</Redirect></Response>", "<Response><Leave/></Response>"
    )
    assert await stop_of(program, stage) == Leave()
    assert [seen.path for seen in stage.app.requests] == ["/wait", "/next", "/wait"]
    assert [seconds for _, _, seconds in stage.heard] == [0.1, 0.2]


async def test_when_the_application_fails_those_who_wait_hear_what_they_heard(stage: Stage) -> None:
    program = await opened(
        stage,
        "<Response><Say>hello</Say></Response>",
        app_server.failing(),
        app_server.failing(404),
        "<Response><Leave/></Response>",
    )
    assert await stop_of(program, stage) == Leave()
    assert [seconds for _, _, seconds in stage.heard] == [0.5, 0.5, 0.5]
    assert stage.codes == [Code.HTTP_RETRIEVAL_FAILURE] * 2


async def test_a_document_without_sound_asks_once_a_second(stage: Stage) -> None:
    program = await opened(stage, *["<Response/>"] * 8, "<Response><Leave/></Response>")
    await stop_of(program, stage)
    assert stage.clock.moment == pytest.approx(6)


async def test_it_goes_on_behind_a_verb_that_stopped_it(stage: Stage) -> None:
    program = await opened(
        stage,
        "<Response><Say>a</Say><Gather action='/choice'><Say>press</Say></Gather><Say>bc</Say><Gather/></Response>",
        "<Response><Hangup/></Response>",
    )
    gather = await stop_of(program, stage)
    assert isinstance(gather, Gather)
    assert (gather.action, len(gather.prompts)) == ("/choice", 1)
    assert isinstance(await stop_of(program, stage), Gather)
    assert await stop_of(program, stage) == Hangup()
    assert [seconds for _, _, seconds in stage.heard] == [0.1, 0.2]


async def test_it_goes_on_with_a_document_that_was_asked_for_because_of_it(stage: Stage) -> None:
    stage.app.voice["/choice"] = "<Response><Say>thanks</Say><Leave/></Response>"
    program = await opened(stage, "<Response><Gather/><Say>a</Say></Response>")
    await stop_of(program, stage)
    await program.fetch(stage.app.url("/choice"), "POST", {"Digits": "1"})
    assert program.url == stage.app.url("/choice")
    assert await stop_of(program, stage) == Leave()
    assert [seconds for _, _, seconds in stage.heard] == [0.6]
    assert dict(stage.app.params("/choice")[0]) == {"QueuePosition": "8", "Digits": "1"}


@pytest.mark.parametrize("verb", ["Dial", "Record", "Enqueue", "Reject"])
async def test_other_verbs_are_refused(stage: Stage, verb: str) -> None:
    with pytest.raises(TwilioError) as caught:
        await opened(stage, f"<Response><Say>hello</Say><{verb}/></Response>")
    assert caught.value.code is Code.CONFERENCE_FORBIDDEN_VERB
    assert "<Leave>" in caught.value.message
