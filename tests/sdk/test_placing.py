"""Programs that place a call, alone or into a conference, with everything that both resources take."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from ari_conf.phones.bank import shared_bank
from ari_conf.phones.phone import AUDIBLE, Heard, Incoming
from ari_conf.phones.timeline import RATE
from ari_conf.private_asterisk import PrivateAsterisk
from tests.calls.by_ear import QUIET, for_a_moment
from tests.media.asterisk.test_outgoing_accounts import asking
from tests.phones.sip_server import SipServer
from tests.rest.desk import Desk
from tests.sdk.media import channels_of
from tests.sdk.program import FROM, conference, meet
from tests.sdk.races import gone
from tests.sdk.test_recordings import completed
from tests.stage import TONES, listen, set_stage, until_heard, within_deadline

CALLER_ID = "+15550007777"
SILENT = 0.6
"""So many seconds nobody talks at the beginning of a recording."""

both_resources = pytest.mark.parametrize("resource", ["calls", "participants"])


@dataclass(frozen=True, slots=True)
class Placing:
    """Calls somebody into the room, by a document that a call runs or as a participant."""

    desk: Desk
    resource: str

    def request(self, to: str, **fields: Any) -> Callable[[], Any]:
        """Return what is to be asked."""
        client = self.desk.client
        if self.resource == "calls":
            return partial(client.calls.create, to=to, from_=FROM, twiml=conference(), **fields)
        return partial(client.conferences("Room").participants.create, to=to, from_=FROM, beep="false", **fields)

    async def call(self, to: str, **fields: Any) -> str:
        """Ask for it, and return the Call SID."""
        made = await self.desk.ask(self.request(to, **fields))
        sid: str = made.sid if self.resource == "calls" else made.call_sid
        return sid


@both_resources
async def test_a_client_and_a_sip_uri_with_another_caller_id(desk: Desk, resource: str) -> None:
    (ann,) = await desk.room("ann", twiml=conference())
    uri = "sip:yan@{}:{}".format(*shared_bank().address)
    tones = {"zoe": 1150.0, "yan": 1450.0}
    phones = []
    for name, to in (("zoe", "client:zoe"), ("yan", uri)):
        phone = desk.stage.make_phone(name, tones[name])
        desk.stage.guests.append(phone)
        rings = desk.rings(phone)
        sid = await Placing(desk, resource).call(f"{to}?X-Order={name}", caller_id=CALLER_ID)
        assert await desk.rung(rings, sid) == Incoming(CALLER_ID, name, (("X-Order", name),))
        told = await desk.ask(desk.client.calls(sid).fetch)
        assert (told.to, told._from, told.status) == (f"{to}?X-Order={name}", CALLER_ID, "ringing")
        await phone.pick_up()
        phones.append(phone)
    await until_heard([ann], lambda heard: all(heard["ann"].hears(tone) for tone in tones.values()))
    await until_heard(phones, lambda heard: all(ear.hears(ann.tone) for ear in heard.values()))


@both_resources
async def test_its_progress_is_told_by_get(desk: Desk, resource: str) -> None:
    meeting = await meet(desk, "ann")
    bob = meeting.phones["bob"] = desk.stage.phone("bob")
    rings = desk.rings(bob)
    sid = meeting.sids["bob"] = await Placing(desk, resource).call(
        bob.number,
        status_callback=desk.stage.app.url("/progress"),
        status_callback_method="GET",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
    )
    await desk.rung(rings, sid)
    await bob.pick_up()
    await desk.stage.until(lambda: sid in desk.conference.participants)
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    await bob.hang_up()
    told = await desk.stage.callbacks(4, "/progress")
    assert [sent["CallStatus"] for sent in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert {sent["CallSid"] for sent in told} == {sid}
    assert {request.method for request in desk.stage.app.requests if request.path == "/progress"} == {"GET"}


@both_resources
async def test_its_time_limit_ends_it(desk: Desk, resource: str) -> None:
    meeting = await meet(desk, "ann")
    bob = meeting.phones["bob"] = desk.stage.phone("bob")
    rings = desk.rings(bob)
    sid = meeting.sids["bob"] = await Placing(desk, resource).call(bob.number, time_limit=1)
    await desk.rung(rings, sid)
    await bob.pick_up()
    await within_deadline(bob.wait_ended())
    await gone(meeting, "bob")
    await desk.stage.until(lambda: len(desk.stage.controller.switchboard.calls) == 1)
    done = await desk.ask(desk.client.calls(sid).fetch)
    assert (done.status, int(done.duration) >= 1) == ("completed", True)
    await meeting.agrees({"ann": ""})


@both_resources
@pytest.mark.parametrize(
    ("fields", "sides", "trimmed"),
    [
        ({"recording_channels": "dual", "trim": "do-not-trim"}, ["bob", "ann"], False),
        ({"recording_track": "inbound", "trim": "trim-silence"}, ["bob"], True),
    ],
    ids=["dual", "trimmed"],
)
async def test_its_leg_is_recorded(
    desk: Desk,
    resource: str,
    fields: dict[str, str],
    sides: list[str],
    trimmed: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    meeting = await meet(desk, "ann")
    ann, bob = meeting["ann"], desk.stage.phone("bob")
    meeting.phones["bob"] = bob
    for phone in (ann, bob):
        phone.talk(on=False)
    rings = desk.rings(bob)
    sid = meeting.sids["bob"] = await Placing(desk, resource).call(
        bob.number,
        record=True,
        recording_status_callback=desk.stage.app.url("/recorded"),
        recording_status_callback_method="GET",
        recording_status_callback_event=["in-progress", "completed"],
        **fields,
    )
    await desk.rung(rings, sid)
    await listen([ann])  # what has been said before is no longer on its way then
    await bob.pick_up()
    await desk.stage.request(lambda sent: sent.get("RecordingStatus") == "in-progress")
    await desk.stage.until(lambda: sid in desk.conference.participants)
    await listen([bob], SILENT)
    for phone in (ann, bob):
        phone.talk(on=True)
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    await bob.hang_up()
    told = await completed(desk)
    assert [request.method for request in desk.stage.app.requests if request.path == "/recorded"] == ["GET", "GET"]
    listed = await desk.ask(desk.client.calls(sid).recordings(told["RecordingSid"]).fetch)
    assert (listed.source, listed.channels) == ("OutboundAPI", len(sides))
    assert listed.track == fields.get("recording_track", "both")
    heard = await channels_of(told["RecordingUrl"])
    for side, name in zip(heard, sides, strict=True):
        assert {other for other in ("ann", "bob") if for_a_moment(side, TONES[other]) > AUDIBLE} == {name}
    said = heard[0]
    assert (Heard(said.samples[: round(said.rate * SILENT / 2)], said.rate).level > QUIET) is trimmed


@both_resources
async def test_machines_are_not_detected(desk: Desk, resource: str) -> None:
    meeting = await meet(desk, "ann", "bob")
    request = Placing(desk, resource).request(meeting["ann"].number, machine_detection="DetectMessageEnd")
    assert await desk.refusal(request) == (400, 20001)
    assert {one.sid for one in await desk.ask(desk.client.calls.list)} == set(meeting.sids.values())
    await meeting.agrees({"ann": "bob", "bob": "ann"})


@both_resources
async def test_a_host_that_asks_for_a_name_and_a_password(asterisk: PrivateAsterisk, resource: str) -> None:
    async with set_stage(asterisk) as stage, SipServer(asking) as server:
        desk = Desk(stage)
        (ann,) = await desk.room("ann", twiml=conference())
        to = "sip:joe@{}:{}".format(*server.address)
        answered = await Placing(desk, resource).call(to, sip_auth_username="joe", sip_auth_password="se;cr et")
        await stage.until(lambda: answered in desk.conference.participants)
        call = desk.client.calls(answered)
        assert (await desk.ask(call.fetch)).status == "in-progress"
        await server.heard_something()
        timeline = server.rtp.timeline
        assert timeline is not None
        await stage.until(lambda: for_a_moment(Heard(timeline.samples(0, 10 * RATE), RATE), ann.tone) > AUDIBLE)
        await desk.ask(call.update, status="completed")
        await server.got("BYE")
