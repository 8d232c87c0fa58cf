"""waitUrl, HoldUrl, announcements, beeps, recordings and speech events of a room, by ear on both engines."""

import asyncio
import base64
import io
from collections.abc import Callable

import aiohttp
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from structlog.testing import capture_logs

from ari_conf.audio.tones import BEEP
from ari_conf.conference import Announce, AudioProgram, Command, SetHold
from ari_conf.phones.phone import AUDIBLE, Heard, Phone
from ari_conf.settings import ConferencesSettings
from tests.app_server import Handler, failing
from tests.calls.by_ear import JINGLE, QUIET, for_a_moment, sound, until_jingle
from tests.stage import ACCOUNT, NUMBERS, Stage, set_stage, until_heard, voices, who_hears_whom, within_deadline


def conference(attributes: str = "", dial: str = "", after: str = "") -> str:
    return f"<Response><Dial {dial}><Conference {attributes}>Room</Conference></Dial>{after}</Response>"


async def command(stage: Stage, wanted: Command) -> None:
    await stage.until(lambda: [running.status for running in stage.controller.rooms.conferences] == ["in-progress"])
    (running,) = stage.controller.rooms.conferences
    refused = stage.controller.rooms.command(running.sid, wanted)
    assert refused is None, refused


def sid_of(stage: Stage, name: str) -> str:
    return next(request.params["CallSid"] for request in stage.app.requests if request.params.get("From") == NUMBERS[name])


# waitUrl


@pytest.mark.parametrize("form", ["WAV", "MP3"])
async def test_a_wait_url_may_be_a_sound_which_is_played_once_and_followed_by_silence(stage: Stage, form: str) -> None:
    stage.app.voice["/wait"] = sound(2.0, form=form)
    (ann,) = await stage.room("ann", twiml=conference('waitUrl="/wait" waitMethod="GET"'))
    await until_jingle(ann)
    await until_heard([ann], lambda heard: heard["ann"].level < QUIET)
    (request,) = [request for request in stage.app.requests if request.path == "/wait"]
    assert request.method == "GET"
    assert request.params["CallSid"] == sid_of(stage, "ann")
    assert request.params["FriendlyName"] == "Room"
    assert request.params["ConferenceSid"].startswith("CF")


