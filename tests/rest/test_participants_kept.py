"""What is kept of a list of participants never hides what has changed since."""

from typing import Any

import pytest

from ari_conf.conference import Exit, SetMuted
from tests.rest.desk import Desk


async def listed(desk: Desk) -> dict[str, dict[str, Any]]:
    """Return the participants as the list has them, by Call SID; each must be as it is alone."""
    path = f"/Conferences/{desk.conference.sid}/Participants"
    _, _, body = await desk.raw("GET", f"{path}.json")
    for one in body["participants"]:
        assert (await desk.raw("GET", f"{path}/{one['call_sid']}.json"))[2] == one
    return {one["call_sid"]: one for one in body["participants"]}


@pytest.mark.parametrize(
    "change",
    [
        {"Muted": "true"},
        {"Hold": "true", "HoldUrl": ""},
        {"EndConferenceOnExit": "true"},
        {"Coaching": "true", "CallSidToCoach": "{b}"},
        {"Muted": "true", "Hold": "true"},
    ],
)
async def test_a_change_is_listed_at_once(desk: Desk, change: dict[str, str]) -> None:
    await desk.room("ann", "bob")
    a, b = desk.conference.participants
    await desk.stage.until(lambda: desk.conference.talking.keys() == desk.conference.participants.keys())
    before = await listed(desk)
    await desk.stage.clock.let_pass(2.0)
    path = f"/Conferences/{desk.conference.sid}/Participants/{a}.json"
    status, _, changed = await desk.raw("POST", path, data={name: value.format(b=b) for name, value in change.items()})
    assert status == 200
    after = await listed(desk)
    assert after == {a: changed, b: before[b]}
    assert after[a] != before[a]
    assert after[a]["date_updated"] != before[a]["date_updated"]


async def test_what_happens_otherwise_is_listed_at_once(desk: Desk) -> None:
    await desk.room("ann", "bob", "cid")
    rooms, sid = desk.stage.controller.rooms, desk.conference.sid
    before = await listed(desk)
    a, b, c = before
    rooms.command(sid, SetMuted(a, muted=True))
    assert await listed(desk) == {**before, a: before[a] | {"muted": True}}
    rooms.leave(b, Exit.HUNG_UP)
    assert await listed(desk) == {a: before[a] | {"muted": True}, c: before[c]}


async def test_who_joins_is_listed_at_once(desk: Desk) -> None:
    await desk.room("ann")
    assert len(await listed(desk)) == 1
    await desk.stage.clock.let_pass(0.02)
    sid = desk.conference.sid
    await desk.stage.room("bob", twiml="<Response><Dial><Conference>Room</Conference></Dial></Response>")
    await desk.stage.until(lambda: len(desk.conference.participants) == 2)
    assert (desk.conference.sid, set(await listed(desk))) == (sid, set(desk.conference.participants))
