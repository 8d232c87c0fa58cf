"""A controller that drains: nobody new is taken, and what is going on goes on to its end."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from ari_conf.phones.phone import CallRefusedError
from ari_conf.recordings.finish import finished as trimmed
from tests.stage import ACCOUNT, NUMBERS, Stage, set_stage, until, who_hears_whom, within_deadline

EVENTS = "statusCallback='/events' statusCallbackEvent='join leave end'"
ROOM = f"<Response><Dial><Conference {EVENTS}>room</Conference></Dial></Response>"
LONG = 600.0


async def rest(stage: Stage, method: str, path: str, form: Mapping[str, str] | None = None) -> tuple[int, dict[str, object]]:
    url = f"http://127.0.0.1:{stage.controller.port}{path}"
    login = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT.sid, ACCOUNT.auth_token)}
    async with aiohttp.ClientSession(headers=login) as session, session.request(method, url, data=form) as answer:
        return answer.status, await answer.json()


async def finished(stage: Stage) -> bool:
    finishing = asyncio.create_task(stage.controller.finished(LONG))
    await stage.until(finishing.done)
    return finishing.result()


def account(below: str) -> str:
    return f"/2010-04-01/Accounts/{ACCOUNT.sid}{below}"


async def test_who_calls_is_refused_with_503_and_those_who_talk_go_on(stage: Stage) -> None:
    ann, bob = await stage.room("ann", "bob", twiml=ROOM)
    stage.controller.drain()
    with pytest.raises(CallRefusedError) as refused:
        await stage.phone("cid").dial("room")
    assert refused.value.status == 503
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    assert len(stage.app.params("/voice")) == 2
    await stage.hang_up_all()
    assert await finished(stage)
    await stage.until(lambda: not stage.controller.outbox.owed)
    events = [params["StatusCallbackEvent"] for params in stage.app.params("/events")]
    assert events == [*["participant-join"] * 2, *["participant-leave"] * 2, "conference-end"]


async def test_health_tells_how_many_are_left() -> None:
    async with set_stage(None) as stage:
        ann, _ = await stage.room("ann", "bob", twiml=ROOM)
        assert (await rest(stage, "GET", "/readyz"))[0] == 200
        stage.controller.drain()
        status, body = await rest(stage, "GET", "/readyz")
        assert (status, body["status"], body["calls"], body["conferences"]) == (503, "draining", 2, 1)
        assert await rest(stage, "GET", "/healthz") == (200, {"status": "ok"})
        await ann.hang_up()
        await stage.until(lambda: stage.controller.condition.calls == 1)
        assert (await rest(stage, "GET", "/readyz"))[1]["calls"] == 1


async def test_rest_begins_no_call_and_moderates_those_that_run() -> None:
    async with set_stage(None) as stage:
        ann, bob = await stage.room("ann", "bob", twiml=ROOM)
        dee = stage.phone("dee")
        stage.controller.drain()
        whom = {"From": "+15550100", "To": dee.number}
        (conference,) = stage.controller.rooms.conferences
        people = account(f"/Conferences/{conference.sid}/Participants")
        for path, form in ((account("/Calls.json"), whom | {"Twiml": "<Response/>"}), (f"{people}.json", whom)):
            status, body = await rest(stage, "POST", path, form)
            assert (status, body["code"]) == (503, 20503)
            assert "about to stop" in str(body["message"])
        first = next(iter(conference.participants.values())).call_sid
        status, body = await rest(stage, "POST", f"{people}/{first}.json", {"Muted": "true"})
        assert (status, body["muted"]) == (200, True)
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": set()})
        assert stage.controller.condition.calls == 2


async def test_calls_that_are_up_dial_whom_they_like(stage: Stage) -> None:
    stage.answer("<Response><Gather timeout='1'/><Redirect>/next</Redirect></Response>")
    answer = stage.app.hold("/next", f"<Response><Dial>{NUMBERS['bob']}</Dial></Response>")
    ann, bob = stage.phone("ann"), stage.phone("bob")
    await ann.dial("room")
    await stage.until(lambda: bool(stage.app.params("/next")))
    stage.controller.drain()
    answer.set()
    await within_deadline(bob.ringing())
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await stage.hang_up_all()
    assert await finished(stage)


async def test_it_waits_for_the_last_call_and_for_its_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    may_be_trimmed = asyncio.Event()

    async def slowly(*arguments: Any) -> Any:
        await may_be_trimmed.wait()
        return await trimmed(*arguments)

    monkeypatch.setattr("ari_conf.recordings.recordings.finished", slowly)
    async with set_stage(None) as stage:
        recorded = "record='record-from-start' recordingStatusCallback='/recording'"
        (ann,) = await stage.room("ann", twiml=f"<Response><Dial><Conference {recorded}>room</Conference></Dial></Response>")
        bob = stage.phone("bob")
        await bob.dial("room")
        stage.controller.drain()
        finishing = asyncio.create_task(stage.controller.finished(LONG))
        await stage.clock.let_pass(5.0)
        assert not finishing.done()
        await ann.hang_up()
        await stage.clock.let_pass(5.0)
        assert not finishing.done()
        await bob.hang_up()
        await stage.until(lambda: not stage.controller.switchboard.busy)
        await stage.clock.let_pass(5.0)
        waited = not finishing.done()
        may_be_trimmed.set()
        await stage.until(finishing.done)
        assert waited
        assert finishing.result()
        assert not stage.controller.recordings.busy
        await stage.until(lambda: [params["RecordingStatus"] for params in stage.app.params("/recording")] == ["completed"])


async def test_it_waits_no_longer_than_it_may() -> None:
    async with set_stage(None) as stage:
        await stage.room("ann", twiml=ROOM)
        stage.controller.drain()
        finishing = asyncio.create_task(stage.controller.finished(30.0))
        await stage.clock.let_pass(29.5)
        assert not finishing.done()
        await stage.clock.let_pass(1.0)
        await until(finishing.done)
        assert not finishing.result()
        assert stage.controller.condition.calls == 1
