"""What the database keeps of calls, and what the application is told of their progress."""

import asyncio
from typing import TypeVar

import pytest
from aiohttp import web
from sqlalchemy import select

from ari_conf.phones.phone import CallRefusedError
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.settings import NumberSettings, WebhookSettings
from ari_conf.store import (
    CallRow,
    ConferenceRow,
    DeliveryRow,
    DocumentRow,
    EventRow,
    NotificationRow,
    ParticipantRow,
    RecordingRow,
    Row,
    VerbRow,
)
from ari_conf.store.tables import TABLES
from tests.app_server import AppRequest, AppServer, failing
from tests.calls.by_ear import sound
from tests.stage import ACCOUNT, DEADLINE, NUMBERS, Stage, set_stage, within_deadline

R = TypeVar("R", bound=Row)


async def kept(stage: Stage, kind: type[R], *order: str) -> list[R]:
    """Return all rows of a kind, once everything is written."""
    store = stage.controller.store
    await within_deadline(store.flush())
    table = TABLES[kind]
    return await store.rows(kind, select(table).order_by(*(table.c[name] for name in order)))


async def test_a_call_is_kept_with_its_documents_and_verbs(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(0.3)
    stage.answer("<Response><Hangup/></Response>", "/pin")
    twiml = (
        "<Response><Play>/jingle</Play><Pause length='1'/>"
        "<Gather numDigits='1' action='/pin'/><Say>Nobody hears this.</Say></Response>"
    )
    (ann,) = await stage.room("ann", twiml=twiml)
    async with asyncio.timeout(DEADLINE):
        while not stage.app.params("/pin"):  # nothing can be heard of the Gather's beginning
            await ann.press("7")
            await ann.hear(0.2)
            await asyncio.sleep(0.01)
    await within_deadline(ann.wait_ended())
    await stage.nothing_is_left()
    (call,) = await kept(stage, CallRow)
    assert (call.from_, call.to, call.direction, call.status) == (NUMBERS["ann"], "room", "inbound", "completed")
    assert call.account_sid == ACCOUNT.sid
    assert call.answered_at is not None
    assert call.ended_at is not None
    assert call.created_at <= call.answered_at <= call.ended_at
    documents = await kept(stage, DocumentRow, "number")
    assert [(document.url, document.method) for document in documents] == [
        (stage.app.url("/voice"), "POST"),
        (stage.app.url("/pin"), "POST"),
    ]
    assert documents[0].twiml == twiml
    verbs = await kept(stage, VerbRow, "number")
    assert [(verb.name, verb.document) for verb in verbs] == [("Play", 1), ("Pause", 1), ("Gather", 1), ("Hangup", 2)]
    assert all(verb.ended_at is not None and verb.started_at <= verb.ended_at for verb in verbs)
    assert verbs[2].data == {"Digits": "7"}


async def test_a_conference_is_kept_with_its_participants_and_events(stage: Stage) -> None:
    conference = "<Conference participantLabel='{}' statusCallback='/events' statusCallbackEvent='join leave'>Room</Conference>"
    (ann,) = await stage.room("ann", twiml=f"<Response><Dial>{conference.format('ann')}</Dial></Response>")
    (bob,) = await stage.room("bob", twiml=f"<Response><Dial>{conference.format('bob')}</Dial></Response>")
    await stage.until(lambda: [one.status for one in stage.controller.rooms.conferences] == ["in-progress"])
    await bob.hang_up()
    await stage.callbacks(3)
    await ann.hang_up()
    await stage.callbacks(4)
    await stage.nothing_is_left()
    (row,) = await kept(stage, ConferenceRow)
    assert (row.friendly_name, row.status, row.reason_ended) == ("Room", "completed", "last-participant-left")
    stays = await kept(stage, ParticipantRow, "joined_at")
    assert [(stay.label, stay.reason_left) for stay in stays] == [
        ("ann", "participant_hung_up"),
        ("bob", "participant_hung_up"),
    ]
    events = [event for event in await kept(stage, EventRow, "number") if "speech" not in event.kind]
    assert [event.kind for event in events] == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    assert [event.sequence_number for event in events] == [1, 2, None, 3, 4, None]
    await stage.until(lambda: stage.controller.outbox.owed == 0)
    await stage.controller.outbox.settle(5.0)
    deliveries = await kept(stage, DeliveryRow, "position")
    assert [delivery.parameters["SequenceNumber"] for delivery in deliveries] == ["1", "2", "3", "4"]
    assert {delivery.state for delivery in deliveries} == {"delivered"}
    assert {delivery.http_status for delivery in deliveries} == {204}


async def test_a_recording_is_kept(stage: Stage) -> None:
    stage.answer("<Response><Hangup/></Response>", "/recorded")
    (ann,) = await stage.room("ann", twiml="<Response><Record action='/recorded' timeout='0' playBeep='false'/></Response>")
    await ann.hear(1.5)
    await ann.press("1")
    await within_deadline(ann.wait_ended())
    (row,) = await kept(stage, RecordingRow)
    assert (row.source, row.status, row.channels) == ("RecordVerb", "completed", 1)
    assert row.duration is not None
    assert row.duration >= 1
    assert row.size is not None
    assert row.size > 1000


async def test_a_notification_is_kept_with_the_request_and_its_answer(stage: Stage) -> None:
    stage.app.voice["/voice"] = failing(500)
    ann = stage.phone("ann")
    await ann.dial("room")
    await within_deadline(ann.wait_ended())
    (row,) = await kept(stage, NotificationRow)
    assert (row.code, row.level, row.url, row.request_method) == (11200, "error", stage.app.url("/voice"), "POST")
    assert "CallStatus=ringing" in row.request_variables
    assert "Something went wrong" in row.response_body
    assert "Content-Type" in row.response_headers


async def test_the_progress_of_a_call_to_a_number_is_told(either_engine: PrivateAsterisk | None) -> None:
    async with AppServer() as app:
        number = NumberSettings(
            twiml="<Response><Pause length='1'/><Say>Hello</Say></Response>",
            status_callback=app.url("/events"),
            status_callback_event=("initiated", "ringing", "answered", "completed"),
        )
        async with set_stage(either_engine, number) as stage:
            ann = stage.phone("ann")
            await ann.dial("room")
            await within_deadline(ann.wait_ended())
            await stage.until(lambda: len(app.requests) == 3)
            told = app.params("/events")
    assert [params["CallStatus"] for params in told] == ["ringing", "in-progress", "completed"]
    assert [params["SequenceNumber"] for params in told] == ["0", "1", "2"]
    assert int(told[-1]["CallDuration"]) >= 0
    assert int(told[-1]["Duration"]) >= 0
    assert {params["Direction"] for params in told} == {"inbound"}


async def test_only_the_end_is_told_without_events(either_engine: PrivateAsterisk | None) -> None:
    async with AppServer() as app:
        number = NumberSettings(twiml="<Response><Say>Hello</Say></Response>", status_callback=app.url("/events"))
        async with set_stage(either_engine, number) as stage:
            ann = stage.phone("ann")
            await ann.dial("room")
            await within_deadline(ann.wait_ended())
            await stage.until(lambda: len(app.requests) == 1)
    assert app.requests[0].params["CallStatus"] == "completed"


async def test_cookies_are_those_of_one_call(stage: Stage) -> None:
    seen: list[str | None] = []

    def count(request: AppRequest) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        twiml = "<Response><Redirect/></Response>" if len(seen) % 2 else "<Response><Reject/></Response>"
        answer = web.Response(text=twiml, content_type="text/xml")
        answer.set_cookie("visit", str(len(seen)))
        return answer

    stage.app.voice["/voice"] = count
    for name in ("ann", "bob"):
        phone = stage.phone(name)
        with pytest.raises(CallRefusedError):
            await phone.dial("room")
    assert seen == [None, "visit=1", None, "visit=3"]


async def test_addresses_in_private_networks_are_refused_if_the_settings_say_so(either_engine: PrivateAsterisk | None) -> None:
    async with set_stage(either_engine, webhooks=WebhookSettings(private_addresses=False)) as stage:
        stage.answer("<Response><Reject/></Response>")
        ann = stage.phone("ann")
        await ann.dial("room")
        await within_deadline(ann.wait_ended())
        (noted,) = stage.controller.notifications.of_account(ACCOUNT.sid)
        assert int(noted.code) == 11205
        assert stage.app.requests == []


@pytest.mark.parametrize(
    ("verb", "status"),
    [("<Reject reason='busy'/>", "busy"), ("<Reject/>", "failed"), ("<Pause length='1'/>", "no-answer")],
)
async def test_a_call_that_has_not_been_answered_is_not_told_as_completed(
    either_engine: PrivateAsterisk | None, verb: str, status: str
) -> None:
    async with AppServer() as app:
        app.voice["/voice"] = f"<Response>{verb}</Response>"
        number = NumberSettings(voice_url=app.url("/voice"), status_callback=app.url("/status"))
        async with set_stage(either_engine, number) as stage:
            with pytest.raises(CallRefusedError):
                await stage.phone("ann").dial("room")
            await stage.until(lambda: bool(app.params("/status")))
            (call,) = await kept(stage, CallRow)
        (told,) = app.params("/status")
    assert call.status == status
    assert (told["CallStatus"], told["CallDuration"]) == (status, "0")
