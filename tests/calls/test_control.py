"""What REST can do with live calls: place, redirect, end them, add participants; by ear on both engines."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest

from ari_conf.calls import CallRequest, ControlError, ParticipantRequest, Source
from ari_conf.conference import CallbackEvent, ConferenceSettings, EndConference, Participant, StatusCallback
from ari_conf.media.port import EngineError, OutgoingCall
from ari_conf.phones.phone import AUDIBLE
from ari_conf.webhooks import CallStatus
from tests.calls.by_ear import JINGLE, sound, until_jingle
from tests.stage import ACCOUNT, NUMBERS, Stage, set_stage, until_heard, who_hears_whom, within_deadline

ROOM = "<Response><Dial action='/after'><Conference>Room</Conference></Dial></Response>"
HOLD = "<Response><Pause length='60'/></Response>"

T = TypeVar("T")


def sid_of(stage: Stage, name: str) -> str:
    return next(one.params["CallSid"] for one in stage.app.requests if one.params.get("From") == NUMBERS[name])


def calling(name: str, **more: object) -> CallRequest:
    return CallRequest(to=NUMBERS[name], from_="+15550199", **more)  # type: ignore[arg-type]


async def done(stage: Stage, work: Awaitable[T]) -> T:
    """Await something for which time may have to pass on the stage's clock."""
    task = asyncio.ensure_future(work)
    await stage.until(task.done)
    return task.result()


def participant(stage: Stage, name: str, **more: object) -> ParticipantRequest:
    callback = StatusCallback(stage.app.url("/events"), "POST", frozenset(CallbackEvent) - {CallbackEvent.SPEAKER})
    settings = ConferenceSettings(status_callback=callback)
    who = Participant("", **more)  # type: ignore[arg-type]
    return ParticipantRequest(call=calling(name), participant=who, settings=settings)


