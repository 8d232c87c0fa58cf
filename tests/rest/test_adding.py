"""Calling somebody into a conference."""

from collections.abc import Mapping

import pytest
from multidict import MultiDict

from ari_conf.conference import AudioProgram, CallbackEvent, StatusCallback
from ari_conf.media.port import Track
from ari_conf.recordings import RecordingCallback, RecordingEvent
from ari_conf.rest.adding import CreateParticipant, participant_request
from ari_conf.rest.errors import RestError
from ari_conf.rest.parameters import read_parameters
from ari_conf.twiml import CallProgressEvent
from tests.rest.desk import Desk
from tests.stage import ACCOUNT, NUMBERS, who_hears_whom, within_deadline

FROM = "+15550001111"
NOBODY = "CA" + "0" * 32

EVERYTHING = {
    "From": "client:ann",
    "To": "sip:bob@host",
    "CallerId": "+1555",
    "Label": "l",
    "Muted": "true",
    "Beep": "onExit",
    "StartConferenceOnEnter": "false",
    "EndConferenceOnExit": "true",
    "WaitUrl": "",
    "EarlyMedia": "false",
    "StatusCallback": "http://h/s",
    "StatusCallbackMethod": "get",
    "StatusCallbackEvent": "initiated ringing",
    "Timeout": "5",
    "TimeLimit": "9",
    "Record": "true",
    "RecordingChannels": "mono",
    "RecordingTrack": "inbound",
    "Trim": "do-not-trim",
    "RecordingStatusCallback": "http://h/r",
    "RecordingStatusCallbackEvent": "in-progress failed",
    "MaxParticipants": "2",
    "ConferenceRecord": "true",
    "ConferenceTrim": "do-not-trim",
    "Region": "ie1",
    "ConferenceStatusCallback": "http://h/c",
    "ConferenceStatusCallbackEvent": "join leave",
    "ConferenceRecordingStatusCallback": "http://h/cr",
    "JitterBufferSize": "off",
    "SipAuthUsername": "u",
    "SipAuthPassword": "p",
    "NoSuchField": "x",
}


def read(**fields: str) -> CreateParticipant:
    return read_parameters(CreateParticipant, MultiDict({"From": FROM, "To": "+15550002222"} | fields))


async def test_somebody_is_called_in(either_desk: Desk) -> None:
    desk = either_desk
    (ann,) = await desk.room("ann")
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    conference = desk.client.conferences(desk.conference.sid)
    made = await desk.ask(conference.participants.create, from_=FROM, to=NUMBERS["bob"], label="bob", early_media=False)
    assert made.status in {"queued", "connecting", "ringing"}
    assert (made.label, made.conference_sid, made.queue_time) == ("bob", desk.conference.sid, "0")
    await desk.rung(rings, made.call_sid)
    fetched = await desk.ask(conference.participants("bob").fetch)
    assert (fetched.call_sid, fetched.status) == (made.call_sid, "ringing")
    assert len(await desk.ask(conference.participants.list)) == 2
    assert await desk.refusal(conference.participants("bob").update, muted=True) == (400, 16001)
    await bob.pick_up()
    await desk.stage.until(lambda: made.call_sid in desk.conference.participants)
    assert (await desk.ask(conference.participants("bob").fetch)).status == "connected"
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_a_name_makes_a_conference(desk: Desk) -> None:
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    made = await desk.ask(desk.client.conferences("A new room").participants.create, from_=FROM, to=NUMBERS["bob"])
    assert desk.conference.friendly_name == "A new room"
    assert made.conference_sid == desk.conference.sid
    await within_deadline(rings)
    (listed,) = await desk.ask(desk.client.conferences.list)
    assert (listed.sid, listed.status) == (made.conference_sid, "init")
    await bob.refuse()
    await desk.stage.until(lambda: not desk.stage.controller.rooms.conferences)
    assert (await desk.ask(desk.client.conferences(made.conference_sid).fetch)).status == "completed"


async def test_who_is_still_being_called_can_be_removed(desk: Desk) -> None:
    await desk.room("ann")
    rings = desk.rings(desk.stage.phone("bob"))
    participants = desk.client.conferences(desk.conference.sid).participants
    made = await desk.ask(participants.create, from_=FROM, to=NUMBERS["bob"])
    await within_deadline(rings)
    assert await desk.ask(desk.client.conferences(desk.conference.sid).participants(made.call_sid).delete)
    await desk.stage.until(lambda: not desk.stage.controller.control.pending(desk.conference.sid))
    assert [one.call_sid for one in await desk.ask(participants.list)] == list(desk.conference.participants)