async def test_a_wait_url_may_be_twiml_with_speech_that_loops_by_a_redirect(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(0.5)
    stage.answer("<Response><Say>Please wait</Say><Play>/jingle</Play><Pause/><Redirect/></Response>", "/wait")
    (ann,) = await stage.room("ann", twiml=conference('waitUrl="/wait"'))
    await stage.until(lambda: len([request for request in stage.app.requests if request.path == "/wait"]) >= 2)
    await until_jingle(ann)


async def test_the_start_ends_the_program_in_the_middle_of_it(stage: Stage) -> None:
    stage.app.voice["/wait"] = sound(60.0)
    (ann,) = await stage.room("ann", twiml=conference('waitUrl="/wait" waitMethod="GET"'))
    await until_jingle(ann)
    (bob,) = await stage.room("bob", twiml=conference())
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await until_jingle(ann, there=False)


async def test_the_start_does_not_wait_for_a_program_that_is_still_fetched(stage: Stage) -> None:
    stage.app.hold("/wait", "<Response/>")
    (ann,) = await stage.room("ann", twiml=conference('waitUrl="/wait"'))
    await stage.until(lambda: any(request.path == "/wait" for request in stage.app.requests))
    (bob,) = await stage.room("bob", twiml=conference())
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


@pytest.mark.parametrize(
    ("answer", "code"),
    [(failing(500), 11200), (lambda _: "<Response><Gather/></Response>", 13238)],
    ids=["500", "forbidden verb"],
)
async def test_a_wait_url_that_fails_sends_the_caller_on(stage: Stage, answer: Handler, code: int) -> None:
    stage.app.voice["/wait"] = answer
    stage.answer("<Response><Pause length='60'/></Response>", "/after")
    await stage.room("ann", twiml=conference('waitUrl="/wait"', dial='action="/after"'))
    request = await stage.request(lambda params: "DialCallStatus" in params)
    assert request.params["DialCallStatus"] == "failed"
    assert code in [int(note.code) for note in stage.controller.notifications.of_account(ACCOUNT.sid)]
    assert not stage.controller.rooms.conferences


# hold and announcements


async def test_hold_plays_the_hold_url(stage: Stage) -> None:
    stage.app.voice["/hold"] = sound(20.0)
    ann, bob = await stage.room("ann", "bob", twiml=conference())
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await command(stage, SetHold(sid_of(stage, "ann"), hold=True, program=AudioProgram(stage.app.url("/hold"), "GET")))
    await until_jingle(ann)
    assert not for_a_moment(bob.recording(), JINGLE) > AUDIBLE
    await command(stage, SetHold(sid_of(stage, "ann"), hold=False))
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


EVENTS = 'statusCallback="/events" statusCallbackEvent="announcement speaker"'


async def test_an_announcement_to_one_is_heard_by_one_who_is_heard_meanwhile(stage: Stage) -> None:
    stage.app.voice["/news"] = sound(2.5)
    ann, bob, cid = await stage.room("ann", "bob", "cid", twiml=conference(EVENTS.replace(" speaker", "")))
    await who_hears_whom([ann, bob, cid], {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
    await command(stage, Announce(AudioProgram(stage.app.url("/news")), sid_of(stage, "ann")))
    heard = await until_heard([ann, bob, cid], lambda heard: heard["ann"].amplitude(JINGLE) > AUDIBLE)
    assert "ann" in voices(heard["bob"])
    (told,) = await stage_lets(stage, 1)
    assert told["StatusCallbackEvent"] == "announcement-end"
    assert told["AnnounceUrl"] == stage.app.url("/news")
    assert told["CallSid"] == sid_of(stage, "ann")
    for other in (bob, cid):
        assert for_a_moment(other.recording(), JINGLE, 0.4) < AUDIBLE


async def test_an_announcement_to_all_is_heard_by_all(stage: Stage) -> None:
    stage.app.voice["/news"] = sound(2.5)
    ann, bob = await stage.room("ann", "bob", twiml=conference(EVENTS.replace(" speaker", "")))
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await command(stage, Announce(AudioProgram(stage.app.url("/news"))))
    await until_heard([ann, bob], lambda heard: all(ear.amplitude(JINGLE) > AUDIBLE for ear in heard.values()))
    (told,) = await stage_lets(stage, 1)
    assert told["StatusCallbackEvent"] == "announcement-end"
    assert "CallSid" not in told


async def test_a_password_in_an_announce_url_is_neither_kept_nor_logged(stage: Stage) -> None:
    stage.app.voice["/news"] = failing(404)
    await stage.room("ann", "bob", twiml=conference(EVENTS.replace(" speaker", "")))
    url = stage.app.url("/news").replace("http://", "http://user:hush@")
    with capture_logs() as logs:
        await command(stage, Announce(AudioProgram(url)))
        await stage.callbacks(1)
    (note,) = stage.controller.notifications.of_account(ACCOUNT.sid)
    assert "hush" not in f"{note} {logs}"


async def test_an_announcement_that_cannot_be_had_is_told(stage: Stage) -> None:
    stage.app.voice["/news"] = failing(404)
    await stage.room("ann", "bob", twiml=conference(EVENTS.replace(" speaker", "")))
    await command(stage, Announce(AudioProgram(stage.app.url("/news"))))
    (told,) = await stage_lets(stage, 1)
    assert told["StatusCallbackEvent"] == "announcement-fail"
    assert "404" in told["ReasonAnnouncementFailed"]


async def stage_lets(stage: Stage, count: int) -> list[dict[str, str]]:
    return [dict(params) for params in await stage.callbacks(count)]


# beeps


@pytest.mark.parametrize(("beep", "enter", "leave"), [("true", 1, 1), ("false", 0, 0), ("onEnter", 1, 0), ("onExit", 0, 1)])
async def test_beeps(stage: Stage, beep: str, enter: int, leave: int) -> None:
    ann, bob = await stage.room("ann", "bob", twiml=conference('beep="false"'))
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    (cid,) = await stage.room("cid", twiml=conference(f'beep="{beep}"'))
    await who_hears_whom([ann, bob, cid], {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
    until_now = len(ann.recording().samples)
    assert (for_a_moment(ann.recording(), BEEP) > AUDIBLE) is bool(enter)
    await cid.hang_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    rest = Heard(ann.recording().samples[until_now:], ann.recording().rate)
    assert (for_a_moment(rest, BEEP) > AUDIBLE) is bool(leave)


# speech events


async def test_speech_is_told_in_pairs(stage: Stage) -> None:
    ann, bob = await stage.room("ann", "bob", twiml=conference('beep="false" ' + EVENTS.replace("announcement ", "")))
    await stage.callbacks(2)
    ann.talk(on=False)
    await stage.callbacks(3)
    await bob.hang_up()
    told = await stage.callbacks(4)
    names = {sid_of(stage, "ann"): "ann", sid_of(stage, "bob"): "bob"}
    events = sorted((names[params["CallSid"]], params["StatusCallbackEvent"].removeprefix("participant-")) for params in told)
    assert events == [("ann", "speech-start"), ("ann", "speech-stop"), ("bob", "speech-start"), ("bob", "speech-stop")]


async def test_who_talks_is_looked_for_where_it_is_wanted_alone_if_the_settings_say_so() -> None:
    subscribed = ConferencesSettings(detect_talking="subscribed")
    async with set_stage(None, conferences=subscribed) as stage:
        await stage.room("ann", "bob", twiml=conference())
        await stage.room("cid", "dee", twiml=conference(EVENTS).replace("Room", "Other"))
        await stage.callbacks(2)
        talking = {room.friendly_name: len(room.talking) for room in stage.controller.rooms.conferences}
        assert talking == {"Room": 0, "Other": 2}


# recordings


async def recorded(url: str) -> tuple[NDArray[np.int16], int]:
    credentials = base64.b64encode(f"{ACCOUNT.sid}:{ACCOUNT.auth_token}".encode()).decode()
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert answer.status == 401
        async with session.get(url, headers={"Authorization": f"Basic {credentials}"}) as answer:
            assert answer.status == 200
            data, rate = soundfile.read(io.BytesIO(await answer.read()), dtype="int16", always_2d=True)
            return data, rate


async def leave_and_wait(stage: Stage, phones: list[Phone], wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    await asyncio.gather(*(phone.hang_up() for phone in phones))
    return dict((await stage.request(lambda params: wanted(dict(params)))).params)


RECORDING = 'recordingStatusCallback="/recording" recordingStatusCallbackEvent="in-progress completed absent"'
RECORD = f'beep="false" record="record-from-start" {RECORDING}'


async def test_a_recording_begins_with_the_start_and_has_neither_music_nor_a_whisper(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=conference(RECORD))
    await stage.clock.let_pass(1.0)
    (bob,) = await stage.room("bob", twiml=conference())
    (cid,) = await stage.room("cid", twiml=conference(f'coach="{sid_of(stage, "ann")}" beep="false"'))
    await who_hears_whom([ann, bob, cid], {"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})
    (begun,) = [dict(params) for params in await stage.callbacks(1, "/recording")]
    assert begun["RecordingStatus"] == "in-progress"
    assert "RecordingDuration" not in begun
    told = await leave_and_wait(stage, [cid, bob, ann], lambda params: params.get("RecordingStatus") == "completed")
    assert told["RecordingSource"] == "Conference"
    assert told["RecordingChannels"] == "1"
    assert told["RecordingSid"] == begun["RecordingSid"]
    assert told["AccountSid"] == ACCOUNT.sid
    assert told["ConferenceSid"] == begun["ConferenceSid"]
    assert int(told["RecordingDuration"]) >= 1
    data, rate = await recorded(told["RecordingUrl"])
    whole = Heard(data[:, 0], rate)
    middle = Heard(data[len(data) // 4 : len(data) // 2, 0], rate)
    assert middle.hears(ann.tone)
    assert middle.hears(bob.tone)
    assert for_a_moment(whole, cid.tone) < AUDIBLE, "the coach's whisper is in the recording"
    assert len(data) / rate < 0.2 + len(bob.recording().samples) / bob.recording().rate, "it began before the start"


@pytest.mark.parametrize(("trim", "shorter"), [("trim-silence", True), ("do-not-trim", False)])
async def test_trim_cuts_silence_at_both_ends(stage: Stage, trim: str, *, shorter: bool) -> None:
    ann, bob = stage.phone("ann"), stage.phone("bob")
    for phone in (ann, bob):
        phone.talk(on=False)
    stage.answer(conference(f'{RECORD} trim="{trim}"'))
    await ann.dial("room")
    await bob.dial("room")
    await stage.callbacks(1, "/recording")
    await stage.clock.let_pass(1.0)
    ann.talk(on=True)
    await stage.clock.let_pass(1.0)
    ann.talk(on=False)
    await stage.clock.let_pass(1.0)
    told = await leave_and_wait(stage, [ann, bob], lambda params: params.get("RecordingStatus") == "completed")
    data, rate = await recorded(told["RecordingUrl"])
    assert (len(data) / rate < 2.0) is shorter


async def test_a_silent_recording_is_absent(stage: Stage) -> None:
    ann, bob = stage.phone("ann"), stage.phone("bob")
    for phone in (ann, bob):
        phone.talk(on=False)
    stage.answer(conference(RECORD))
    await ann.dial("room")
    await bob.dial("room")
    await stage.callbacks(1, "/recording")
    await stage.clock.let_pass(1.0)
    told = await leave_and_wait(stage, [ann, bob], lambda params: params.get("RecordingStatus") == "absent")
    assert told["ErrorCode"] == "16102"


async def test_without_a_recording_callback_the_event_callback_url_is_told(stage: Stage) -> None:
    ann, bob = await stage.room("ann", "bob", twiml=conference('record="record-from-start" eventCallbackUrl="/old"'))
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    told = await leave_and_wait(stage, [ann, bob], lambda params: params.get("EventName") == "conference-record-end")
    assert int(told["Duration"]) >= 1
    assert int(told["RecordingFileSize"]) > 1000
    assert told["ConferenceSid"].startswith("CF")


@pytest.mark.parametrize(("record", "channels"), [("record-from-answer", 1), ("record-from-answer-dual", 2)])
async def test_dial_records_the_leg(stage: Stage, record: str, channels: int) -> None:
    dial = f'record="{record}" recordingStatusCallback="/recording" action="/after" hangupOnStar="true"'
    stage.answer("<Response><Hangup/></Response>", "/after")
    (ann,) = await stage.room("ann", twiml=conference('beep="false"', dial=dial))
    (bob,) = await stage.room("bob", twiml=conference('beep="false"'))
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await ann.press("*")
    await within_deadline(ann.wait_ended())
    action = (await stage.request(lambda params: "DialCallStatus" in params)).params
    told = (await stage.request(lambda params: params.get("RecordingStatus") == "completed")).params
    assert told["CallSid"] == sid_of(stage, "ann")
    assert told["RecordingSource"] == "DialVerb"
    assert told["RecordingChannels"] == str(channels)
    assert told["RecordingUrl"] == action["RecordingUrl"]
    data, rate = await recorded(told["RecordingUrl"])
    assert data.shape[1] == channels
    tracks = [Heard(data[-rate // 2 - rate // 4 : -rate // 4, track], rate) for track in range(channels)]
    heard = [(ears.hears(ann.tone), ears.hears(bob.tone)) for ears in tracks]
    assert heard == ([(True, True)] if channels == 1 else [(True, False), (False, True)])
