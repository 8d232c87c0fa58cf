"""What the official SDK can do with participants; what REST says and what the phones hear agree."""

import asyncio
import re
from collections.abc import Mapping

import pytest

from ari_conf.conference import AudioProgram, Exit
from ari_conf.phones.phone import AUDIBLE
from tests.calls.by_ear import JINGLE, for_a_moment, sound, until_jingle
from tests.rest.desk import ROOM, Desk
from tests.stage import ACCOUNT, who_hears_whom

LABELLED = '<Response><Dial><Conference participantLabel="{}">Room</Conference></Dial></Response>'
APPLICATION = "http://127.0.0.1:1/nothing-there"


async def test_muting_is_heard_and_told(either_desk: Desk) -> None:
    desk = either_desk
    ann, bob = phones = await desk.room("ann", "bob")
    room = desk.client.conferences(desk.conference.sid)
    sid = next(iter(desk.conference.participants))
    assert (await desk.ask(room.participants(sid).update, muted=True)).muted is True
    await who_hears_whom(phones, {ann.name: {"bob"}, bob.name: set()})
    assert [one.call_sid for one in await desk.ask(room.participants.list, muted=True)] == [sid]
    assert (await desk.ask(room.participants(sid).update, muted=False)).muted is False
    await who_hears_whom(phones, {ann.name: {"bob"}, bob.name: {"ann"}})


async def test_hold_is_heard_and_told(either_desk: Desk) -> None:
    desk = either_desk
    ann, bob = phones = await desk.room("ann", "bob")
    room = desk.client.conferences(desk.conference.sid)
    sid = next(iter(desk.conference.participants))
    assert (await desk.ask(room.participants(sid).update, hold=True, hold_url="")).hold is True
    await who_hears_whom(phones, {ann.name: set(), bob.name: set()})
    assert [one.call_sid for one in await desk.ask(room.participants.list, hold=True)] == [sid]
    assert (await desk.ask(room.participants(sid).update, hold=False)).hold is False
    await who_hears_whom(phones, {ann.name: {"bob"}, bob.name: {"ann"}})


async def test_a_participant_looks_as_at_twilio(desk: Desk) -> None:
    await desk.room("ann", "bob")
    conference = desk.conference
    call_sid = next(iter(conference.participants))
    path = f"/Conferences/{conference.sid}/Participants/{call_sid}"
    status, headers, body = await desk.raw("GET", f"{path}.json")
    assert status == 200
    assert re.fullmatch(r"RQ[0-9a-f]{32}", headers["Twilio-Request-Id"])
    date = r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000"
    assert re.fullmatch(date, body.pop("date_created"))
    assert re.fullmatch(date, body.pop("date_updated"))
    assert body == {
        "account_sid": conference.account_sid,
        "call_sid": call_sid,
        "label": None,
        "conference_sid": conference.sid,
        "end_conference_on_exit": False,
        "muted": False,
        "hold": False,
        "status": "connected",
        "start_conference_on_enter": True,
        "coaching": False,
        "call_sid_to_coach": None,
        "queue_time": None,
        "talking": False,
        "uri": f"/2010-04-01/Accounts/{conference.account_sid}{path}.json",
    }
    assert (await desk.raw("GET", path))[0] == 200


@pytest.mark.parametrize("label", ["agent", "Anna Müller", "50% off", "a.json", "a+b&c=d", "~(x)"])
async def test_a_participant_goes_by_its_label(desk: Desk, label: str) -> None:
    shown = label.replace("&", "&amp;")
    await desk.room("ann", twiml=LABELLED.format(shown))
    participant = desk.client.conferences(desk.conference.sid).participants(label)
    fetched = await desk.ask(participant.fetch)
    assert (fetched.label, fetched.call_sid) == (label, next(iter(desk.conference.participants)))
    assert await desk.ask(participant.delete)
    assert await desk.refusal(participant.fetch) == (404, 20404)


async def test_a_label_that_the_sdk_does_not_quote(desk: Desk) -> None:
    await desk.room("ann", twiml=LABELLED.format("?#;"))
    status, _, body = await desk.raw("GET", f"/Conferences/{desk.conference.sid}/Participants/%3F%23%3B.json")
    assert (status, body["label"]) == (200, "?#;")


