"""What traces of calls show."""

from aiohttp import web
from opentelemetry.trace import SpanKind, StatusCode

from ari_conf.private_asterisk import PrivateAsterisk
from tests.app_server import AppRequest
from tests.stage import NUMBERS, Stage, set_stage

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
        await stage.clock.let_pass(60.0)
        await all_over(stage)

    assert traces.tree(call_sid) == ["call", "  POST", "  <Say>", "  <Redirect>", "    POST", "  <Dial>", "    join"]
    assert traces.tree(conference_sid) == ["conference", *["  conference callback", "    POST"] * 3]
    assert not [span.name for span in traces.spans if span.status.status_code is StatusCode.ERROR]
    call, join = traces.one(call_sid, "call"), traces.one(call_sid, "join")
    assert seconds(call) > seconds(traces.one(call_sid, "<Dial>")) > 60 > seconds(join)
    assert call.attributes == {
        "ari_conf.call_sid": call_sid,
        "ari_conf.account_sid": "AC" + "0" * 32,
        "ari_conf.direction": "inbound",
        "ari_conf.status": "completed",
    }
    assert [event.name for event in call.events] == ["answered"]
    conference = traces.one(conference_sid, "conference")
    assert [link.context for link in join.links] == [context(conference)]
    fetched = traces.of(call_sid)[1]
    assert fetched.kind is SpanKind.CLIENT
    assert fetched.attributes == {
        "http.request.method": "POST",
        "url.full": stage.app.url("/voice"),
        "server.address": "127.0.0.1",
        "server.port": stage.app.port,
        "http.response.status_code": 200,
    }
    joined, _, left = [span for span in traces.of(conference_sid) if span.name == "conference callback"]
    assert joined.attributes is not None
    assert (joined.attributes["ari_conf.callback_event"], joined.attributes["ari_conf.state"]) == ("participant-join", "delivered")
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
        await stage.room("bob", twiml="<Response><Pause length='60'/></Response>")
        await stage.until(lambda: bool(stage.controller.switchboard.calls))
        await all_over(stage)
    (fetched,) = [span for span in traces.spans if span.status.status_code is StatusCode.ERROR]
    assert context(fetched) == context(traces.one(call.sid, "POST"))
    assert fetched.attributes is not None
    assert (fetched.attributes["error.type"], fetched.attributes["http.response.status_code"]) == ("500", 500)


async def test_application_that_does_not_answer_in_time_is_an_error() -> None:
    traces = Traces()
    async with set_stage(None, tracing=traces.tracing) as stage:
        stage.answer("<Response/>", "/late#tt=100")
        released = stage.app.hold("/late", "<Response/>")
        await stage.room("ann", twiml="<Response><Redirect>/late#tt=100</Redirect></Response>")
        await stage.until(lambda: any(span.name == "<Redirect>" for span in traces.spans))
        released.set()
        await all_over(stage)
    late, redirect = [span for span in traces.spans if span.status.status_code is StatusCode.ERROR]
    for span, kind in (late, "TimeoutError"), (redirect, "WebhookError"):
        assert span.attributes is not None
        assert span.attributes["error.type"] == kind


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


async def test_rest_request_is_part_of_the_trace_of_whoever_asks_and_a_call_that_it_places_is_linked_with_it() -> None:
    traces = Traces()
    async with set_stage(None, tracing=traces.tracing) as stage:
        phone = stage.phone("ann")
        await phone.take_calls()
        call_sid = await placed(stage)
        await all_over(stage)
    asked = next(span for span in traces.spans if span.kind is SpanKind.SERVER)
    assert asked.name == "POST /2010-04-01/Accounts/{AccountSid}/Calls.json"
    assert asked.attributes is not None
    assert asked.attributes["http.response.status_code"] == 201
    assert asked.parent is not None
    assert f"00-{asked.parent.trace_id:032x}-{asked.parent.span_id:016x}-01" == SOMEBODY_ELSES
    assert [link.context for link in traces.one(call_sid, "call").links] == [context(asked)]
    assert traces.tree(call_sid)[1:] == ["  <Pause>"]
