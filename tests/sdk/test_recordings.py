"""Programs that record: what REST tells of a recording and what is in the file agree."""

from itertools import groupby

import pytest

from ari_conf.phones.phone import AUDIBLE, Heard
from tests.calls.by_ear import QUIET, for_a_moment
from tests.rest.desk import Desk
from tests.sdk.program import Meeting, conference, heard_in, meet
from tests.stage import TONES, listen

RECORDED = (
    'record="record-from-start" trim="do-not-trim" recordingStatusCallback="/recorded"'
    ' recordingStatusCallbackEvent="in-progress completed"'
)
SECONDS = 1.2
"""How long each voice is to be recorded."""


async def only(meeting: Meeting, *names: str) -> None:
    """Let only these talk for a while; whoever is in the conference hears it."""
    for name, phone in meeting.phones.items():
        phone.talk(on=name in names)
    await listen(list(meeting.phones.values()), SECONDS)


async def completed(desk: Desk) -> dict[str, str]:
    told = await desk.stage.request(lambda sent: sent.get("RecordingStatus") == "completed")
    return dict(told.params)


def longest_silence(heard: Heard) -> float:
    """Return the seconds of the longest stretch in which nobody is heard."""
    step = heard.rate // 20
    loud = [Heard(heard.samples[at : at + step], heard.rate).level > QUIET for at in range(0, len(heard.samples), step)]
    return max((sum(1 for _ in stretch) for is_loud, stretch in groupby(loud) if not is_loud), default=0) / 20


def since_last(heard: Heard, frequency: float) -> Heard:
    """Return what follows the last stretch in which a frequency is heard: all talk before they are told to be quiet."""
    step = heard.rate // 20
    there = [
        at for at in range(0, len(heard.samples), step) if Heard(heard.samples[at : at + step], heard.rate).hears(frequency)
    ]
    return Heard(heard.samples[there[-1] + step :], heard.rate)


@pytest.mark.parametrize("behavior", ["skip", "silence"])
async def test_a_pause_of_a_conference_recording(desk: Desk, behavior: str) -> None:
    meeting = await meet(desk, "ann", "bob", "cid", twiml=conference(RECORDED))
    await desk.stage.request(lambda sent: sent.get("RecordingStatus") == "in-progress")
    current = meeting.room.recordings("Twilio.CURRENT")
    await only(meeting, "ann")
    for phone in meeting.phones.values():
        phone.talk(on=False)
    await listen(list(meeting.phones.values()))
    paused = await desk.ask(current.update, status="paused", pause_behavior=behavior)
    assert paused.status == "paused"
    await only(meeting, "bob")
    await only(meeting, "bob")
    for phone in meeting.phones.values():
        phone.talk(on=False)
    await listen(list(meeting.phones.values()))
    resumed = await desk.ask(current.update, status="in-progress")
    assert (resumed.sid, resumed.status) == (paused.sid, "in-progress")
    await only(meeting, "cid")
    await desk.ask(meeting.room.update, status="completed")
    told = await completed(desk)
    heard = await heard_in(told["RecordingUrl"])
    assert for_a_moment(heard, TONES["ann"], 0.4) > AUDIBLE
    assert for_a_moment(since_last(heard, TONES["ann"]), TONES["bob"]) < AUDIBLE
    assert for_a_moment(heard, TONES["cid"], 0.4) > AUDIBLE
    pause = 2 * SECONDS
    stretch = longest_silence(heard)
    assert stretch > pause if behavior == "silence" else stretch < pause
    (listed,) = await desk.ask(desk.client.recordings.list, conference_sid=meeting.sid)
    assert (listed.sid, listed.status, listed.source) == (told["RecordingSid"], "completed", "Conference")
    assert abs(int(listed.duration) - len(heard.samples) / heard.rate) <= 1


async def test_a_call_recording_from_its_creation_to_its_stop(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    recordings = desk.client.calls(meeting.sids["ann"]).recordings
    made = await desk.ask(recordings.create, recording_status_callback=desk.stage.app.url("/recorded"), trim="do-not-trim")
    assert made.status == "in-progress"
    await only(meeting, "ann", "bob")
    assert (await desk.ask(recordings("Twilio.CURRENT").update, status="stopped")).sid == made.sid
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    told = await completed(desk)
    assert (told["RecordingSid"], told["CallSid"]) == (made.sid, meeting.sids["ann"])
    heard = await heard_in(told["RecordingUrl"])
    assert heard.hears(TONES["ann"])
    assert heard.hears(TONES["bob"])
    assert SECONDS - 0.2 < len(heard.samples) / heard.rate < SECONDS + 2
    (listed,) = await desk.ask(recordings.list)
    assert (listed.sid, listed.status) == (made.sid, "completed")


async def test_who_is_muted_is_in_no_recording(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", twiml=conference(RECORDED + ' muted="true"'))
    await meeting.update("ann", muted=False)
    await only(meeting, "ann", "bob")
    await desk.ask(meeting.room.update, status="completed")
    heard = await heard_in((await completed(desk))["RecordingUrl"])
    assert for_a_moment(heard, TONES["ann"], 0.4) > AUDIBLE
    assert for_a_moment(heard, TONES["bob"], 0.4) < AUDIBLE


@pytest.mark.parametrize("suffix", ["", ".wav", ".mp3"])
async def test_download(desk: Desk, suffix: str) -> None:
    meeting = await meet(desk, "ann", "bob", twiml=conference(RECORDED))
    await meeting.agrees()
    await desk.ask(meeting.room.update, status="completed")
    told = await completed(desk)
    found = await desk.ask(desk.client.recordings(told["RecordingSid"]).fetch)
    assert found.media_url == told["RecordingUrl"]
    heard = await heard_in(found.media_url + suffix)
    assert heard.hears(TONES["ann"])
    assert heard.hears(TONES["bob"])
    assert await desk.ask(desk.client.recordings(found.sid).delete)
    assert await desk.ask(desk.client.recordings.list, conference_sid=meeting.sid) == []


async def test_a_participant_whose_leg_is_recorded(desk: Desk) -> None:
    meeting = await meet(desk, "ann")
    bob = desk.stage.phone("bob")
    rings = desk.rings(bob)
    made = await desk.ask(
        meeting.room.participants.create,
        from_="+15550001111",
        to=bob.number,
        record=True,
        recording_channels="dual",
        recording_status_callback=desk.stage.app.url("/recorded"),
    )
    await rings
    await bob.pick_up()
    await desk.stage.until(lambda: made.call_sid in desk.conference.participants)
    meeting.phones["bob"], meeting.sids["bob"] = bob, made.call_sid
    await meeting.agrees({"ann": "bob", "bob": "ann"})
    await bob.hang_up()
    told = await completed(desk)
    assert (told["CallSid"], told["RecordingChannels"]) == (made.call_sid, "2")
    assert for_a_moment(await heard_in(told["RecordingUrl"]), TONES["bob"], 0.4) > AUDIBLE
    (listed,) = await desk.ask(desk.client.recordings.list, call_sid=made.call_sid)
    assert (listed.sid, listed.channels) == (told["RecordingSid"], 2)