async def test_a_kicked_participant_has_gone(desk: Desk) -> None:
    ann, *_ = await desk.room("ann", "bob", "cid")
    conference = desk.conference
    participant = desk.client.conferences(conference.sid).participants(next(iter(conference.participants)))
    assert await desk.ask(participant.delete)
    await ann.wait_ended()
    assert await desk.refusal(participant.delete) == (404, 20404)
    assert await desk.refusal(participant.update, muted=True) == (404, 20404)
    listed = await desk.ask(desk.client.conferences(conference.sid).participants.list)
    assert len(listed) == 2


async def test_coaching(either_desk: Desk) -> None:
    desk = either_desk
    ann, bob, cid = phones = await desk.room("ann", "bob", "cid")
    a, b, _ = desk.conference.participants
    room = desk.client.conferences(desk.conference.sid)
    coach = await desk.ask(room.participants(a).update, coaching=True, call_sid_to_coach=b)
    assert (coach.coaching, coach.call_sid_to_coach) == (True, b)
    await who_hears_whom(phones, {ann.name: {"bob", "cid"}, bob.name: {"ann", "cid"}, cid.name: {"bob"}})
    assert [one.call_sid for one in await desk.ask(room.participants.list, coaching=True)] == [a]
    barged = await desk.ask(room.participants(a).update, coaching=False)
    assert (barged.coaching, barged.call_sid_to_coach) == (False, None)
    await who_hears_whom(phones, {ann.name: {"bob", "cid"}, bob.name: {"ann", "cid"}, cid.name: {"ann", "bob"}})


async def test_who_cannot_be_coached(desk: Desk) -> None:
    await desk.room("ann", "bob")
    a, b = desk.conference.participants
    room = desk.client.conferences(desk.conference.sid)
    assert await desk.refusal(room.participants(a).update, coaching=True) == (400, 16002)
    assert await desk.refusal(room.participants(a).update, call_sid_to_coach="CA" + "0" * 32) == (400, 16028)
    await desk.ask(room.participants(b).update, hold=True)
    assert await desk.refusal(room.participants(a).update, call_sid_to_coach=b) == (400, 16027)


async def test_a_coach_cannot_be_coached(desk: Desk) -> None:
    ann, bob, cid = phones = await desk.room("ann", "bob", "cid")
    a, b, c = desk.conference.participants
    participants = desk.client.conferences(desk.conference.sid).participants
    await desk.ask(participants(a).update, coaching=True, call_sid_to_coach=b)
    for coach, coached in ((c, a), (b, c), (b, a)):
        assert await desk.refusal(participants(coach).update, call_sid_to_coach=coached) == (400, 16000)
    assert await desk.refusal(participants.create, from_="+15550001111", to="+15550002222", call_sid_to_coach=a) == (400, 16000)
    await who_hears_whom(phones, {ann.name: {"bob", "cid"}, bob.name: {"ann", "cid"}, cid.name: {"bob"}})


async def test_an_update_is_carried_out_whole_or_not_at_all(desk: Desk) -> None:
    await desk.room("ann", "bob")
    conference = desk.conference
    a, _ = conference.participants
    update = desk.client.conferences(conference.sid).participants(a).update
    assert await desk.refusal(update, muted=True, hold=True, announce_url=APPLICATION) == (400, 16001)
    assert await desk.refusal(update, muted=True, call_sid_to_coach="CA" + "0" * 32) == (400, 16028)
    assert desk.conference == conference


async def test_changing_what_counts_at_the_end(desk: Desk) -> None:
    ann, bob = await desk.room("ann", "bob")
    sid = desk.conference.sid
    a, _ = desk.conference.participants
    update = desk.client.conferences(sid).participants(a).update
    changed = await desk.ask(update, end_conference_on_exit=True, beep_on_exit=False)
    assert changed.end_conference_on_exit is True
    await ann.hang_up()
    await bob.wait_ended()
    ended = await desk.ask(desk.client.conferences(sid).fetch)
    assert ended.reason_conference_ended == "participant-with-end-conference-on-exit-left"
    assert ended.call_sid_ending_conference == a


