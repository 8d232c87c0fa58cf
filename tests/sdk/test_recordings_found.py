"""Programs that look for recordings, fetch their sound as they want it, and delete them."""

from datetime import timedelta
from typing import Any

from ari_conf.phones.phone import AUDIBLE
from tests.calls.by_ear import for_a_moment
from tests.rest.desk import Desk
from tests.sdk.media import channels_of, download
from tests.sdk.program import conference, meet, sids
from tests.sdk.test_recordings import RECORDED, SECONDS, completed, longest_silence
from tests.stage import TONES, listen, who_hears_whom

DAY = timedelta(days=1)


async def found_by_date(desk: Desk, recordings: Any, sid: str) -> None:
    """Find a recording, the only one there is, by the day on which it was made."""
    made = (await desk.ask(recordings(sid).fetch)).date_created
    find = recordings.list
    for filters in (
        {"date_created": made.date()},
        {"date_created_after": made.date()},
        {"date_created_before": made.date() + DAY},
        {"date_created_after": made.date() - DAY, "date_created_before": made.date() + DAY},
    ):
        assert sids(await desk.ask(find, **filters)) == [sid]
    for filters in (
        {"date_created": made.date() - DAY},
        {"date_created_after": made.date() + DAY},
        {"date_created_before": made.date() - DAY},
    ):
        assert await desk.ask(find, **filters) == []


async def test_the_recording_of_a_conference(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", twiml=conference(RECORDED))
    sid = (await desk.stage.request(lambda sent: sent.get("RecordingStatus") == "in-progress")).params["RecordingSid"]
    recordings = meeting.room.recordings
    running = await desk.ask(recordings("Twilio.CURRENT").fetch)
    assert (running.sid, running.status, running.duration) == (sid, "processing", None)
    assert await desk.refusal(recordings(sid).delete) == (400, 16114)
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    await desk.ask(meeting.room.update, status="completed")
    told = await completed(desk)
    done = await desk.ask(recordings(sid).fetch)
    assert (done.status, done.duration, done.source) == ("completed", told["RecordingDuration"], "Conference")
    assert (done.conference_sid, done.channels) == (meeting.sid, 1)
    await found_by_date(desk, recordings, sid)
    url = told["RecordingUrl"]
    (heard,) = await channels_of(url)
    assert all(heard.hears(TONES[name]) for name in meeting.phones)
    assert (await download(f"{url}?RequestedChannels=2"))[0] == 400
    assert await desk.ask(recordings(sid).delete)
    assert (await download(url))[0] == 404
    assert await desk.refusal(recordings(sid).fetch) == (404, 20404)
    assert await desk.ask(recordings.list) == []
    every = desk.client.recordings
    assert await desk.ask(every.list) == []
    assert sids(await desk.ask(every.list, include_soft_deleted=True)) == [sid]
    assert await desk.refusal(every(sid).fetch) == (404, 20404)
    kept = await desk.ask(every(sid).fetch, include_soft_deleted=True)
    assert (kept.status, kept.duration, kept.conference_sid) == ("deleted", done.duration, meeting.sid)


async def test_the_recording_of_a_call_with_a_pause(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    ann, bob = meeting["ann"], meeting["bob"]
    bob.talk(on=False)
    await who_hears_whom([ann, bob], {"ann": set(), "bob": {"ann"}})
    recordings = desk.client.calls(meeting.sids["ann"]).recordings
    made = await desk.ask(
        recordings.create,
        recording_channels="dual",
        recording_status_callback=desk.stage.app.url("/recorded"),
        recording_status_callback_method="GET",
        recording_status_callback_event=["in-progress", "completed"],
    )
    assert (made.channels, made.track, made.source) == (2, "both", "StartCallRecordingAPI")
    await listen([ann], SECONDS / 2)
    paused = await desk.ask(recordings("Twilio.CURRENT").update, status="paused", pause_behavior="silence")
    assert (paused.sid, paused.status) == (made.sid, "paused")
    bob.talk(on=True)
    await who_hears_whom([ann], {"ann": {"bob"}})
    bob.talk(on=False)
    await who_hears_whom([ann], {"ann": set()})
    assert (await desk.ask(recordings(made.sid).fetch)).status == "processing"
    assert (await desk.ask(recordings(made.sid).update, status="in-progress")).status == "in-progress"
    await listen([ann], SECONDS / 2)
    assert (await desk.ask(recordings("Twilio.CURRENT").update, status="stopped")).status == "stopped"
    told = await completed(desk)
    assert {request.method for request in desk.stage.app.requests if request.path == "/recorded"} == {"GET"}
    said, was_heard = await channels_of(told["RecordingUrl"])
    assert for_a_moment(said, TONES["ann"], 0.4) > AUDIBLE
    assert longest_silence(said) > SECONDS
    assert for_a_moment(was_heard, TONES["bob"]) < AUDIBLE
    (mixed,) = await channels_of(told["RecordingUrl"] + "?RequestedChannels=1")
    assert len(mixed.samples) == len(said.samples)
    assert for_a_moment(mixed, TONES["ann"], 0.4) > AUDIBLE
    await found_by_date(desk, recordings, made.sid)
    assert await desk.ask(recordings(made.sid).delete)
    assert await desk.ask(recordings.list) == []
    await who_hears_whom([ann, bob], {"ann": set(), "bob": {"ann"}})


async def test_a_part_of_the_sound_of_what_one_hears(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    recordings = desk.client.calls(meeting.sids["ann"]).recordings
    callback = desk.stage.app.url("/recorded")
    made = await desk.ask(recordings.create, recording_track="outbound", recording_status_callback=callback)
    assert made.track == "outbound"
    await listen([meeting["ann"]], SECONDS)
    assert (await desk.ask(recordings(made.sid).update, status="stopped")).status == "stopped"
    url = (await completed(desk))["RecordingUrl"]
    (heard,) = await channels_of(url)
    assert {name for name in meeting.phones if for_a_moment(heard, TONES[name]) > AUDIBLE} == {"bob"}
    for suffix in ("", ".mp3"):
        _, whole = await download(url + suffix)
        assert await download(url + suffix, {"Range": "bytes=100-299"}) == (206, whole[100:300])
        assert await download(url + suffix, {"Range": "bytes=-50"}) == (206, whole[-50:])
