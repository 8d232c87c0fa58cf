"""Programs that call somebody into a conference and say how they join, and what holds for a conference that is made by it."""

from typing import Any

import pytest

from ari_conf.media.local import LocalEngine
from ari_conf.phones.phone import AUDIBLE, CallablePhone, Heard
from ari_conf.phones.sip import SipPhone
from ari_conf.phones.virtual import VirtualPhone
from tests.calls.by_ear import OTHER_JINGLE, QUIET, for_a_moment, until_jingle, until_quiet
from tests.media.asterisk.test_jitter_buffer import TONE, damaged
from tests.rest.desk import Desk
from tests.sdk.beeps import beep_is_heard
from tests.sdk.media import channels_of
from tests.sdk.program import FROM, Meeting, conference, meet, sids
from tests.sdk.races import gone
from tests.sdk.test_calling_in import join
from tests.sdk.test_calls import play
from tests.sdk.test_recordings import completed
from tests.stage import NUMBERS, TONES, listen, until_heard

JITTER = 0.05
"""So many seconds a packet is late at most: more than may be without a buffer, less than the large one holds."""

SILENT = 0.6
"""So many seconds nobody talks at the beginning of a recording."""


async def convene(desk: Desk, name: str, **fields: Any) -> Meeting:
    """Call somebody into a conference that is made by it."""
    phone = desk.stage.phones.get(name) or desk.stage.phone(name)
    rings = desk.rings(phone)
    create = desk.client.conferences("Room").participants.create
    made = await desk.ask(create, from_=FROM, to=phone.number, beep="false", **fields)
    await desk.rung(rings, made.call_sid)
    await phone.pick_up()
    await desk.stage.until(lambda: made.call_sid in desk.conference.participants)
    return Meeting(desk, made.conference_sid, {name: phone}, {name: made.call_sid})


async def test_each_waits_with_what_was_said_for_them(desk: Desk) -> None:
    play(desk)
    app = desk.stage.app
    meeting = await convene(desk, "ann", start_conference_on_enter=False, wait_url="")
    await join(meeting, "bob", start_conference_on_enter=False, wait_url=app.url("/two"), wait_method="GET")
    await join(meeting, "cid", start_conference_on_enter=False, wait_url=app.url("/document"))
    await until_jingle(meeting["bob"], OTHER_JINGLE)
    await until_jingle(meeting["cid"])
    await until_quiet(meeting["ann"])
    assert {request.method for request in app.requests if request.path == "/two"} == {"GET"}
    assert {request.method for request in app.requests if request.path == "/document"} == {"POST"}
    assert sids(await desk.ask(desk.client.conferences.list, status="init")) == [meeting.sid]
    assert await desk.ask(desk.client.conferences.list, status="in-progress") == []


async def test_a_beep_for_who_comes_or_goes(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    for name, beep, comes, goes in (
        ("cid", "onEnter", True, False),
        ("dee", "onExit", False, True),
        ("eve", "true", True, True),
    ):
        await beep_is_heard(meeting, "ann", join(meeting, name, beep=beep, early_media=False), there=comes)
        await meeting[name].hang_up()
        await beep_is_heard(meeting, "ann", gone(meeting, name), there=goes)


def late_phone(desk: Desk, name: str) -> CallablePhone:
    """Return a phone whose packets are late."""
    stage = desk.stage
    engine = stage.controller.engine
    if isinstance(engine, LocalEngine):
        stage.phones[name] = VirtualPhone(engine, name, TONE, number=NUMBERS[name], jitter=JITTER)
    else:
        assert stage.asterisk is not None
        server = (stage.asterisk.sip_host, stage.asterisk.sip_port)
        stage.phones[name] = SipPhone(name, TONE, server=server, number=NUMBERS[name], jitter=JITTER)
    return stage.phones[name]


async def test_a_jitter_buffer_saves_packets_that_are_late(desk: Desk) -> None:
    meeting = await meet(desk, "ann")
    share = {}
    for size in ("off", "large"):
        bob = late_phone(desk, "bob")
        await join(meeting, "bob", jitter_buffer_size=size, early_media=False)
        await until_heard([meeting["ann"]], lambda heard: heard["ann"].hears(TONE))
        share[size] = damaged((await listen([meeting["ann"]], 1.2))["ann"])
        await bob.hang_up()
        await gone(meeting, "bob")
    assert share["off"] > 0.05
    assert share["large"] < share["off"] / 2


@pytest.mark.parametrize("trim", ["do-not-trim", "trim-silence"])
async def test_what_the_first_one_says_holds_for_the_conference(desk: Desk, trim: str) -> None:
    app = desk.stage.app
    ann = desk.stage.phone("ann")
    ann.talk(on=False)
    meeting = await convene(
        desk,
        "ann",
        max_participants=2,
        region="ie1",
        conference_record="record-from-start",
        conference_trim=trim,
        conference_recording_status_callback=app.url("/recorded"),
        conference_recording_status_callback_method="GET",
        conference_recording_status_callback_event=["in-progress", "completed"],
        conference_status_callback=app.url("/told"),
        conference_status_callback_method="GET",
        conference_status_callback_event=["start", "join"],
    )
    bob = desk.stage.phone("bob")
    bob.talk(on=False)
    await join(meeting, "bob", beep="false", max_participants=3, region="au1", conference_status_callback=app.url("/other"))
    assert await desk.refusal(meeting.room.participants.create, from_=FROM, to=NUMBERS["cid"]) == (400, 16020)
    told = await desk.stage.callbacks(3, "/told")
    assert [sent["StatusCallbackEvent"] for sent in told] == ["participant-join", "participant-join", "conference-start"]
    await desk.stage.request(lambda sent: sent.get("RecordingStatus") == "in-progress")
    await listen([ann, bob], SILENT)
    ann.talk(on=True)
    bob.talk(on=True)
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    room = await desk.ask(meeting.room.fetch)
    assert (room.region, room.status) == ("ie1", "in-progress")
    await desk.ask(meeting.room.update, status="completed")
    recorded = await completed(desk)
    assert (recorded["ConferenceSid"], recorded["RecordingSource"]) == (meeting.sid, "Conference")
    assert {request.method for request in app.requests if request.path in {"/told", "/recorded"}} == {"GET"}
    assert app.params("/other") == []
    (heard,) = await channels_of(recorded["RecordingUrl"])
    assert all(for_a_moment(heard, TONES[name]) > AUDIBLE for name in meeting.phones)
    first = Heard(heard.samples[: round(heard.rate * SILENT / 2)], heard.rate)
    assert (first.level > QUIET) is (trim == "trim-silence")


async def test_one_who_finds_it_full(desk: Desk) -> None:
    one, _ = play(desk)
    meeting = await convene(desk, "ann", max_participants=2)
    await join(meeting, "bob")
    desk.stage.answer(conference(after=f"<Play>{one}</Play>"))
    cid = desk.stage.phone("cid")
    await cid.dial("room")
    await until_jingle(cid)
    meeting.phones["cid"] = cid
    await meeting.agrees({"ann": "bob", "bob": "ann", "cid": ""})
