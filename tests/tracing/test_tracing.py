"""What traces of calls show."""

import aiohttp
import pytest
from aiohttp import web
from opentelemetry.trace import SpanKind, StatusCode

from ari_conf.conference import Modify, SetMuted
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.spans import within
from ari_conf.webhooks import HttpPolicy
from tests.app_server import AppRequest
from tests.stage import ACCOUNT, Stage, set_stage, who_hears_whom

from .traces import Traces, context, seconds, traceparent

CALLBACKS = 'statusCallback="/events" statusCallbackEvent="start end join leave"'
ROOM = f"<Response><Dial><Conference {CALLBACKS}>room</Conference></Dial></Response>"
SOMEBODY_ELSES = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def all_over(stage: Stage) -> None:
    """Hang up, and wait until everything has been told."""
    await stage.hang_up_all()
    await stage.until(lambda: not (stage.controller.switchboard.busy or stage.controller.outbox.owed))


async def in_room(stage: Stage, count: int = 1) -> tuple[str, str]:
    """Wait until so many are in the only room; return its Conference SID, and the Call SID of the last one."""
    rooms = stage.controller.rooms
    await stage.until(lambda: [len(one.participants) for one in rooms.conferences] == [count])
    (conference,) = rooms.conferences
    return conference.sid, list(conference.participants)[-1]


async def test_one_call() -> None:
    traces = Traces()
    async with set_stage(None, tracing=traces.tracing) as stage:
        stage.answer(ROOM, "/room")
        await stage.room("ann", twiml="<Response><Say>Hello.</Say><Redirect>/room</Redirect></Response>")
        conference_sid, call_sid = await in_room(stage)
        await stage.clock.let_pass(5.0)
        await all_over(stage)

    assert traces.tree(call_sid) == ["call", "  POST", "  <Say>", "  <Redirect>", "    POST", "  <Dial>", "    join"]
    assert traces.tree(conference_sid) == ["conference", *["  conference callback", "    POST"] * 3]
    assert not [span.name for span in traces.spans if span.status.status_code is StatusCode.ERROR]
    call, join = traces.one(call_sid, "call"), traces.one(call_sid, "join")
    assert seconds(call) > seconds(traces.one(call_sid, "<Dial>")) >= 5 > seconds(join)
    assert call.attributes == {
        "ari_conf.call_sid": call_sid,
        "ari_conf.account_sid": "AC" + "0" * 32,
        "ari_conf.direction": "inbound",
        "ari_conf.status": "completed",
    }
    assert [event.name for event in call.events] == ["answered"]
    conference = traces.one(conference_sid, "conference")
    assert [link.context for link in join.links] == [context(conference)]
    fetched = next(span for span in traces.of(call_sid) if span.name == "POST")
    assert fetched.kind is SpanKind.CLIENT
    assert fetched.attributes == {
        "http.request.method": "POST",
        "url.full": stage.app.url("/voice"),
        "server.address": "127.0.0.1",
        "server.port": stage.app.port,
        "http.response.status_code": 200,
    }
    (left,) = [span for span in traces.spans if (span.attributes or {}).get("ari_conf.callback_event") == "participant-leave"]
    assert left.attributes is not None
    assert (left.attributes["ari_conf.attempts"], left.attributes["ari_conf.state"]) == (1, "delivered")
    assert [link.context for link in left.links] == [context(call)]


async def test_application_is_told_whose_part_its_work_is_and_whoever_has_the_sounds_is_not() -> None:
    traces = Traces()
    async with set_stage(None, tracing=traces.tracing) as stage:
        await stage.room("ann", twiml=ROOM.replace("<Dial>", "<Play>/sound</Play><Dial>"))
        conference_sid, call_sid = await in_room(stage)
        await all_over(stage)
    sent = {request.path: request.headers.get("traceparent") for request in stage.app.requests}
    document, sound = [span for span in traces.of(call_sid) if span.name in {"POST", "GET"}]
    callbacks = [span for span in traces.of(conference_sid) if span.name == "POST"]
    assert sent == {"/voice": traceparent(document), "/sound": None, "/events": traceparent(callbacks[-1])}
    assert sound.attributes is not None
    assert sound.attributes["url.full"] == stage.app.url("/sound")
    assert not stage.app.bad_signatures


async def test_what_is_not_sampled_is_not_drawn_and_the_application_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    traces = Traces()
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    async with set_stage(None, tracing=traces.tracing) as stage:
        await stage.room("ann", twiml=ROOM)
        await in_room(stage)
        await all_over(stage)
    assert not traces.spans
    assert {request.headers["traceparent"][-3:] for request in stage.app.requests} == {"-00"}


