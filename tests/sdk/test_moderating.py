"""Programs that moderate a conference; what REST tells and what the phones hear agree after each step."""

from ari_conf.phones.phone import AUDIBLE
from tests.calls.by_ear import JINGLE, OTHER_JINGLE, sound, until_jingle
from tests.rest.desk import Desk
from tests.sdk.beeps import beep_is_heard
from tests.sdk.program import EVENTS, conference, meet
from tests.sdk.races import gone
from tests.stage import until_heard, voices

TWO = {"ann": "bob", "bob": "ann"}
THREE = {"ann": "bob cid", "bob": "ann cid", "cid": "ann bob"}
NEXT_IS_A_JINGLE = "<Play>/jingle</Play>"


async def test_mute_and_unmute(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    assert (await meeting.update("ann", muted=True)).muted is True
    await meeting.agrees({"ann": "bob", "bob": ""})
    assert (await meeting.update("ann", muted=False)).muted is False
    await meeting.agrees(TWO)


async def test_hold_with_a_url_and_unhold(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    desk.stage.app.voice["/hold"] = sound(60.0)
    assert (await meeting.update("ann", hold=True, hold_url=desk.stage.app.url("/hold"))).hold is True
    await until_jingle(meeting["ann"])
    await meeting.agrees({"ann": "", "bob": "cid", "cid": "bob"})
    assert desk.stage.app.requests[-1].path == "/hold"
    assert desk.stage.app.requests[-1].method == "GET"
    assert (await meeting.update("ann", hold=False)).hold is False
    await meeting.agrees(THREE)
    await until_jingle(meeting["ann"], there=False)


async def test_hold_with_the_default_music(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    await meeting.update("ann", hold=True)
    await until_heard([meeting["ann"]], lambda heard: heard["ann"].level > AUDIBLE and not voices(heard["ann"]))
    await meeting.agrees({"ann": "", "bob": ""})
    await meeting.update("ann", hold=False)
    await meeting.agrees(TWO)


async def test_a_new_hold_url_while_on_hold(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    desk.stage.app.voice["/one"], desk.stage.app.voice["/two"] = sound(60.0), sound(60.0, OTHER_JINGLE)
    await meeting.update("ann", hold=True, hold_url=desk.stage.app.url("/one"))
    await until_jingle(meeting["ann"])
    await meeting.update("ann", hold_url=desk.stage.app.url("/two"))
    await until_jingle(meeting["ann"], OTHER_JINGLE)


async def test_unmute_while_on_hold(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    await meeting.update("ann", muted=True, hold=True, hold_url="")
    await meeting.agrees({"ann": "", "bob": ""})
    unmuted = await meeting.update("ann", muted=False)
    assert (unmuted.muted, unmuted.hold) == (False, True)
    await meeting.agrees({"ann": "", "bob": ""})
    await meeting.update("ann", hold=False)
    await meeting.agrees(TWO)


async def test_coach_another_and_barge(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    coach = await meeting.update("ann", coaching=True, call_sid_to_coach=meeting.sids["bob"])
    assert (coach.coaching, coach.call_sid_to_coach) == (True, meeting.sids["bob"])
    await meeting.agrees({"ann": "bob cid", "bob": "ann cid", "cid": "bob"})
    assert (await meeting.update("ann", call_sid_to_coach=meeting.sids["cid"])).call_sid_to_coach == meeting.sids["cid"]
    await meeting.agrees({"ann": "bob cid", "bob": "cid", "cid": "ann bob"})
    barged = await meeting.update("ann", coaching=False)
    assert (barged.coaching, barged.call_sid_to_coach) == (False, None)
    await meeting.agrees(THREE)


async def test_announce_to_one_and_to_all(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", twiml=conference(EVENTS))
    ann, bob = meeting["ann"], meeting["bob"]
    await meeting.agrees(TWO)
    desk.stage.app.voice["/news"], desk.stage.app.voice["/more"] = sound(1.5), sound(1.5, OTHER_JINGLE)
    await meeting.update("ann", announce_url=desk.stage.app.url("/news"))
    heard = await until_heard([ann, bob], lambda heard: heard["ann"].amplitude(JINGLE) > AUDIBLE)
    assert heard["bob"].amplitude(JINGLE) < AUDIBLE
    told = await desk.stage.request(lambda params: params.get("StatusCallbackEvent") == "announcement-end")
    assert told.params["CallSid"] == meeting.sids["ann"]
    desk.stage.app.requests.clear()
    assert await desk.ask(meeting.room.update, announce_url=desk.stage.app.url("/more"), announce_method="GET")
    await until_heard([ann, bob], lambda heard: all(ear.amplitude(OTHER_JINGLE) > AUDIBLE for ear in heard.values()))
    told = await desk.stage.request(lambda params: params.get("StatusCallbackEvent") == "announcement-end")
    assert "CallSid" not in told.params
    await meeting.agrees(TWO)


async def test_kick(desk: Desk) -> None:
    desk.stage.app.voice["/jingle"] = sound(60.0)
    desk.stage.answer(f"<Response>{NEXT_IS_A_JINGLE}</Response>", "/after")
    meeting = await meet(desk, "ann", "bob", "cid", twiml=conference(EVENTS, dial='action="/after"'))
    assert await desk.ask(meeting.participant("ann").delete)
    asked = await desk.stage.request(lambda params: "DialCallStatus" in params)
    assert (asked.path, asked.params["CallSid"]) == ("/after", meeting.sids["ann"])
    await until_jingle(meeting["ann"])
    assert await desk.refusal(meeting.participant("ann").fetch) == (404, 20404)
    await meeting.agrees({"ann": "", "bob": "cid", "cid": "bob"})
    left = await desk.stage.request(lambda params: params.get("StatusCallbackEvent") == "participant-leave")
    assert left.params["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert (await desk.ask(desk.client.calls(meeting.sids["ann"]).fetch)).status == "in-progress"


async def test_end(desk: Desk) -> None:
    desk.stage.app.voice["/jingle"] = sound(60.0)
    meeting = await meet(desk, "ann", "bob", twiml=conference(EVENTS, after=NEXT_IS_A_JINGLE))
    ended = await desk.ask(meeting.room.update, status="completed")
    assert (ended.status, ended.reason_conference_ended) == ("completed", "conference-ended-via-api")
    for phone in meeting.phones.values():
        await until_jingle(phone)
    assert await desk.ask(meeting.room.participants.list) == []
    told = await desk.stage.request(lambda params: params.get("StatusCallbackEvent") == "conference-end")
    assert told.params["ReasonConferenceEnded"] == "conference-ended-via-api"
    assert await meeting.status() == "completed"


async def test_by_label(desk: Desk) -> None:
    meeting = await meet(desk, "bob")
    desk.stage.answer(conference('participantLabel="the agent"'))
    ann = desk.stage.phone("ann")
    await ann.dial("room")
    await desk.stage.until(lambda: len(desk.conference.participants) == 2)
    agent = meeting.room.participants("the agent")
    muted = await desk.ask(agent.update, muted=True)
    assert (muted.label, muted.muted) == ("the agent", True)
    meeting.phones["ann"], meeting.sids["ann"] = ann, muted.call_sid
    await meeting.agrees({"ann": "bob", "bob": ""})
    assert await desk.ask(agent.delete)
    await ann.wait_ended()
    assert await desk.refusal(agent.fetch) == (404, 20404)


async def test_another_wait_url_for_who_waits(desk: Desk) -> None:
    desk.stage.app.voice["/one"], desk.stage.app.voice["/two"] = sound(60.0), sound(60.0, OTHER_JINGLE)
    meeting = await meet(desk, "ann", twiml=conference('waitUrl="/one" waitMethod="GET"'))
    await until_jingle(meeting["ann"])
    assert await meeting.status() == "init"
    await meeting.update("ann", wait_url=desk.stage.app.url("/two"), wait_method="GET")
    await until_jingle(meeting["ann"], OTHER_JINGLE)
    await until_jingle(meeting["ann"], there=False)


async def test_end_conference_on_exit_that_was_set_later(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    assert (await meeting.update("ann", end_conference_on_exit=True)).end_conference_on_exit is True
    await meeting["ann"].hang_up()
    await meeting["bob"].wait_ended()
    ended = await desk.ask(meeting.room.fetch)
    assert (ended.status, ended.call_sid_ending_conference) == ("completed", meeting.sids["ann"])
    assert ended.reason_conference_ended == "participant-with-end-conference-on-exit-left"


async def test_end_conference_on_exit_that_was_taken_back(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid", twiml=conference('endConferenceOnExit="true"'))
    await meeting.update("ann", end_conference_on_exit=False)
    await meeting["ann"].hang_up()
    await desk.stage.until(lambda: len(desk.conference.participants) == 2)
    meeting.leaves("ann")
    await meeting.agrees({"bob": "cid", "cid": "bob"})


async def test_no_beep_on_exit_any_more(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid", "dee", twiml=conference().replace("beep='false'", "beep='onExit'"))
    await meeting.update("bob", beep_on_exit=False)
    await meeting["ann"].hang_up()
    await beep_is_heard(meeting, "cid", gone(meeting, "ann"), there=True)
    await meeting.agrees({"bob": "cid dee", "cid": "bob dee", "dee": "bob cid"})
    await meeting["bob"].hang_up()
    await beep_is_heard(meeting, "cid", gone(meeting, "bob"), there=False)


async def test_a_beep_on_exit_from_now_on(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    await meeting.update("ann", beep_on_exit=True)
    await meeting["ann"].hang_up()
    await beep_is_heard(meeting, "cid", gone(meeting, "ann"), there=True)


async def test_the_methods_of_a_hold_and_of_an_announcement(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    await meeting.agrees(TWO)
    app = desk.stage.app
    app.voice["/two"], app.voice["/news"] = sound(60.0, OTHER_JINGLE), sound(1.5)
    desk.stage.answer(f"<Response><Play>{app.url('/two')}</Play></Response>", "/hold")
    await meeting.update("ann", hold=True, hold_url=app.url("/hold"), hold_method="POST")
    await until_jingle(meeting["ann"], OTHER_JINGLE)
    assert {request.method for request in app.requests if request.path == "/hold"} == {"POST"}
    await meeting.update("ann", hold=False)
    await meeting.update("bob", announce_url=app.url("/news"), announce_method="GET")
    heard = await until_heard(list(meeting.phones.values()), lambda heard: heard["bob"].amplitude(JINGLE) > AUDIBLE)
    assert heard["ann"].amplitude(JINGLE) < AUDIBLE
    assert {request.method for request in app.requests if request.path == "/news"} == {"GET"}
