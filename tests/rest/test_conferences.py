"""What the official SDK can do with conferences, running and over, and the log of what happened in one."""

from datetime import UTC, date, datetime, timedelta

import pytest
from yarl import URL

from ari_conf.audio.tones import tone
from ari_conf.rest.conferences import ConferenceBody, ConferenceFilter, Conferences
from ari_conf.rest.operation import Asked
from ari_conf.settings import RestSettings
from ari_conf.store import ConferenceRow
from tests.calls.by_ear import JINGLE, sound, until_jingle
from tests.rest.desk import Desk
from tests.stage import ACCOUNT, who_hears_whom

OTHER = "AC" + "9" * 32
NAMED = "<Response><Dial><Conference>{}</Conference></Dial></Response>"
TOLD = 'statusCallback="/events" statusCallbackEvent="announcement"'
DAY = 86_400.0
NOON = datetime(2021, 3, 5, 12, tzinfo=UTC).timestamp()


def over(number: int, *, days: float = 0.0, name: str = "Old", account: str = ACCOUNT.sid) -> ConferenceRow:
    at = NOON + days * DAY
    return ConferenceRow(
        sid=f"CF{number:032x}",
        account_sid=account,
        friendly_name=name,
        status="completed",
        created_at=at,
        updated_at=at + DAY,
        ended_at=at + DAY,
        reason_ended="last-participant-left",
        call_sid_ending="CA" + "1" * 32,
    )


async def test_a_running_conference_is_listed_and_fetched(desk: Desk) -> None:
    await desk.room("ann", "bob")
    (listed,) = await desk.ask(desk.client.conferences.list)
    assert (listed.sid, listed.friendly_name, listed.status) == (desk.conference.sid, "Room", "in-progress")
    fetched = await desk.ask(desk.client.conferences(listed.sid).fetch)
    assert fetched.date_created is not None
    assert fetched.date_created.timestamp() == int(desk.conference.created_at)
    assert fetched.date_created.utcoffset() == timedelta(0)


async def test_a_conference_looks_as_at_twilio(desk: Desk) -> None:
    row = over(1)
    desk.stage.controller.store.write([row])
    uri = f"/2010-04-01/Accounts/{ACCOUNT.sid}/Conferences/{row.sid}"
    status, _, body = await desk.raw("GET", f"/Conferences/{row.sid}.json")
    assert status == 200
    assert body == {
        "account_sid": ACCOUNT.sid,
        "api_version": "2010-04-01",
        "date_created": "Fri, 05 Mar 2021 12:00:00 +0000",
        "date_updated": "Sat, 06 Mar 2021 12:00:00 +0000",
        "friendly_name": "Old",
        "region": None,
        "sid": row.sid,
        "status": "completed",
        "subresource_uris": {"participants": f"{uri}/Participants.json", "recordings": f"{uri}/Recordings.json"},
        "uri": f"{uri}.json",
        "reason_conference_ended": "last-participant-left",
        "call_sid_ending_conference": "CA" + "1" * 32,
    }


async def test_ending_a_conference_is_heard_and_told(either_desk: Desk) -> None:
    desk = either_desk
    phones = await desk.room("ann", "bob")
    sid = desk.conference.sid
    await who_hears_whom(phones, {"ann": {"bob"}, "bob": {"ann"}})
    ended = await desk.ask(desk.client.conferences(sid).update, status="completed")
    assert (ended.status, ended.reason_conference_ended) == ("completed", "conference-ended-via-api")
    assert ended.call_sid_ending_conference is None
    for phone in phones:
        await phone.wait_ended()
    conference = desk.client.conferences(sid)
    assert await desk.refusal(conference.update, status="completed") == (400, 16022)
    assert await desk.refusal(conference.update, announce_url="http://127.0.0.1:1/") == (400, 16022)
    assert await desk.ask(conference.participants.list) == []
    assert await desk.refusal(conference.participants("CA" + "0" * 32).fetch) == (404, 20404)