async def test_a_call_is_placed_and_runs_its_document(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(30.0)
    stage.answer("<Response><Play>/jingle</Play></Response>", "/out")
    bob = stage.phone("bob")
    call = await stage.controller.control.call(ACCOUNT.sid, calling("bob", source=Source(url=stage.app.url("/out"))))
    assert call.status is CallStatus.QUEUED
    await within_deadline(bob.ringing())
    await bob.pick_up()
    await until_jingle(bob)
    (params,) = stage.app.params("/out")
    assert (params["CallSid"], params["Direction"], params["CallStatus"]) == (call.sid, "outbound-api", "in-progress")
    assert (params["To"], params["From"]) == (NUMBERS["bob"], "+15550199")


async def test_a_call_with_inline_twiml_and_digits(stage: Stage) -> None:
    bob = stage.phone("bob")
    request = calling("bob", source=Source(twiml="<Response><Pause length='1'/></Response>"), send_digits="42")
    await stage.controller.control.call(ACCOUNT.sid, request)
    await within_deadline(bob.ringing())
    await bob.pick_up()
    await stage.until(lambda: bob.keys_heard == "42")
    await within_deadline(bob.wait_ended())


async def test_a_call_that_rings_is_canceled(stage: Stage) -> None:
    bob = stage.phone("bob")
    call = await stage.controller.control.call(ACCOUNT.sid, calling("bob", source=Source(twiml=HOLD)))
    await within_deadline(bob.ringing())
    await done(stage, stage.controller.control.cancel(ACCOUNT.sid, call.sid))
    await within_deadline(bob.wait_ended())
    assert call.status is CallStatus.CANCELED


async def test_the_time_limit_ends_a_call(stage: Stage) -> None:
    bob = stage.phone("bob")
    request = calling("bob", source=Source(twiml=HOLD), time_limit=1.0)
    call = await stage.controller.control.call(ACCOUNT.sid, request)
    await within_deadline(bob.ringing())
    await bob.pick_up()
    await within_deadline(bob.wait_ended())
    await stage.until(lambda: call.status is CallStatus.COMPLETED)


async def test_a_caller_in_a_room_is_redirected_and_its_action_is_not_asked(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(30.0)
    stage.answer("<Response><Play>/jingle</Play></Response>", "/elsewhere")
    ann, bob = await stage.room("ann", "bob", twiml=ROOM)
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await done(
        stage, stage.controller.control.redirect(ACCOUNT.sid, sid_of(stage, "ann"), Source(url=stage.app.url("/elsewhere")))
    )
    await until_jingle(ann)
    await until_heard([bob], lambda heard: heard["bob"].amplitude(ann.tone) < AUDIBLE)
    await bob.hang_up()
    await stage.request(lambda params: params.get("DialCallStatus") == "answered")
    assert [params["CallSid"] for params in stage.app.params("/after")] == [sid_of(stage, "bob")]


async def test_redirected_again_while_the_first_document_plays(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(60.0)
    (ann,) = await stage.room("ann", twiml="<Response><Play>/jingle</Play></Response>")
    await until_jingle(ann)
    await done(stage, stage.controller.control.redirect(ACCOUNT.sid, sid_of(stage, "ann"), Source(twiml=HOLD)))
    await until_jingle(ann, there=False)
    twiml = f"<Response><Play>{stage.app.url('/jingle')}</Play></Response>"
    await done(stage, stage.controller.control.redirect(ACCOUNT.sid, sid_of(stage, "ann"), Source(twiml=twiml)))
    await until_jingle(ann)


async def test_the_dialled_one_is_redirected_and_the_caller_goes_on(stage: Stage) -> None:
    stage.answer(HOLD, "/after")
    stage.app.voice["/jingle"] = sound(30.0)
    bob = stage.phone("bob")
    (ann,) = await stage.room("ann", twiml=f"<Response><Dial action='/after'>{NUMBERS['bob']}</Dial></Response>")
    await within_deadline(bob.ringing())
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    child = next(call for call in stage.controller.switchboard.calls if call.parent_call_sid)
    twiml = f"<Response><Play>{stage.app.url('/jingle')}</Play></Response>"
    await done(stage, stage.controller.control.redirect(ACCOUNT.sid, child.sid, Source(twiml=twiml)))
    await until_jingle(bob)
    params = (await stage.request(lambda params: "DialCallStatus" in params)).params
    assert params["DialCallStatus"] == "completed"
    assert "DialCallDuration" not in params
    await until_heard([ann], lambda heard: heard["ann"].amplitude(JINGLE) < AUDIBLE)


async def test_the_dialled_one_is_redirected_twice_at_once(stage: Stage) -> None:
    stage.app.voice["/jingle"] = sound(30.0)
    bob = stage.phone("bob")
    (ann,) = await stage.room("ann", twiml=f"<Response><Dial>{NUMBERS['bob']}</Dial></Response>")
    await within_deadline(bob.ringing())
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    child = next(call for call in stage.controller.switchboard.calls if call.parent_call_sid)
    twiml = f"<Response><Play>{stage.app.url('/jingle')}</Play></Response>"
    redirect = stage.controller.control.redirect
    both = [redirect(ACCOUNT.sid, child.sid, Source(twiml=document)) for document in (HOLD, twiml)]
    await done(stage, asyncio.gather(*both))
    await until_jingle(bob)


async def test_the_caller_of_a_dial_is_redirected_and_the_other_hung_up(stage: Stage) -> None:
    bob = stage.phone("bob")
    (ann,) = await stage.room("ann", twiml=f"<Response><Dial>{NUMBERS['bob']}</Dial></Response>")
    await within_deadline(bob.ringing())
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await done(stage, stage.controller.control.redirect(ACCOUNT.sid, sid_of(stage, "ann"), Source(twiml=HOLD)))
    await within_deadline(bob.wait_ended())


async def test_a_call_that_is_not_live_cannot_be_redirected(stage: Stage) -> None:
    with pytest.raises(ControlError) as refused:
        await done(stage, stage.controller.control.redirect(ACCOUNT.sid, "CA" + "0" * 32, Source(twiml=HOLD)))
    assert (int(refused.value.code), refused.value.status) == (21220, 400)


async def test_a_live_call_is_completed(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=ROOM)
    await done(stage, stage.controller.control.complete(ACCOUNT.sid, sid_of(stage, "ann")))
    await within_deadline(ann.wait_ended())


# Participants


async def test_a_participant_is_called_into_a_conference(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml="<Response><Dial><Conference>Room</Conference></Dial></Response>")
    await stage.until(lambda: bool(stage.controller.rooms.conferences))
    bob = stage.phone("bob")
    request = participant(stage, "bob", label="bob", muted=True)
    sid, call = await stage.controller.control.add_participant(ACCOUNT.sid, "Room", request)
    (pending,) = stage.controller.control.pending(sid)
    assert pending.call is call
    await within_deadline(bob.ringing())
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": set(), "bob": {"ann"}})
    assert stage.controller.control.pending(sid) == []
    (conference,) = stage.controller.rooms.conferences
    assert conference.participants[call.sid].label == "bob"


async def test_the_conference_is_made_by_its_first_participant_which_decides(stage: Stage) -> None:
    bob = stage.phone("bob")
    sid, _ = await stage.controller.control.add_participant(ACCOUNT.sid, "New", participant(stage, "bob"))
    assert stage.controller.rooms.find(ACCOUNT.sid, "New") is not None
    ann = stage.phone("ann")
    stage.answer("<Response><Dial><Conference>New</Conference></Dial></Response>")
    await ann.dial("room")
    await within_deadline(bob.ringing())
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    told = await stage.callbacks(3)
    assert {params["ConferenceSid"] for params in told} == {sid}
    assert [params["StatusCallbackEvent"] for params in told] == ["participant-join", "participant-join", "conference-start"]


async def test_a_participant_who_is_busy_is_told_as_a_leave_and_ends_an_empty_conference(stage: Stage) -> None:
    bob = stage.phone("bob")
    await stage.controller.control.add_participant(ACCOUNT.sid, "Room", participant(stage, "bob"))
    await within_deadline(bob.ringing())
    await bob.refuse(486)
    told = await stage.callbacks(2)
    assert [params["StatusCallbackEvent"] for params in told] == ["participant-leave", "conference-end"]
    assert told[0]["ParticipantCallStatus"] == "busy"
    assert told[0]["ReasonParticipantLeft"] == "participant_add_failed"
    assert stage.controller.rooms.conferences == []


async def test_those_in_the_conference_hear_it_ring(stage: Stage) -> None:
    ann, cid = await stage.room("ann", "cid", twiml="<Response><Dial><Conference>Room</Conference></Dial></Response>")
    await who_hears_whom([ann, cid], {"ann": {"cid"}, "cid": {"ann"}})
    bob = stage.phone("bob")
    await stage.controller.control.add_participant(ACCOUNT.sid, "Room", participant(stage, "bob"))
    await within_deadline(bob.ringing())
    await until_heard([ann], lambda heard: heard["ann"].amplitude(440.0) > AUDIBLE)
    await bob.pick_up()
    await who_hears_whom([ann, bob, cid], {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
    await until_heard([ann], lambda heard: heard["ann"].amplitude(440.0) < AUDIBLE)


async def test_a_label_is_taken_while_it_is_expected(stage: Stage) -> None:
    control = stage.controller.control
    bob = stage.phone("bob")
    await control.add_participant(ACCOUNT.sid, "Room", participant(stage, "bob", label="agent"))
    await within_deadline(bob.ringing())
    with pytest.raises(ControlError) as refused:
        await control.add_participant(ACCOUNT.sid, "Room", participant(stage, "cid", label="agent"))
    assert int(refused.value.code) == 16026


async def test_a_conference_that_is_not_live_takes_nobody(stage: Stage) -> None:
    with pytest.raises(ControlError) as refused:
        await stage.controller.control.add_participant(ACCOUNT.sid, "CF" + "0" * 32, participant(stage, "bob"))
    assert int(refused.value.code) == 16022


async def test_a_participant_who_cannot_be_called_is_expected_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:

        async def refused(_outgoing: OutgoingCall) -> None:
            raise EngineError("there is no way to dial it")

        monkeypatch.setattr(stage.controller.engine, "place", refused)
        await stage.controller.control.add_participant(ACCOUNT.sid, "Room", participant(stage, "bob"))
        told = await stage.callbacks(2)
        assert [params["StatusCallbackEvent"] for params in told] == ["participant-leave", "conference-end"]
        assert told[0]["ParticipantCallStatus"] == "failed"


async def test_a_coach_whom_nobody_is_left_for_is_not_let_in_and_expected_no_more(stage: Stage) -> None:
    ann, bob = await stage.room("ann", "bob", twiml="<Response><Dial><Conference>Room</Conference></Dial></Response>")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    cid = stage.phone("cid")
    coach = participant(stage, "cid", coaching=True, call_sid_to_coach=sid_of(stage, "ann"))
    sid, _ = await stage.controller.control.add_participant(ACCOUNT.sid, "Room", coach)
    await within_deadline(cid.ringing())
    await ann.hang_up()
    await stage.until(lambda: len(stage.controller.rooms.conferences[0].participants) == 1)
    await cid.pick_up()
    await within_deadline(cid.wait_ended())
    await stage.until(lambda: not stage.controller.rooms.conferences[0].expected)
    assert stage.controller.control.pending(sid) == []
    await bob.hang_up()
    await stage.until(lambda: not stage.controller.rooms.conferences)


async def test_a_call_that_rings_is_not_redirected(stage: Stage) -> None:
    bob = stage.phone("bob")
    control = stage.controller.control
    sid, call = await control.add_participant(ACCOUNT.sid, "Room", participant(stage, "bob"))
    await within_deadline(bob.ringing())
    with pytest.raises(ControlError, match=r"^21220: "):
        await done(stage, control.redirect(ACCOUNT.sid, call.sid, Source(twiml=HOLD)))
    await bob.pick_up()
    await stage.until(lambda: call.sid in stage.controller.rooms.conferences[0].participants)
    assert control.pending(sid) == []


async def test_who_is_redirected_between_answer_and_joining_is_expected_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:
        joining = asyncio.Event()

        async def hesitate(_call_sid: str, _milliseconds: int) -> None:
            joining.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(stage.controller.engine, "set_jitter_buffer", hesitate)
        bob = stage.phone("bob")
        _, call = await stage.controller.control.add_participant(ACCOUNT.sid, "Room", participant(stage, "bob"))
        await within_deadline(bob.ringing())
        await bob.pick_up()
        await stage.until(joining.is_set)
        await done(stage, stage.controller.control.redirect(ACCOUNT.sid, call.sid, Source(twiml=HOLD)))
        told = await stage.callbacks(2)
        assert [params["StatusCallbackEvent"] for params in told] == ["participant-leave", "conference-end"]
        assert [up.sid for up in stage.controller.switchboard.calls] == [call.sid]


async def test_ending_the_conference_gives_up_who_is_being_called(stage: Stage) -> None:
    bob = stage.phone("bob")
    sid, _ = await stage.controller.control.add_participant(ACCOUNT.sid, "Room", participant(stage, "bob"))
    await within_deadline(bob.ringing())
    stage.controller.rooms.command(sid, EndConference())
    await within_deadline(bob.wait_ended())