async def test_an_announcement_to_one_is_told_when_it_is_over(desk: Desk) -> None:
    events = 'statusCallback="/events" statusCallbackEvent="announcement"'
    await desk.room("ann", "bob", twiml=ROOM.replace("<Conference>", f"<Conference {events}>"))
    desk.stage.answer("<Response><Say>Hello</Say></Response>", "/hello")
    a, _ = desk.conference.participants
    url = desk.stage.app.url("/hello")
    await desk.ask(desk.client.conferences(desk.conference.sid).participants(a).update, announce_url=url)
    (told,) = await desk.stage.callbacks(1)
    assert (told["StatusCallbackEvent"], told["CallSid"], told["AnnounceUrl"]) == ("announcement-end", a, url)


async def test_a_document_can_be_announced_to_one(desk: Desk) -> None:
    events = 'statusCallback="/events" statusCallbackEvent="announcement"'
    ann, bob = await desk.room("ann", "bob", twiml=ROOM.replace("<Conference>", f"<Conference {events}>"))
    desk.stage.app.voice["/jingle"] = sound(1.0)
    a, _ = desk.conference.participants
    document = f"<Response><Play>/elsewhere</Play><Play>{desk.stage.app.url('/jingle')}</Play></Response>"
    status, _, _ = await desk.raw(
        "POST", f"/Conferences/{desk.conference.sid}/Participants/{a}.json", data={"AnnounceTwiml": document}
    )
    assert status == 200
    await until_jingle(ann)
    (told,) = await desk.stage.callbacks(1)
    assert (told["StatusCallbackEvent"], told["CallSid"], told["AnnounceUrl"]) == ("announcement-end", a, "")
    # What a relative address belongs to is nowhere said.
    assert [int(note.code) for note in desk.stage.controller.notifications.of_account(ACCOUNT.sid)] == [11100]
    assert for_a_moment(bob.recording(), JINGLE) < AUDIBLE


async def test_the_wait_music_can_be_changed(desk: Desk) -> None:
    await desk.room("ann")
    desk.stage.answer("<Response><Pause length='30'/></Response>", "/wait")
    (a,) = desk.conference.participants
    url = desk.stage.app.url("/wait")
    await desk.ask(desk.client.conferences(desk.conference.sid).participants(a).update, wait_url=url, wait_method="GET")
    asked = await desk.stage.request(lambda params: params.get("ConferenceSid") == desk.conference.sid)
    assert (asked.path, asked.method) == ("/wait", "GET")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"AnnounceUrl": "ftp://host/x"}, 16002),
        ({"AnnounceMethod": "PUT"}, 16002),
        ({"HoldUrl": "nonsense"}, 16002),
        ({"Hold": "maybe"}, 20001),
        ({"CallSidToCoach": "CA12"}, 16002),
    ],
)
async def test_wrong_values(desk: Desk, wrong: Mapping[str, str], code: int) -> None:
    await desk.room("ann", "bob")
    a, _ = desk.conference.participants
    status, _, body = await desk.raw("POST", f"/Conferences/{desk.conference.sid}/Participants/{a}.json", data=wrong)
    assert (status, body["code"]) == (400, code)
    assert body["message"].startswith(next(iter(wrong)))


async def test_muted_is_true_or_not(desk: Desk) -> None:
    await desk.room("ann", "bob")
    a, _ = desk.conference.participants
    path = f"/Conferences/{desk.conference.sid}/Participants/{a}.json"
    assert (await desk.raw("POST", path, data={"Muted": "TRUE"}))[2]["muted"] is True
    assert (await desk.raw("POST", path, data={"Muted": "1"}))[2]["muted"] is False


async def test_who_leaves_while_it_is_updated(desk: Desk) -> None:
    await desk.room("ann", "bob")
    a, _ = desk.conference.participants
    update = desk.client.conferences(desk.conference.sid).participants(a).update
    desk.stage.controller.rooms.leave(a, Exit.HUNG_UP)
    assert await desk.refusal(update, muted=True) == (404, 20404)