async def test_who_cannot_be_added(desk: Desk) -> None:
    twiml = '<Response><Dial><Conference participantLabel="x">Room</Conference></Dial></Response>'
    await desk.room("ann", twiml=twiml)
    create = desk.client.conferences(desk.conference.sid).participants.create
    assert await desk.refusal(create, from_=FROM, to="+15550002222", label="x") == (400, 16026)
    coach = {"call_sid_to_coach": next(iter(desk.conference.participants))}
    assert await desk.refusal(create, from_=FROM, to="+15550002222", **coach) == (400, 16028)
    assert await desk.refusal(create, from_=FROM, to="+15550002222", coaching=True) == (400, 16002)
    gone = desk.client.conferences("CF" + "0" * 32).participants.create
    assert (await desk.refusal(gone, from_=FROM, to="+15550002222"))[1] == 16022


async def test_a_coach_is_called_in(desk: Desk) -> None:
    await desk.room("ann", "bob")
    a, _ = desk.conference.participants
    create = desk.client.conferences(desk.conference.sid).participants.create
    assert await desk.refusal(create, from_=FROM, to="+15550002222", call_sid_to_coach=NOBODY) == (400, 16028)
    cid = desk.stage.phone("cid")
    rings = desk.rings(cid)
    made = await desk.ask(create, from_=FROM, to=NUMBERS["cid"], call_sid_to_coach=a, early_media=False)
    assert (made.coaching, made.call_sid_to_coach) == (True, a)
    await within_deadline(rings)
    await cid.pick_up()
    await desk.stage.until(lambda: made.call_sid in desk.conference.participants)
    phones = [desk.stage.phones[name] for name in ("ann", "bob", "cid")]
    await who_hears_whom(phones, {"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": ""}, 21201),
        ({"From": ""}, 21213),
        ({"To": "call me"}, 21211),
        ({"To": "app:AP" + "0" * 32}, 21211),
        ({"From": "a\tb"}, 21212),
        ({"To": "client:a&b"}, 21211),
        ({"To": "client:anna@trunk"}, 21211),
        ({"To": "sip:a&b@host"}, 21211),
        ({"Timeout": "4"}, 21208),
        ({"Timeout": "soon"}, 21208),
        ({"TimeLimit": "0"}, 20001),
        ({"Label": NOBODY}, 16024),
        ({"Label": "a/b"}, 16024),
        ({"Label": "x" * 129}, 16024),
        ({"MaxParticipants": "251"}, 16002),
        ({"MaxParticipants": "1"}, 16002),
        ({"Beep": "loud"}, 16002),
        ({"Region": "mars"}, 16002),
        ({"ConferenceRecord": "yes"}, 16002),
        ({"ConferenceStatusCallback": "nowhere"}, 16002),
        ({"ConferenceStatusCallbackEvent": "start stop"}, 16002),
        ({"StatusCallback": "nowhere"}, 21609),
        ({"StatusCallbackEvent": "ringing singing"}, 20001),
        ({"StatusCallbackMethod": "PUT"}, 21209),
        ({"MachineDetection": "Enable"}, 20001),
        ({"AmdStatusCallback": "http://127.0.0.1/"}, 20001),
        ({"RecordingTrack": "sideways"}, 20001),
    ],
)
def test_wrong_fields(fields: Mapping[str, str], code: int) -> None:
    with pytest.raises(RestError) as refused:
        read(**fields)
    assert (refused.value.code, refused.value.status) == (code, 400)


@pytest.mark.parametrize("field", ["SipAuthUsername", "SipAuthPassword"])
async def test_half_a_login_is_refused(desk: Desk, field: str) -> None:
    form = {"From": FROM, "To": NUMBERS["bob"], field: "bob"}
    status, _, body = await desk.raw("POST", "/Conferences/Room/Participants.json", data=form)
    assert (status, body["code"]) == (400, 21225)
    assert list(desk.stage.controller.rooms.conferences) == []


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("%20", (400, 20001)),
        ("x" * 129, (400, 20001)),
        ("a%00b", (400, 20001)),
        ("a%0D%0Ab", (400, 20001)),
        ("CF" + "A" * 32, (404, 16022)),
        ("CF" + "0" * 32, (404, 16022)),
    ],
)
async def test_what_is_no_name_of_a_conference(desk: Desk, name: str, refusal: tuple[int, int]) -> None:
    form = {"From": FROM, "To": NUMBERS["bob"]}
    status, _, body = await desk.raw("POST", f"/Conferences/{name}/Participants.json", data=form)
    assert (status, body["code"]) == refusal
    assert list(desk.stage.controller.rooms.conferences) == []


