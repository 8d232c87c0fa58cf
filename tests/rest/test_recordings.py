"""Recordings with the official SDK: of a conference, of a call, of the account; found, paused, stopped, deleted."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from structlog.testing import capture_logs

from ari_conf.audio.tones import tone
from ari_conf.audio.wav import write_wav
from ari_conf.clock import VirtualClock
from ari_conf.sids import SidKind, new_sid
from ari_conf.store import RecordingRow
from tests.calls.by_ear import JINGLE, until_jingle
from tests.rest.desk import Desk
from tests.stage import ACCOUNT

OTHER_ACCOUNT = "AC" + "9" * 32
CONFERENCE = "CF" + "1" * 32
CALL = "CA" + "1" * 32
NOW = datetime.fromtimestamp(VirtualClock().now(), UTC)
RECORDED_ROOM = (
    "<Response><Dial><Conference record='record-from-start' recordingStatusCallback='/recorded'"
    " recordingStatusCallbackEvent='in-progress completed absent'>Room</Conference></Dial></Response>"
)

CONFERENCE_FIELDS = {
    "account_sid", "api_version", "call_sid", "conference_sid", "channels", "date_created", "date_updated", "start_time",
    "price", "price_unit", "duration", "sid", "source", "status", "error_code", "encryption_details", "uri",
}  # fmt: skip


def row(number: int, **more: Any) -> RecordingRow:
    at = NOW.timestamp() - number * 86_400
    values: dict[str, Any] = {
        "sid": f"RE{number:032x}",
        "account_sid": ACCOUNT.sid,
        "source": "Conference",
        "status": "completed",
        "channels": 1,
        "track": "both",
        "started_at": at,
        "created_at": at,
        "updated_at": at + 12,
        "conference_sid": CONFERENCE,
        "duration": 12,
        "size": 1000,
    }
    return RecordingRow(**(values | more))


async def recorded_room(desk: Desk) -> tuple[str, str]:
    """Let two talk in a room that is recorded; return the SIDs of the conference and its recording."""
    await desk.room("ann", "bob", twiml=RECORDED_ROOM)
    recordings = desk.stage.controller.recordings
    sid = desk.conference.sid
    await desk.stage.until(lambda: bool(recordings.running(ACCOUNT.sid, conference_sid=sid)))
    return sid, recordings.running(ACCOUNT.sid, conference_sid=sid)[0].sid


async def completed(desk: Desk, path: str = "/recorded") -> Mapping[str, str]:
    """Wait until the recording is completed; return what was told."""
    told = await desk.stage.request(lambda params: params.get("RecordingStatus") == "completed")
    assert told.path == path
    return told.params


async def found(desk: Desk, **filters: Any) -> list[str | None]:
    return [one.sid for one in await desk.ask(desk.client.recordings.list, **filters)]


async def test_recordings_of_the_account_and_their_filters(desk: Desk) -> None:
    rows = [row(1), row(2, conference_sid=None, call_sid=CALL, source="DialVerb"), row(3)]
    desk.stage.controller.store.write([*rows, row(4, account_sid=OTHER_ACCOUNT)])
    one, two, three = (row.sid for row in rows)
    assert await found(desk) == await found(desk, page_size=1) == [one, two, three]
    assert await found(desk, call_sid=CALL) == [two]
    assert await found(desk, conference_sid=CONFERENCE) == [one, three]
    at = NOW - timedelta(days=2)
    assert await found(desk, date_created=at) == [two]
    assert await found(desk, date_created_after=at) == [one, two]
    assert await found(desk, date_created_before=at) == [two, three]
    assert await found(desk, date_created_before=(at + timedelta(days=1)).date()) == [two, three]
    assert await desk.refusal(desk.client.recordings(row(4).sid).fetch) == (404, 20404)


async def test_a_recording_of_the_account_as_twilio_has_it(desk: Desk) -> None:
    desk.stage.controller.store.write([row(1)])
    _, _, one = await desk.raw("GET", f"/Recordings/{row(1).sid}.json")
    assert set(one) == CONFERENCE_FIELDS | {"subresource_uris", "media_url"}
    path = f"/2010-04-01/Accounts/{ACCOUNT.sid}/Recordings/{row(1).sid}"
    assert (one["uri"], one["media_url"]) == (f"{path}.json", desk.url + path)
    assert (one["duration"], one["channels"], one["price"], one["error_code"]) == ("12", 1, None, None)
    fetched = await desk.ask(desk.client.recordings(row(1).sid).fetch)
    assert fetched.start_time == NOW - timedelta(days=1)
    assert fetched.date_updated == NOW - timedelta(days=1) + timedelta(seconds=12)


async def test_a_deleted_recording_can_be_seen_for_forty_days(desk: Desk) -> None:
    desk.stage.controller.store.write([row(1), row(41, status="deleted")])
    one = desk.client.recordings(row(1).sid)
    assert await desk.ask(one.delete)
    assert await desk.refusal(one.fetch) == (404, 20404)
    assert await desk.refusal(one.delete) == (404, 20404)
    assert await found(desk) == []
    assert await found(desk, include_soft_deleted=True) == [row(1).sid]
    kept = await desk.ask(one.fetch, include_soft_deleted=True)
    assert (kept.status, kept.duration, kept.media_url) == ("deleted", "12", None)
    assert await desk.refusal(desk.client.recordings(row(41).sid).fetch, include_soft_deleted=True) == (404, 20404)


async def test_a_recording_that_was_never_finished_is_absent(desk: Desk) -> None:
    """The process that recorded has died."""
    lost = replace(row(1, status="in-progress"), duration=None, size=None)
    desk.stage.controller.store.write([lost])
    assert (await desk.ask(desk.client.recordings(lost.sid).fetch)).status == "absent"


async def test_the_recording_of_a_conference_is_paused_and_goes_on(desk: Desk) -> None:
    sid, recording_sid = await recorded_room(desk)
    recordings = desk.client.conferences(sid).recordings
    (listed,) = await desk.ask(recordings.list)
    assert (listed.sid, listed.status, listed.source, listed.duration) == (recording_sid, "processing", "Conference", None)
    paused = await desk.ask(recordings("Twilio.CURRENT").update, status="paused", pause_behavior="skip")
    assert (paused.sid, paused.status, paused.conference_sid) == (recording_sid, "paused", sid)
    assert await desk.refusal(recordings("Twilio.CURRENT").update, status="paused") == (400, 16114)
    assert (await desk.ask(recordings(recording_sid).fetch)).status == "processing"
    assert (await desk.ask(recordings(recording_sid).update, status="in-progress")).status == "in-progress"
    assert await desk.refusal(recordings(recording_sid).update, status="stopped") == (400, 16114)
    assert await desk.refusal(recordings(recording_sid).delete) == (400, 16114)
    await desk.stage.clock.let_pass(3.0)
    await desk.stage.hang_up_all()
    told = await completed(desk)
    assert told["RecordingSid"] == recording_sid
    fetched = await desk.ask(recordings(recording_sid).fetch)
    assert (fetched.status, fetched.duration) == ("completed", told["RecordingDuration"])
    assert await desk.refusal(recordings("Twilio.CURRENT").fetch) == (400, 16114)
    assert await desk.refusal(recordings(recording_sid).update, status="paused") == (400, 16114)
    assert await desk.ask(recordings(recording_sid).delete)
    assert await desk.ask(recordings.list) == []
    wav = desk.stage.controller.recordings._folder / f"{recording_sid}.wav"
    assert not wav.exists()


async def test_a_call_is_recorded_from_now_on(either_desk: Desk) -> None:
    desk = either_desk
    await desk.room("ann", "bob")
    call_sid = desk.stage.controller.switchboard.calls[0].sid
    recordings = desk.client.calls(call_sid).recordings
    made = await desk.ask(
        recordings.create,
        recording_status_callback=desk.stage.app.url("/recorded"),
        recording_status_callback_event=["in-progress", "completed"],
        recording_channels="dual",
    )
    assert (made.status, made.source, made.channels, made.track) == ("in-progress", "StartCallRecordingAPI", 2, "both")
    await desk.stage.request(lambda params: params.get("RecordingStatus") == "in-progress")
    await desk.stage.clock.let_pass(1.5)
    assert (await desk.ask(recordings("Twilio.CURRENT").update, status="paused")).status == "paused"
    assert (await desk.ask(recordings("Twilio.CURRENT").update, status="in-progress")).status == "in-progress"
    stopped = await desk.ask(recordings("Twilio.CURRENT").update, status="stopped")
    assert (stopped.sid, stopped.status) == (made.sid, "stopped")
    told = await completed(desk)
    assert (told["RecordingSid"], told["CallSid"], told["RecordingChannels"]) == (made.sid, call_sid, "2")
    (listed,) = await desk.ask(recordings.list)
    assert (listed.sid, listed.status) == (made.sid, "completed")
    assert await desk.ask(recordings(made.sid).delete)


async def test_one_direction_of_a_call_has_one_channel_and_its_silence(desk: Desk) -> None:
    await desk.room("ann")
    call_sid = desk.stage.controller.switchboard.calls[0].sid
    recordings = desk.client.calls(call_sid).recordings
    made = await desk.ask(recordings.create, recording_channels="dual", recording_track="inbound")
    assert (made.channels, made.track) == (1, "inbound")
    assert not desk.stage.controller.recordings.current(ACCOUNT.sid, call_sid=call_sid).trim
    await desk.ask(recordings(made.sid).update, status="stopped")
    await desk.stage.until(lambda: desk.stage.controller.recordings.get(made.sid) is None)


async def test_two_recordings_of_a_call_have_no_current_one(desk: Desk) -> None:
    await desk.room("ann")
    recordings = desk.client.calls(desk.stage.controller.switchboard.calls[0].sid).recordings
    made = [await desk.ask(recordings.create) for _ in range(2)]
    assert await desk.refusal(recordings("Twilio.CURRENT").update, status="stopped") == (400, 16114)
    for one in made:
        assert (await desk.ask(recordings(one.sid).update, status="stopped")).status == "stopped"
    running = desk.stage.controller.recordings
    await desk.stage.until(lambda: not running.running(ACCOUNT.sid))


async def test_what_is_not_there_or_makes_no_sense(desk: Desk) -> None:
    sid, recording_sid = await recorded_room(desk)
    recordings = desk.client.conferences(sid).recordings
    calls = [call.sid for call in desk.stage.controller.switchboard.calls]
    assert await desk.refusal(recordings(row(9).sid).fetch) == (404, 20404)
    assert await desk.refusal(desk.client.conferences(CONFERENCE).recordings(recording_sid).fetch) == (404, 20404)
    assert await desk.refusal(desk.client.calls(calls[0]).recordings(recording_sid).fetch) == (404, 20404)
    update = recordings(recording_sid).update
    assert await desk.refusal(update, status="in-progress", pause_behavior="skip") == (400, 20001)
    assert await desk.refusal(update, status="completed") == (400, 20001)
    assert await desk.refusal(update, status="in-progress") == (400, 16114)
    assert await desk.refusal(desk.client.calls(CALL).recordings.create) == (404, 20404)
    for current in (one.recordings("Twilio.CURRENT") for one in (desk.client.calls(CALL), desk.client.conferences(CONFERENCE))):
        assert await desk.refusal(current.fetch) == (404, 20404)
        assert await desk.refusal(current.update, status="paused") == (404, 20404)
    assert (await desk.raw("GET", f"/Conferences/{CONFERENCE}/Recordings.json"))[0] == 404
    await desk.stage.hang_up_all()
    await desk.stage.until(lambda: not desk.stage.controller.switchboard.calls)
    assert await desk.refusal(desk.client.calls(calls[0]).recordings.create) == (400, 21220)
    assert await desk.ask(desk.client.calls(calls[0]).recordings.list) == []


def kept(desk: Desk, **more: Any) -> RecordingRow:
    """Let there be a completed recording of the jingle."""
    made = row(1, sid=new_sid(SidKind.RECORDING), **more)
    write_wav(desk.stage.controller.recordings._folder / f"{made.sid}.wav", tone(JINGLE, 30.0), 8000)
    desk.stage.controller.store.write([made])
    return made


async def test_a_recording_is_played_to_callers_of_its_account_at_the_address_that_was_told(either_desk: Desk) -> None:
    desk = either_desk
    made = kept(desk)
    url = desk.stage.controller.recordings.url_of(ACCOUNT.sid, made.sid)
    with capture_logs() as logs:
        (ann,) = await desk.stage.room("ann", twiml=f"<Response><Play>{url}.mp3</Play></Response>")
        await until_jingle(ann)
        await ann.hang_up()
        wait = f"<Response><Dial><Conference waitUrl='{url}' waitMethod='GET'>Room</Conference></Dial></Response>"
        (bob,) = await desk.stage.room("bob", twiml=wait)
        await until_jingle(bob)
    assert ACCOUNT.auth_token not in str(logs)
    assert ACCOUNT.auth_token not in str(desk.stage.controller.notifications.of_account(ACCOUNT.sid))


async def test_of_a_recording_that_is_not_there_the_address_is_noted_without_the_login(desk: Desk) -> None:
    url = desk.stage.controller.recordings.url_of(ACCOUNT.sid, row(9).sid)
    noted = desk.stage.controller.notifications.of_account
    with capture_logs() as logs:
        await desk.stage.room("ann", twiml=f"<Response><Play>{url}</Play><Pause length='60'/></Response>")
        await desk.stage.until(lambda: len(noted(ACCOUNT.sid)) == 1)
        await desk.stage.room("bob", twiml=f"<Response><Dial><Conference waitUrl='{url}'>Room</Conference></Dial></Response>")
        await desk.stage.until(lambda: len(noted(ACCOUNT.sid)) == 2)
    assert {(one.code, one.url) for one in noted(ACCOUNT.sid)} == {(11200, url)}
    assert ACCOUNT.auth_token not in f"{logs} {noted(ACCOUNT.sid)}"


async def test_a_recording_of_another_account_is_not_played(desk: Desk) -> None:
    made = kept(desk, account_sid=OTHER_ACCOUNT)
    url = desk.stage.controller.recordings.url_of(OTHER_ACCOUNT, made.sid)
    after = desk.stage.app.url("/after")
    desk.stage.answer("<Response><Hangup/></Response>", "/after")
    await desk.stage.room("ann", twiml=f"<Response><Play>{url}</Play><Redirect>{after}</Redirect></Response>")
    await desk.stage.until(lambda: bool(desk.stage.app.params("/after")))
    (noted,) = desk.stage.controller.notifications.of_account(ACCOUNT.sid)
    assert (noted.code, noted.url) == (11200, url)