async def test_two_kicks_at_once(desk: Desk) -> None:
    await desk.room("ann", "bob")
    a, _ = desk.conference.participants
    path = f"/Conferences/{desk.conference.sid}/Participants/{a}.json"
    answers = await asyncio.gather(*(desk.raw("DELETE", path) for _ in range(2)))
    assert sorted(status for status, *_ in answers) == [204, 404]


async def test_two_updates_at_once_are_both_carried_out(desk: Desk) -> None:
    await desk.room("ann", "bob")
    a, _ = desk.conference.participants
    path = f"/Conferences/{desk.conference.sid}/Participants/{a}.json"
    answers = await asyncio.gather(
        desk.raw("POST", path, data={"Muted": "true"}), desk.raw("POST", path, data={"Hold": "true", "HoldUrl": ""})
    )
    assert [status for status, *_ in answers] == [200, 200]
    assert (desk.conference.participants[a].muted, desk.conference.participants[a].hold) == (True, True)


async def test_unmuting_on_hold_is_heard_after_it(either_desk: Desk) -> None:
    desk = either_desk
    ann, bob = phones = await desk.room("ann", "bob")
    a, _ = desk.conference.participants
    update = desk.client.conferences(desk.conference.sid).participants(a).update
    await desk.ask(update, muted=True, hold=True, hold_url="")
    await who_hears_whom(phones, {ann.name: set(), bob.name: set()})
    unmuted = await desk.ask(update, muted=False)
    assert (unmuted.muted, unmuted.hold) == (False, True)
    await who_hears_whom(phones, {ann.name: set(), bob.name: set()})
    await desk.ask(update, hold=False)
    await who_hears_whom(phones, {ann.name: {"bob"}, bob.name: {"ann"}})


async def test_coaching_somebody_who_has_just_left(desk: Desk) -> None:
    await desk.room("ann", "bob", "cid")
    a, b, _ = desk.conference.participants
    desk.stage.controller.rooms.leave(b, Exit.HUNG_UP)
    update = desk.client.conferences(desk.conference.sid).participants(a).update
    assert await desk.refusal(update, coaching=True, call_sid_to_coach=b) == (400, 16028)


async def test_holding_again_does_not_change_what_is_heard(desk: Desk) -> None:
    await desk.room("ann", "bob")
    a, _ = desk.conference.participants
    update = desk.client.conferences(desk.conference.sid).participants(a).update
    await desk.ask(update, hold=True, hold_url="", hold_method="POST")
    held = desk.conference.participants[a].hold_program
    await desk.ask(update, hold=True)
    assert desk.conference.participants[a].hold_program == held == AudioProgram("", "POST")
    await desk.ask(update, hold_url=APPLICATION)
    assert desk.conference.participants[a].hold_program == AudioProgram(APPLICATION, "GET")


async def test_who_talks_is_told_of_every_room(either_desk: Desk) -> None:
    desk = either_desk
    ann, bob, cid = [desk.stage.phone(name) for name in ("ann", "bob", "cid")]
    desk.stage.answer(ROOM)
    for phone in (ann, bob, cid):
        phone.talk(on=False)
        await phone.dial("room")
    await desk.stage.until(lambda: len(desk.conference.participants) == 3)
    a, _, c = desk.conference.participants
    room = desk.client.conferences(desk.conference.sid)
    await desk.ask(room.participants(c).update, muted=True)
    ann.talk(on=True)
    cid.talk(on=True)
    await desk.stage.until(lambda: a in desk.conference.talking)
    _, _, listed = await desk.raw("GET", f"/Conferences/{desk.conference.sid}/Participants.json")
    assert {one["call_sid"] for one in listed["participants"] if one["talking"]} == {a}
    ann.talk(on=False)
    await desk.stage.until(lambda: a not in desk.conference.talking)
    _, _, listed = await desk.raw("GET", f"/Conferences/{desk.conference.sid}/Events.json")
    told = [(one["event"], one["call_sid"], one["sequence_number"]) for one in listed["events"] if "speech" in one["event"]]
    assert told == [("participant-speech-start", a, None), ("participant-speech-stop", a, None)]