async def test_a_name_is_trimmed_as_in_a_document(desk: Desk) -> None:
    await desk.room("ann")
    rings = desk.rings(desk.stage.phone("bob"))
    made = await desk.ask(desk.client.conferences("%20Room%20").participants.create, from_=FROM, to=NUMBERS["bob"])
    assert made.conference_sid == desk.conference.sid
    await within_deadline(rings)


async def test_the_longest_name(desk: Desk) -> None:
    rings = desk.rings(desk.stage.phone("bob"))
    await desk.ask(desk.client.conferences("x" * 128).participants.create, from_=FROM, to=NUMBERS["bob"])
    assert desk.conference.friendly_name == "x" * 128
    await within_deadline(rings)


def test_the_defaults() -> None:
    request = participant_request(read())
    participant = request.participant
    assert (participant.muted, participant.beep_on_enter, participant.beep_on_exit) == (False, True, True)
    assert (participant.start_conference_on_enter, participant.end_conference_on_exit) == (True, False)
    assert participant.wait == AudioProgram()
    assert (request.call.timeout, request.call.time_limit, request.call.record) == (60, 14_400, None)
    assert (request.settings.max_participants, request.settings.status_callback) == (250, None)
    assert (request.early_media, request.jitter_buffer_ms) == (True, 60)


@pytest.mark.parametrize(("track", "channels"), [("both", 2), ("outbound", 1)])
async def test_the_leg_of_who_is_called_in_is_recorded_with_one_channel_for_one_direction(
    desk: Desk, track: str, channels: int
) -> None:
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    participants = desk.client.conferences("Room").participants
    recorded = {"record": True, "recording_channels": "dual", "recording_track": track}
    made = await desk.ask(participants.create, from_=FROM, to=NUMBERS["bob"], **recorded)
    await within_deadline(rings)
    await bob.pick_up()
    running = desk.stage.controller.recordings.running
    await desk.stage.until(lambda: bool(running(ACCOUNT.sid, call_sid=made.call_sid)))
    (recording,) = running(ACCOUNT.sid, call_sid=made.call_sid)
    assert (recording.channels, recording.track.value) == (channels, track)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("+1 (555) 123-4567", "+15551234567"),
        ("client:anna?a=b", "client:anna?a=b"),
        ("sip:anna@example.com", "sip:anna@example.com"),
    ],
)
def test_whom_to_call(written: str, read_as: str) -> None:
    assert read(To=written).to == read_as


def test_every_field_arrives() -> None:
    sent = MultiDict(EVERYTHING)
    sent.add("StatusCallbackEvent", "answered")
    request = participant_request(read_parameters(CreateParticipant, sent))
    call, participant = request.call, request.participant
    assert (call.from_, call.to, call.caller_id) == ("client:ann", "sip:bob@host", "+1555")
    assert (call.username, call.password) == ("u", "p")
    assert (call.timeout, call.time_limit) == (5, 9)
    assert call.progress is not None
    assert (call.progress.url, call.progress.method) == ("http://h/s", "GET")
    assert call.progress.events == set(CallProgressEvent) - {CallProgressEvent.COMPLETED}
    assert call.record is not None
    assert (call.record.channels, call.record.track, call.record.trim) == (1, Track.INBOUND, False)
    events = frozenset({RecordingEvent.IN_PROGRESS, RecordingEvent.FAILED})
    assert call.record.callback == RecordingCallback("http://h/r", "POST", events)
    assert (participant.label, participant.muted, participant.wait) == ("l", True, AudioProgram(""))
    assert (participant.beep_on_enter, participant.beep_on_exit) == (False, True)
    assert (participant.start_conference_on_enter, participant.end_conference_on_exit) == (False, True)
    callback = StatusCallback("http://h/c", "POST", frozenset({CallbackEvent.JOIN, CallbackEvent.LEAVE}))
    assert request.settings.status_callback == callback
    assert (request.settings.max_participants, request.settings.record, request.settings.region) == (2, True, "ie1")
    assert request.recording.callback == RecordingCallback("http://h/cr")
    assert (request.recording.trim, request.early_media, request.jitter_buffer_ms) == (False, False, 0)
    assert "'p'" not in repr(request)