async def test_without_tracing_nobody_is_told_of_any() -> None:
    async with set_stage(None) as stage:
        await stage.room("ann", twiml=ROOM)
        await in_room(stage)
        await all_over(stage)
    assert not [request for request in stage.app.requests if "traceparent" in request.headers]


async def test_what_fails_is_an_error_and_who_hangs_up_is_not() -> None:
    traces = Traces()

    def broken(_request: AppRequest) -> web.Response:
        return web.Response(status=500)

    async with set_stage(None, tracing=traces.tracing) as stage:
        stage.app.voice["/voice"] = broken
        phone = stage.phone("ann")
        await phone.dial("room")
        await stage.until(lambda: bool(stage.controller.switchboard.calls))
        (call,) = stage.controller.switchboard.calls
        await stage.until(lambda: not stage.controller.switchboard.busy)
        await stage.room("bob", twiml="<Response><Say>Hello.</Say><Pause length='60'/></Response>")
        await stage.until(lambda: bool(stage.controller.switchboard.calls))
        await all_over(stage)
    (fetched,) = [span for span in traces.spans if span.status.status_code is StatusCode.ERROR]
    assert context(fetched) == context(traces.one(call.sid, "POST"))
    assert fetched.attributes is not None
    assert (fetched.attributes["error.type"], fetched.attributes["http.response.status_code"]) == ("500", 500)


async def test_application_that_does_not_answer_in_time_is_an_error() -> None:
    traces = Traces()
    async with set_stage(None, policy=HttpPolicy(total_timeout=0.2), tracing=traces.tracing) as stage:
        released = stage.app.hold("/late", "<Response/>")
        await stage.room("ann", twiml="<Response><Redirect>/late</Redirect></Response>")
        await stage.until(lambda: any(span.name == "<Redirect>" for span in traces.spans))
        released.set()
        await all_over(stage)
    failed = [span for span in traces.spans if span.status.status_code is StatusCode.ERROR]
    kinds = {span.name: (span.attributes or {})["error.type"] for span in failed}
    assert kinds == {"<Redirect>": "WebhookError", "POST": "timeout"}


async def test_attempts_to_deliver_a_callback_are_told_in_its_span() -> None:
    traces = Traces()
    answers = iter((503, 204))

    def events(_request: AppRequest) -> web.Response:
        return web.Response(status=next(answers))

    async with set_stage(None, tracing=traces.tracing) as stage:
        stage.app.voice["/events"] = events
        await stage.room("ann", twiml=ROOM.replace("start end join leave", "join"))
        conference_sid, _ = await in_room(stage)
        await stage.until(lambda: stage.controller.outbox.owed == 0)
        await all_over(stage)
    assert traces.tree(conference_sid) == ["conference", "  conference callback", "    POST", "    POST"]
    callback = traces.one(conference_sid, "conference callback")
    assert callback.attributes is not None
    assert (callback.attributes["ari_conf.attempts"], callback.attributes["ari_conf.state"]) == (2, "delivered")
    (failed,) = callback.events
    assert failed.attributes is not None
    assert (failed.name, failed.attributes["error.type"]) == ("attempt failed", "503")


async def ask(stage: Stage, path: str, **form: str) -> dict[str, str]:
    """Ask over REST, as a part of somebody else's trace."""
    url = f"http://127.0.0.1:{stage.controller.port}/2010-04-01/Accounts/{ACCOUNT.sid}{path}"
    login = aiohttp.encode_basic_auth(ACCOUNT.sid, ACCOUNT.auth_token)
    async with (
        aiohttp.ClientSession(headers={"Authorization": login, "traceparent": SOMEBODY_ELSES}) as session,
        session.post(url, data=form) as answer,
    ):
        assert answer.status < 300
        found: dict[str, str] = await answer.json()
        return found


async def test_rest_request_belongs_to_the_trace_of_whoever_asks_and_the_call_that_it_places_is_linked_with_it() -> None:
    traces = Traces()
    async with set_stage(None, tracing=traces.tracing) as stage:
        ann = stage.phone("ann")
        twiml = "<Response><Pause length='60'/></Response>"
        call = await ask(stage, "/Calls.json", To=ann.number, From="+15550100", Twiml=twiml)
        call_sid = call["sid"]
        await ann.ringing()
        await ann.pick_up()
        await stage.until(lambda: [call.position.verbs for call in stage.controller.switchboard.calls] == [1])
        await all_over(stage)
    (asked,) = [span for span in traces.spans if span.kind is SpanKind.SERVER]
    assert asked.name == "POST /2010-04-01/Accounts/{AccountSid}/Calls.json"
    assert asked.attributes is not None
    assert asked.attributes["http.response.status_code"] == 201
    assert asked.parent is not None
    assert f"00-{asked.parent.trace_id:032x}-{asked.parent.span_id:016x}-01" == SOMEBODY_ELSES
    assert [link.context for link in traces.one(call_sid, "call").links] == [context(asked)]
    assert traces.tree(call_sid) == ["call", "  <Pause>"]


