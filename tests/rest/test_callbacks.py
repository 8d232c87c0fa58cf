"""Callbacks over REST: which there are and how they went; one is sent again, and comes with the token that it had."""

import uuid
from typing import Any

from aiohttp import web

from ari_conf.store import DeliveryRow
from tests.rest.desk import Desk
from tests.stage import ACCOUNT

OTHER_ACCOUNT = "AC" + "9" * 32
CONFERENCE = "CF" + "1" * 32
CALL = "CA" + "1" * 32
NOW = 1_790_000_000.0
CONFERENCE_TWIML = "<Conference statusCallback='/events' statusCallbackEvent='join leave end'>Room</Conference>"
ROOM = f"<Response><Dial>{CONFERENCE_TWIML}</Dial></Response>"


def row(number: int, **more: Any) -> DeliveryRow:
    values: dict[str, Any] = {
        "token": str(uuid.UUID(int=number)),
        "position": number,
        "account_sid": ACCOUNT.sid,
        "kind": "conference",
        "lane": CONFERENCE,
        "url": "https://bob:sesame@app.example/events",
        "method": "POST",
        "parameters": {"ConferenceSid": CONFERENCE, "CallSid": CALL, "StatusCallbackEvent": "participant-join"},
        "created_at": NOW + number,
        "state": "delivered",
        "attempts": 1,
        "ended_at": NOW + number + 0.5,
        "http_status": 204,
        "seconds": 0.25,
    }
    return DeliveryRow(**(values | more))


async def listed(desk: Desk, **filters: str) -> list[str]:
    status, _, body = await desk.raw("GET", "/Callbacks.json", params=filters)
    assert status == 200, body
    return [one["token"] for one in body["callbacks"]]


async def test_a_callback_as_it_is_listed_and_fetched(desk: Desk) -> None:
    desk.stage.controller.store.write([row(1)])
    _, _, page = await desk.raw("GET", "/Callbacks.json")
    (one,) = page["callbacks"]
    assert one == {
        "token": row(1).token,
        "account_sid": ACCOUNT.sid,
        "kind": "conference",
        "lane": CONFERENCE,
        "conference_sid": CONFERENCE,
        "call_sid": CALL,
        "recording_sid": None,
        "event": "participant-join",
        "url": "https://app.example/events",
        "method": "POST",
        "state": "delivered",
        "attempts": 1,
        "created_at": NOW + 1,
        "next_at": None,
        "ended_at": NOW + 1.5,
        "http_status": 204,
        "error_code": None,
        "error": "",
        "seconds": 0.25,
    }
    _, _, fetched = await desk.raw("GET", f"/Callbacks/{one['token']}.json")
    assert fetched == one | {"parameters": row(1).parameters}


async def test_filters_and_pages(desk: Desk) -> None:
    progress = {"CallSid": CALL, "CallStatus": "ringing"}
    rows = [
        row(1),
        row(2, state="given-up", error_code=11200, error="it answered 500", http_status=500),
        row(3, kind="call", lane=CALL, parameters=progress),
        row(
            4,
            kind="recording",
            lane=CALL,
            parameters={"RecordingSid": "RE1", "RecordingStatus": "completed", "CallStatus": "x"},
        ),
    ]
    desk.stage.controller.store.write([*rows, row(5, account_sid=OTHER_ACCOUNT)])
    one, two, three, four = (row.token for row in rows)
    assert await listed(desk) == [four, three, two, one]
    assert await listed(desk, State="given-up") == [two]
    assert await listed(desk, ConferenceSid=CONFERENCE) == [two, one]
    assert await listed(desk, CallSid=CALL) == [four, three]
    assert await listed(desk, CallSid=CALL, State="given-up") == []
    _, _, page = await desk.raw("GET", "/Callbacks.json", params={"PageSize": "3"})
    assert [one["event"] for one in page["callbacks"]] == ["completed", "ringing", "participant-join"]
    following = page["next_page_uri"].partition("/Callbacks.json")[2]
    _, _, page = await desk.raw("GET", f"/Callbacks.json{following}")
    assert ([one["token"] for one in page["callbacks"]], page["next_page_uri"]) == ([one], None)
    assert (await desk.raw("GET", "/Callbacks.json", params={"State": "lost"}))[2]["code"] == 20001


async def test_another_accounts_callbacks_are_not_there(desk: Desk) -> None:
    desk.stage.controller.store.write([row(1, account_sid=OTHER_ACCOUNT)])
    assert await listed(desk) == await listed(desk, ConferenceSid=CONFERENCE) == []
    for method, form in (("GET", None), ("POST", {"Status": "owed"})):
        assert (await desk.raw(method, f"/Callbacks/{row(1).token}.json", data=form))[0] == 404


async def test_what_was_given_up_is_sent_again_and_has_the_same_token(desk: Desk) -> None:
    app = desk.stage.app
    app.voice["/events"] = lambda _: web.Response(status=404)
    await desk.room("ann", twiml=ROOM)
    await desk.stage.callbacks(1)
    await desk.stage.until(lambda: desk.stage.controller.outbox.owed == 0)
    (token,) = await listed(desk, ConferenceSid=desk.conference.sid)
    _, _, given_up = await desk.raw("GET", f"/Callbacks/{token}.json")
    assert (given_up["state"], given_up["http_status"], given_up["event"]) == ("given-up", 404, "participant-join")
    del app.voice["/events"]
    status, _, again = await desk.raw("POST", f"/Callbacks/{token}.json", data={"Status": "owed"})
    assert (status, again["state"], again["attempts"], again["token"]) == (200, "owed", 0, token)
    first, second = (request for request in app.requests if request.path == "/events")
    assert first.params == second.params
    assert first.headers["I-Twilio-Idempotency-Token"] == second.headers["I-Twilio-Idempotency-Token"] == token
    await desk.stage.until(lambda: desk.stage.controller.outbox.owed == 0)
    _, _, delivered = await desk.raw("GET", f"/Callbacks/{token}.json")
    assert (delivered["state"], delivered["attempts"], delivered["http_status"]) == ("delivered", 1, 204)


async def test_what_is_owed_anyway_is_not_sent_again(desk: Desk) -> None:
    released = desk.stage.app.hold("/events", "")
    await desk.room("ann", twiml=ROOM)
    (token,) = await listed(desk)
    status, _, refused = await desk.raw("POST", f"/Callbacks/{token}.json", data={"Status": "owed"})
    assert (status, refused["code"]) == (409, 20409)
    assert token in refused["message"]
    assert (await desk.raw("POST", f"/Callbacks/{token}.json", data={"Status": "delivered"}))[2]["code"] == 20001
    released.set()
