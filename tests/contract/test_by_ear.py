"""Who hears whom: the same on the Python mixer and on a real Asterisk with SIP phones."""

import asyncio

from ari_conf.phones.phone import AUDIBLE
from tests.stage import ACCOUNT, Stage, listen, until_heard, voices, who_hears_whom, within_deadline

QUIET = 0.004
"""The level that nothing but rounding and codec noise reaches."""


def conference(attributes: str = "", name: str = "Room 1", dial: str = "") -> str:
    return f"<Response><Dial {dial}><Conference {attributes}>{name}</Conference></Dial></Response>"


async def test_three_hear_each_other_and_nobody_themselves(stage: Stage) -> None:
    phones = await stage.room("ann", "bob", "cid", twiml=conference())
    await who_hears_whom(phones, {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})


async def test_one_alone_hears_music_and_is_not_in_progress(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=conference())
    await until_heard([ann], lambda heard: heard["ann"].level > AUDIBLE)
    assert [c.status for c in stage.controller.rooms.conferences] == ["init"]


async def test_before_the_start_there_is_music_and_no_voice_and_after_it_voices_and_no_music(stage: Stage) -> None:
    ann, bob = await stage.room("ann", "bob", twiml=conference('startConferenceOnEnter="false"'))
    heard = await until_heard([ann, bob], lambda heard: all(ear.level > AUDIBLE for ear in heard.values()))
    assert [voices(ear) for ear in heard.values()] == [set(), set()]
    (cid,) = await stage.room("cid", twiml=conference('startConferenceOnEnter="true"'))
    phones = [ann, bob, cid]
    await who_hears_whom(phones, {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
    for phone in phones:
        phone.talk(on=False)
    await until_heard(phones, lambda heard: all(ear.level < QUIET for ear in heard.values()))


async def test_who_joins_a_running_conference_with_start_false_is_live_at_once(stage: Stage) -> None:
    ann, bob = await stage.room("ann", "bob", twiml=conference())
    (cid,) = await stage.room("cid", twiml=conference('startConferenceOnEnter="false"'))
    await who_hears_whom([ann, bob, cid], {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})


async def test_who_has_left_is_heard_no_more_and_the_last_one_hears_silence(stage: Stage) -> None:
    ann, bob, cid = await stage.room("ann", "bob", "cid", twiml=conference())
    await bob.hang_up()
    await who_hears_whom([ann, cid], {"ann": {"cid"}, "cid": {"ann"}})
    await cid.hang_up()
    await until_heard([ann], lambda heard: heard["ann"].level < QUIET)


async def test_a_muted_participant_hears_and_is_not_heard(stage: Stage) -> None:
    ann, bob = await stage.room("ann", "bob", twiml=conference())
    (cid,) = await stage.room("cid", twiml=conference('muted="true"'))
    await who_hears_whom([ann, bob, cid], {"ann": {"bob"}, "bob": {"ann"}, "cid": {"ann", "bob"}})
    assert "cid" not in voices(ann.recording()), "a muted participant was heard for a moment"


async def test_a_participant_who_waits_muted_stays_muted_after_the_start(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=conference('muted="true"'))
    (bob,) = await stage.room("bob", twiml=conference())
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": set()})


async def test_the_moderators_leaving_ends_it_for_all(stage: Stage) -> None:
    ann, bob = await stage.room("ann", "bob", twiml=conference('startConferenceOnEnter="false"'))
    (cid,) = await stage.room("cid", twiml=conference('endConferenceOnExit="true"'))
    await who_hears_whom([ann, bob, cid], {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
    await cid.hang_up()
    await within_deadline(asyncio.gather(ann.wait_ended(), bob.wait_ended()))


async def test_an_empty_wait_url_is_silence(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=conference('waitUrl=""'))
    heard = await listen([ann], 1.0)
    assert heard["ann"].level < QUIET
    (bob,) = await stage.room("bob")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_two_rooms_do_not_hear_each_other(stage: Stage) -> None:
    one = await stage.room("ann", "bob", twiml=conference(name="Room 1"))
    two = await stage.room("cid", "dee", twiml=conference(name="room 1"))
    await who_hears_whom([*one, *two], {"ann": {"bob"}, "bob": {"ann"}, "cid": {"dee"}, "dee": {"cid"}})


async def test_five_at_once_are_in_one_room(stage: Stage) -> None:
    stage.answer(conference())
    names = ["ann", "bob", "cid", "dee", "eve"]
    phones = [stage.phone(name) for name in names]
    await asyncio.gather(*(phone.dial("room") for phone in phones))
    await who_hears_whom(phones, {name: set(names) - {name} for name in names})
    assert len(stage.controller.rooms.conferences) == 1


async def test_as_many_as_are_allowed_get_in_at_the_same_instant(stage: Stage) -> None:
    stage.answer(conference('maxParticipants="3"'))
    phones = [stage.phone(name) for name in ("ann", "bob", "cid", "dee", "eve")]
    await asyncio.gather(*(phone.dial("room") for phone in phones))
    await stage.until(lambda: noted(stage) == [16020, 16020])
    assert [len(room.participants) for room in stage.controller.rooms.conferences] == [3]


async def test_one_of_two_with_the_same_label_gets_in_at_the_same_instant(stage: Stage) -> None:
    stage.answer(conference('participantLabel="agent"'))
    phones = [stage.phone(name) for name in ("ann", "bob")]
    await asyncio.gather(*(phone.dial("room") for phone in phones))
    await stage.until(lambda: noted(stage) == [16025])
    assert [len(room.participants) for room in stage.controller.rooms.conferences] == [1]


def noted(stage: Stage) -> list[int]:
    return [int(notification.code) for notification in stage.controller.notifications.of_account(ACCOUNT.sid)]


async def test_a_second_conference_on_the_same_call_is_as_good_as_the_first(stage: Stage) -> None:
    dials = "<Dial hangupOnStar='true'><Conference>A</Conference></Dial><Dial><Conference>B</Conference></Dial>"
    ann, bob = await stage.room("ann", "bob", twiml=f"<Response>{dials}</Response>")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await ann.press("*")
    await until_heard([ann], lambda heard: heard["ann"].level > AUDIBLE and not voices(heard["ann"]))
    await bob.press("*")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