async def test_a_name_that_is_used_again_is_another_conference(desk: Desk) -> None:
    (ann,) = await desk.room("ann")
    first = desk.conference.sid
    await ann.hang_up()
    await desk.stage.until(lambda: not desk.stage.controller.rooms.conferences)
    await desk.room("bob")
    listed = await desk.ask(desk.client.conferences.list, friendly_name="Room")
    assert [one.sid for one in listed] == [desk.conference.sid, first]
    assert [one.status for one in listed] == ["init", "completed"]


async def test_an_announcement_is_heard_by_all(either_desk: Desk) -> None:
    desk = either_desk
    phones = await desk.room("ann", "bob")
    desk.stage.app.voice["/jingle"] = sound(8.0)
    url = desk.stage.app.url("/jingle")
    told = await desk.ask(desk.client.conferences(desk.conference.sid).update, announce_url=url, announce_method="GET")
    assert told.status == "in-progress"
    for phone in phones:
        await until_jingle(phone)
    (asked,) = [request for request in desk.stage.app.requests if request.path == "/jingle"]
    assert (asked.method, asked.params["ConferenceSid"]) == ("GET", desk.conference.sid)


async def test_a_document_of_a_sound_that_is_here_is_announced_to_all(either_desk: Desk) -> None:
    desk = either_desk
    phones = await desk.room("ann", "bob", twiml=NAMED.replace("Conference>{}", f"Conference {TOLD}>Room"))
    uploaded = await desk.stage.controller.sounds.add(tone(JINGLE, 1.5))
    document = f"<Response><Play>/media/{uploaded.path.name}</Play></Response>"
    status, _, _ = await desk.raw("POST", f"/Conferences/{desk.conference.sid}.json", data={"AnnounceTwiml": document})
    assert status == 200
    for phone in phones:
        await until_jingle(phone)
    (told,) = await desk.stage.callbacks(1)
    assert (told["StatusCallbackEvent"], told["AnnounceUrl"]) == ("announcement-end", "")
    assert desk.stage.controller.notifications.of_account(ACCOUNT.sid) == []


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("Hello", 12100),
        (" ", 11770),
        ("<Answer/>", 12102),
        ("<Response><Say>Hello</Say><Hangup/></Response>", 13238),
        ("<Response><Say>" + 4000 * "a" + "</Say></Response>", 20001),
    ],
)
async def test_what_is_no_document_to_be_played_is_refused_at_once(desk: Desk, document: str, code: int) -> None:
    await desk.room("ann", "bob")
    sid = desk.conference.sid
    for path in (
        f"/Conferences/{sid}.json",
        f"/Conferences/{sid}/Participants/{next(iter(desk.conference.participants))}.json",
    ):
        status, _, body = await desk.raw("POST", path, data={"AnnounceTwiml": document})
        assert (status, body["code"]) == (400, code)
        assert body["message"].startswith("AnnounceTwiml is not valid: ")


async def test_one_announcement_at_a_time(desk: Desk) -> None:
    await desk.room("ann", "bob")
    both = {"AnnounceTwiml": "<Response/>", "AnnounceUrl": "http://127.0.0.1:1/"}
    status, _, body = await desk.raw("POST", f"/Conferences/{desk.conference.sid}.json", data=both)
    assert (status, body["code"]) == (400, 20001)


async def test_an_announcement_before_the_start_is_refused(desk: Desk) -> None:
    await desk.room("ann")
    update = desk.client.conferences(desk.conference.sid).update
    assert await desk.refusal(update, announce_url="http://127.0.0.1:1/") == (400, 16001)
    assert await desk.refusal(update, announce_url="gopher://x") == (400, 16002)
    assert await desk.refusal(update, status="init") == (400, 20001)


async def test_nothing_to_update_is_the_conference_as_it_is(desk: Desk) -> None:
    await desk.room("ann")
    assert (await desk.ask(desk.client.conferences(desk.conference.sid).update)).status == "init"


