"""Notifications with the official SDK: what went wrong with a call, listed and fetched."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from ari_conf.store import NotificationRow
from tests.rest.desk import Desk
from tests.stage import ACCOUNT

OTHER_ACCOUNT = "AC" + "9" * 32
NOW = datetime.now(UTC).replace(microsecond=0)

FIELDS = {
    "account_sid", "api_version", "call_sid", "date_created", "date_updated", "error_code", "log", "message_date",
    "message_text", "more_info", "request_method", "request_url", "sid", "uri",
}  # fmt: skip


def row(number: int, **more: Any) -> NotificationRow:
    values: dict[str, Any] = {
        "sid": f"NO{number:032x}",
        "account_sid": ACCOUNT.sid,
        "call_sid": "CA" + "1" * 32,
        "code": 11200,
        "level": "error",
        "message": "the application answered 500 & so on",
        "at": NOW.timestamp() - number * 86_400,
        "url": "https://app.example/voice",
        "request_method": "POST",
        "request_variables": "CallSid=CA&To=%2B1",
        "response_headers": "Content-Type=text%2Fhtml",
        "response_body": "<h1>oops</h1>",
    }
    return NotificationRow(**(values | more))


async def found(desk: Desk, **filters: Any) -> list[str | None]:
    return [one.sid for one in await desk.ask(desk.client.notifications.list, **filters)]


async def test_a_notification_as_twilio_has_it(desk: Desk) -> None:
    desk.stage.controller.store.write([row(1)])
    _, _, listed = await desk.raw("GET", "/Notifications.json")
    (one,) = listed["notifications"]
    assert set(one) == FIELDS
    text = parse_qs(one["message_text"])
    assert (text["LogLevel"], text["ErrorCode"], text["Msg"]) == (["ERROR"], ["11200"], [row(1).message])
    assert (one["log"], one["error_code"]) == ("0", "11200")
    fetched = await desk.ask(desk.client.notifications(row(1).sid).fetch)
    assert (fetched.request_variables, fetched.response_headers) == (row(1).request_variables, row(1).response_headers)
    assert (fetched.request_url, fetched.request_method, fetched.response_body) == (row(1).url, "POST", row(1).response_body)
    assert fetched.message_date == NOW - timedelta(days=1)
    assert fetched.uri == f"/2010-04-01/Accounts/{ACCOUNT.sid}/Notifications/{row(1).sid}.json"


async def test_filters_and_pages(desk: Desk) -> None:
    rows = [row(1), row(2, level="warning", code=13214), row(3)]
    desk.stage.controller.store.write([*rows, row(4, account_sid=OTHER_ACCOUNT)])
    one, two, three = (row.sid for row in rows)
    assert await found(desk) == await found(desk, page_size=1) == [one, two, three]
    assert await found(desk, log=0) == [one, three]
    assert await found(desk, log=1) == [two]
    day = (NOW - timedelta(days=2)).date()
    assert await found(desk, message_date=day) == [two]
    assert await found(desk, message_date_after=day) == [one, two]
    assert await found(desk, message_date_before=day) == [three]
    assert (await desk.raw("GET", "/Notifications.json", params={"Log": "2"}))[2]["code"] == 20001


async def test_what_went_wrong_in_a_call(desk: Desk) -> None:
    (_,) = await desk.stage.room("ann", twiml="<Response><Say/><Dial><Conference>Room</Conference></Dial></Response>")
    desk.stage.controller.store.write([row(1)])
    call_sid = desk.stage.controller.switchboard.calls[0].sid
    (one,) = await desk.ask(desk.client.calls(call_sid).notifications.list)
    assert (one.call_sid, one.error_code, one.log) == (call_sid, "13520", "1")
    again = await desk.ask(desk.client.calls(call_sid).notifications(one.sid).fetch)
    assert again.message_text == one.message_text
    assert await desk.refusal(desk.client.calls(call_sid).notifications(row(1).sid).fetch) == (404, 20404)
    assert (await desk.raw("GET", f"/Calls/CA{'0' * 32}/Notifications.json"))[0] == 404


async def test_another_accounts_notifications_are_not_there(desk: Desk) -> None:
    desk.stage.controller.store.write([row(4, account_sid=OTHER_ACCOUNT)])
    assert await found(desk) == []
    assert await desk.refusal(desk.client.notifications(row(4).sid).fetch) == (404, 20404)