async def test_call_that_another_one_dials_has_a_trace_of_its_own_that_is_linked_with_the_verb() -> None:
    traces = Traces()
    async with set_stage(None, tracing=traces.tracing) as stage:
        bob = stage.phone("bob")
        await stage.room("ann", twiml=f"<Response><Dial><Number>{bob.number}</Number></Dial></Response>")
        await bob.ringing()
        await bob.pick_up()
        calls = stage.controller.switchboard.calls
        await stage.until(lambda: len(calls) == 2 and all(call.answered_at for call in calls))
        caller, called = (call.sid for call in calls)
        await all_over(stage)
    dial = traces.one(caller, "<Dial>")
    assert traces.tree(called) == ["call"]
    (call,) = traces.of(called)
    assert [link.context for link in call.links] == [context(dial)]
    assert call.attributes is not None
    assert call.attributes["ari_conf.parent_call_sid"] == caller


async def test_call_that_outlives_a_controller_has_one_trace() -> None:
    traces = Traces()
    async with set_stage(None, tracing=traces.tracing) as stage:
        await stage.room("ann", twiml=ROOM)
        conference_sid, call_sid = await in_room(stage)
        await stage.clock.let_pass(5.0)
        await stage.stop()
        await stage.restart()
        await all_over(stage)
    assert traces.tree(call_sid) == ["call", "  POST", "  <Dial>", "    join", "  <Dial>"]
    assert traces.tree(conference_sid)[0] == "conference"
    assert seconds(traces.one(call_sid, "call")) > seconds(traces.one(conference_sid, "conference")) >= 5


async def test_what_asterisk_is_asked_belongs_to_the_join_or_the_request_that_it_is_for(asterisk: PrivateAsterisk) -> None:
    traces = Traces()
    async with set_stage(asterisk, tracing=traces.tracing) as stage:
        ann, bob = await stage.room("ann", "bob", twiml=ROOM)
        conference_sid, call_sid = await in_room(stage, 2)
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        await ask(stage, f"/Conferences/{conference_sid}/Participants/{call_sid}.json", Muted="true")
        await who_hears_whom([ann, bob], {"ann": set(), "bob": {"ann"}})
        await all_over(stage)

    join, dial = traces.one(call_sid, "join"), traces.one(call_sid, "<Dial>")
    added = traces.one(call_sid, "ARI bridges.addChannel")
    assert added.parent == context(join)
    assert added.kind is SpanKind.CLIENT
    assert added.attributes is not None
    assert added.attributes["http.response.status_code"] == 204
    assert (join.start_time or 0) <= (added.start_time or 0) < (added.end_time or 0) <= (join.end_time or 0)
    assert traces.one(call_sid, "ARI channels.answer").parent == context(dial)
    (asked,) = [span for span in traces.spans if span.kind is SpanKind.SERVER]
    assert "ARI channels.mute" in [span.name for span in traces.spans if span.parent == context(asked)]


async def test_what_asterisk_is_asked_for_several_at_once_belongs_to_the_last_of_them(asterisk: PrivateAsterisk) -> None:
    traces = Traces()
    async with set_stage(asterisk, tracing=traces.tracing) as stage:
        ann, bob = await stage.room("ann", "bob", twiml=ROOM)
        conference_sid, _ = await in_room(stage, 2)
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        rooms = stage.controller.rooms
        (conference,) = rooms.conferences
        spans = [traces.begin(name) for name in ("first", "second")]
        for span, call_sid in zip(spans, conference.participants, strict=True):
            with within(span):
                rooms.command(conference_sid, SetMuted(call_sid, muted=True))
        rooms.command(conference_sid, Modify(next(iter(conference.participants)), end_conference_on_exit=True))
        await who_hears_whom([ann, bob], {"ann": set(), "bob": set()})
        await all_over(stage)
    muted = [span.parent for span in traces.spans if span.name == "ARI channels.mute"]
    assert muted == [spans[1].context] * 2


async def test_callback_of_a_recording_says_what_it_tells_of() -> None:
    traces = Traces()
    async with set_stage(None, tracing=traces.tracing) as stage:
        recorded = "<Conference record='record-from-start' recordingStatusCallback='/recorded' "
        await stage.room("ann", "bob", twiml=ROOM.replace("<Conference ", recorded))
        await in_room(stage, 2)
        await stage.clock.let_pass(1.0)
        await all_over(stage)
        await stage.until(lambda: stage.app.params("/recorded") != [])
    events = [(span.attributes or {})["ari_conf.callback_event"] for span in traces.spans if span.name == "recording callback"]
    assert events == ["completed"]
