"""Programs that ask what went wrong in a call, what happened in a conference, and whose account it is."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import ari_conf
from ari_conf.private_asterisk import PrivateAsterisk
from tests import stage as stages
from tests.calls.by_ear import until_jingle
from tests.rest.desk import Desk
from tests.sdk.program import conference, meet, sid_of, sids
from tests.sdk.test_calls import play
from tests.stage import ACCOUNT, set_stage

KEY, SECRET = "SK" + "1" * 32, "the secret of a key"


async def test_notifications_of_a_call(desk: Desk) -> None:
    """A ``<Say>`` with nothing to say is a warning, a conference that is full an error."""
    one, _ = play(desk)
    twiml = conference('maxParticipants="2"', after=f"<Play>{one}</Play>").replace("<Dial", "<Say/><Dial")
    meeting = await meet(desk, "ann", "bob", twiml=twiml)
    cid = meeting.phones["cid"] = desk.stage.phone("cid")
    await cid.dial("room")
    await until_jingle(cid)
    await meeting.agrees({"ann": "bob", "bob": "ann", "cid": ""})
    call = desk.client.calls(await sid_of(desk, "cid"))
    find = call.notifications.list
    (error,), (warning,) = await desk.ask(find, log=0), await desk.ask(find, log=1)
    assert (error.error_code, warning.error_code) == ("16020", "13520")
    day, both = error.message_date.date(), {error.sid, warning.sid}
    assert set(sids(await desk.ask(find, message_date=day))) == both
    assert set(sids(await desk.ask(find, message_date_after=day))) == both
    assert set(sids(await desk.ask(find, message_date_before=day + timedelta(days=1)))) == both
    assert await desk.ask(find, message_date_after=day + timedelta(days=1)) == []
    assert await desk.ask(find, message_date_before=day) == []
    assert await desk.ask(find, message_date=day - timedelta(days=1)) == []
    every = desk.client.notifications.list
    assert len(await desk.ask(every, message_date_before=day + timedelta(days=1))) == 4
    assert await desk.ask(every, message_date_before=day) == []
    fetched = await desk.ask(call.notifications(error.sid).fetch)
    assert (fetched.call_sid, fetched.log, fetched.message_text) == (error.call_sid, "0", error.message_text)
    other = desk.client.calls(meeting.sids["ann"])
    assert await desk.refusal(other.notifications(error.sid).fetch) == (404, 20404)
    assert await desk.ask(other.notifications.list, log=0) == []


async def test_events_of_a_conference(desk: Desk) -> None:
    """The SDK has no resource for them, but asks for whatever is wanted."""
    meeting = await meet(desk, "ann", "bob")
    await meeting.update("ann", muted=True)
    await meeting.agrees({"ann": "bob", "bob": ""})
    await desk.ask(meeting.room.update, status="completed")
    path = f"/2010-04-01/Accounts/{ACCOUNT.sid}/Conferences/{meeting.sid}/Events.json?PageSize=4"
    told: list[dict[str, Any]] = []
    while path:
        answer = await desk.ask(desk.client.request, "GET", f"https://api.twilio.com{path}")
        assert answer.status_code == 200
        page = json.loads(answer.text)
        told += page["events"]
        path = page["next_page_uri"]
    ann, bob = meeting.sids["ann"], meeting.sids["bob"]
    # Who talks when is a matter of milliseconds; the others have an order.
    happened = [(one["event"], one["call_sid"]) for one in told if "speech" not in one["event"]]
    assert ("participant-speech-start", bob) in [(one["event"], one["call_sid"]) for one in told]
    assert happened[:4] == [
        ("participant-join", ann),
        ("participant-join", bob),
        ("conference-start", None),
        ("participant-mute", ann),
    ]
    assert set(happened[4:-1]) == {("participant-leave", ann), ("participant-leave", bob)}
    assert happened[-1] == ("conference-end", None)
    assert [one["number"] for one in told] == list(range(1, len(told) + 1))


async def test_an_account(desk: Desk) -> None:
    account = await desk.ask(desk.client.api.v2010.account.fetch)
    assert (account.sid, account.status, account.auth_token) == (ACCOUNT.sid, "active", ACCOUNT.auth_token)


@pytest.fixture
async def desk_with_a_key(either_engine: PrivateAsterisk | None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(stages, "ACCOUNT", replace(ACCOUNT, api_keys={KEY: SECRET}))
    async with set_stage(either_engine) as stage:
        yield Desk(stage)


async def test_an_api_key_opens_all_but_does_not_show_the_token(desk_with_a_key: Desk) -> None:
    desk = desk_with_a_key
    meeting = await meet(desk, "ann", "bob")
    by_key = ari_conf.client(desk.url, KEY, SECRET, account_sid=ACCOUNT.sid)
    account = await desk.ask(by_key.api.v2010.account.fetch)
    assert (account.sid, account.auth_token) == (ACCOUNT.sid, None)
    muted = await desk.ask(by_key.conferences(meeting.sid).participants(meeting.sids["ann"]).update, muted=True)
    assert muted.muted is True
    await meeting.agrees({"ann": "bob", "bob": ""})
    wrong = ari_conf.client(desk.url, KEY, ACCOUNT.auth_token, account_sid=ACCOUNT.sid)
    assert await desk.refusal(wrong.conferences(meeting.sid).fetch) == (401, 20003)
    elsewhere = ari_conf.client(desk.url, KEY, SECRET, account_sid="AC" + "9" * 32)
    assert await desk.refusal(elsewhere.conferences(meeting.sid).fetch) == (404, 20404)
