"""Programs that get in each other's way: nothing fails with a 500, and what REST tells in the end is what is heard."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from tests.rest.desk import Desk
from tests.sdk.program import EVENTS, conference, meet
from tests.sdk.races import at_once, gone


async def test_update_while_leaving(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    update = meeting.participant("ann").update
    answers, _ = await asyncio.gather(
        at_once(desk, *(lambda muted=muted: update(muted=muted) for muted in (True, False, True))), meeting["ann"].hang_up()
    )
    assert set(answers) <= {200, 404}
    await gone(meeting, "ann")
    await meeting.agrees({"bob": "cid", "cid": "bob"})
    assert await at_once(desk, lambda: update(muted=True)) == [404]


async def test_kick_twice(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid", twiml=conference(EVENTS))
    delete = meeting.participant("ann").delete
    assert sorted(await at_once(desk, delete, delete)) == [200, 404]
    await gone(meeting, "ann")
    await meeting.agrees({"bob": "cid", "cid": "bob"})
    await desk.stage.request(lambda sent: sent.get("StatusCallbackEvent") == "participant-leave")
    assert len([one for one in desk.stage.app.params("/events") if one["StatusCallbackEvent"] == "participant-leave"]) == 1


async def test_kick_and_hang_up(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    (status,), _ = await asyncio.gather(at_once(desk, meeting.participant("ann").delete), meeting["ann"].hang_up())
    assert status in {200, 404}
    await gone(meeting, "ann")
    await meeting.agrees({"bob": "cid", "cid": "bob"})


async def test_complete_twice(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")

    def complete() -> Any:
        return meeting.room.update(status="completed")

    answers = await at_once(desk, complete, complete)
    assert 200 in answers
    assert set(answers) <= {200, 400}
    for phone in meeting.phones.values():
        await phone.wait_ended()
    assert await at_once(desk, complete) == [400]
    assert await meeting.status() == "completed"
    assert await desk.ask(meeting.room.participants.list) == []


async def test_complete_and_whatever_else(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    ann = meeting.participant("ann")
    answers = await at_once(
        desk,
        lambda: ann.update(muted=True),
        lambda: meeting.room.update(status="completed"),
        lambda: ann.update(hold=True),
        meeting.participant("bob").delete,
        lambda: meeting.participant("cid").update(coaching=True, call_sid_to_coach=meeting.sids["ann"]),
    )
    assert answers[1] == 200
    assert set(answers) <= {200, 400, 404}
    for phone in meeting.phones.values():
        await phone.wait_ended()
    assert await meeting.status() == "completed"


async def test_two_updates_of_the_same_thing(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    update = meeting.participant("ann").update
    for _ in range(3):
        assert await at_once(desk, lambda: update(muted=True), lambda: update(muted=False)) == [200, 200]
        await meeting.agrees()


async def test_hold_and_mute(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    update = meeting.participant("ann").update
    assert await at_once(desk, lambda: update(hold=True, hold_url=""), lambda: update(muted=True)) == [200, 200]
    await meeting.agrees({"ann": "", "bob": "cid", "cid": "bob"})
    assert await at_once(desk, lambda: update(hold=False), lambda: update(muted=False)) == [200, 200]
    await meeting.agrees({"ann": "bob cid", "bob": "ann cid", "cid": "ann bob"})


async def test_hold_and_unhold_many_times(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob")
    update = meeting.participant("ann").update
    calls = [lambda hold=hold: update(hold=hold) for hold in (True, False) * 4]
    assert set(await at_once(desk, *calls)) == {200}
    await meeting.agrees()


async def test_everybody_is_changed(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid", "dee")
    a, b, c = (meeting.participant(name).update for name in ("ann", "bob", "cid"))
    answers = await at_once(
        desk,
        lambda: a(muted=True),
        lambda: b(hold=True, hold_url=""),
        lambda: c(coaching=True, call_sid_to_coach=meeting.sids["dee"]),
    )
    assert answers == [200, 200, 200]
    await meeting.agrees({"ann": "dee", "bob": "", "cid": "dee", "dee": "cid"})


async def test_coach_somebody_who_leaves(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    update = meeting.participant("ann").update
    bob = meeting.sids["bob"]
    (status,), _ = await asyncio.gather(
        at_once(desk, lambda: update(coaching=True, call_sid_to_coach=bob)), meeting["bob"].hang_up()
    )
    assert status in {200, 400}
    await gone(meeting, "bob")
    assert await desk.refusal(update, coaching=True, call_sid_to_coach=bob) == (400, 16028)
    await meeting.agrees()


async def test_coach_each_other(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    a, b = meeting.participant("ann").update, meeting.participant("bob").update
    answers = await at_once(
        desk,
        lambda: a(coaching=True, call_sid_to_coach=meeting.sids["bob"]),
        lambda: b(coaching=True, call_sid_to_coach=meeting.sids["ann"]),
    )
    assert sorted(answers) == [200, 400], "who is coached cannot be a coach"
    await meeting.agrees()


async def test_hold_and_coach_of_the_same(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    answers = await at_once(
        desk,
        lambda: meeting.participant("ann").update(coaching=True, call_sid_to_coach=meeting.sids["bob"]),
        lambda: meeting.participant("bob").update(hold=True, hold_url=""),
    )
    assert set(answers) <= {200, 400}
    await meeting.agrees()


async def test_announce_and_kick(desk: Desk) -> None:
    meeting = await meet(desk, "ann", "bob", "cid")
    desk.stage.answer("<Response><Say>Hello</Say></Response>", "/hello")
    url = desk.stage.app.url("/hello")
    ann = meeting.participant("ann")
    answers = await at_once(desk, lambda: ann.update(announce_url=url), ann.delete, lambda: ann.update(announce_url=url))
    assert answers[1] == 200
    assert set(answers) <= {200, 404}
    await gone(meeting, "ann")
    await meeting.agrees({"bob": "cid", "cid": "bob"})


async def test_a_storm(desk: Desk) -> None:
    """Whatever is asked of whomever, in whichever order it arrives."""
    meeting = await meet(desk, "ann", "bob", "cid", "dee")
    rng = random.Random(5)  # noqa: S311 - it keeps no secret
    names = list(meeting.phones)

    def one() -> Callable[[], Any]:
        update = meeting.participant(rng.choice(names)).update
        coached = meeting.sids[rng.choice(names)]
        changes: dict[str, Any] = rng.choice(
            [
                {"muted": True},
                {"muted": False},
                {"hold": True, "hold_url": ""},
                {"hold": False},
                {"hold": False},
                {"coaching": True, "call_sid_to_coach": coached},
                {"coaching": False},
            ]
        )
        return lambda: update(**changes)

    for _ in range(3):
        assert set(await at_once(desk, *(one() for _ in range(12)))) <= {200, 400}
        await meeting.agrees()


async def test_everybody_hangs_up_while_one_coaches(desk: Desk) -> None:
    """Nothing is left in the engine afterwards, which is looked at after each test."""
    meeting = await meet(desk, "ann", "bob", "cid", "dee", "eve")
    await meeting.update("cid", coaching=True, call_sid_to_coach=meeting.sids["dee"])
    await meeting.update("bob", hold=True, hold_url="")
    await asyncio.gather(*(phone.hang_up() for phone in meeting.phones.values()))
    await desk.stage.until(lambda: not desk.stage.controller.rooms.conferences)
    assert await meeting.status() == "completed"
    assert await desk.ask(meeting.room.participants.list) == []