async def test_lists_are_filtered(desk: Desk) -> None:
    rows = [over(1), over(2, days=1, name="Other"), over(3, days=2), over(4, account=OTHER)]
    desk.stage.controller.store.write(rows)
    await desk.room("ann", twiml=NAMED.format("New"))
    new, one, other, three = desk.conference.sid, rows[0].sid, rows[1].sid, rows[2].sid

    async def sids(**filters: object) -> list[str | None]:
        return [found.sid for found in await desk.ask(desk.client.conferences.list, **filters)]

    assert await sids() == [new, three, other, one]
    assert await sids(status="completed") == [three, other, one]
    assert await sids(status="init") == [new]
    assert await sids(status="in-progress") == []
    assert await sids(friendly_name="Other") == [other]
    assert await sids(friendly_name="other") == []
    assert await sids(date_created=date(2021, 3, 6)) == [other]
    assert await sids(date_created_after=date(2021, 3, 6)) == [new, three, other]
    assert await sids(date_created_before=date(2021, 3, 6)) == [one]
    assert await sids(date_updated=date(2021, 3, 6)) == [one]
    assert await sids(date_updated_after=date(2021, 3, 7), date_updated_before=date(2021, 3, 8)) == [other]
    assert await sids(page_size=1) == [new, three, other, one]
    assert await desk.refusal(desk.client.conferences(rows[3].sid).fetch) == (404, 20404)


async def test_without_a_filter_only_those_in_progress_if_it_is_set_so(desk: Desk) -> None:
    controller = desk.stage.controller
    controller.store.write([over(1)])
    await desk.room("ann", "bob")
    resource = Conferences(controller.rooms, controller.store, RestSettings(unfiltered_conferences="in-progress"))

    async def sids(wanted: ConferenceFilter) -> list[str]:
        page = await resource.list(Asked(ACCOUNT, wanted, {}, ".json", URL("/"), by_token=True))
        return [one.sid for one in page.items if isinstance(one, ConferenceBody)]

    assert await sids(ConferenceFilter()) == [desk.conference.sid]
    assert await sids(ConferenceFilter.model_validate({"Status": "completed"})) == [over(1).sid]


async def test_one_that_an_earlier_life_has_lost_is_over(desk: Desk) -> None:
    lost = ConferenceRow(
        sid="CF" + "a" * 32,
        account_sid=ACCOUNT.sid,
        friendly_name="Lost",
        status="in-progress",
        created_at=NOON,
        updated_at=NOON,
    )
    desk.stage.controller.store.write([lost])
    assert (await desk.ask(desk.client.conferences(lost.sid).fetch)).status == "completed"
    assert [one.sid for one in await desk.ask(desk.client.conferences.list, status="completed")] == [lost.sid]
    assert await desk.refusal(desk.client.conferences(lost.sid).update, status="completed") == (400, 16022)


async def test_the_events_of_a_conference(desk: Desk) -> None:
    ann, _ = await desk.room("ann", "bob")
    sid = desk.conference.sid
    a, b = desk.conference.participants
    await ann.hang_up()
    await desk.stage.until(lambda: a not in desk.conference.participants)
    status, _, body = await desk.raw("GET", f"/Conferences/{sid}/Events.json")
    assert status == 200
    told = [(one["number"], one["event"], one["call_sid"]) for one in body["events"]]
    assert told == [
        (1, "participant-join", a),
        (2, "participant-join", b),
        (3, "conference-start", None),
        (4, "participant-leave", a),
    ]
    assert body["events"][3]["details"] == {"reason": "participant_hung_up", "call_status": "completed"}
    _, _, page = await desk.raw("GET", f"/Conferences/{sid}/Events.json?PageSize=3")
    _, _, rest = await desk.raw("GET", page["next_page_uri"].partition(ACCOUNT.sid)[2])
    assert [one["number"] for one in rest["events"]] == [4]
    assert (await desk.raw("GET", f"/Conferences/CF{'0' * 32}/Events.json"))[0] == 404
