"""Two accounts on one controller: each sees its own things, and nothing that it asks for reaches those of the other."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.rest.neighbours import ROOM, Asker, House, house

CALLED = {"From": "+15550001111", "To": "+15550002222"}

FORMS: Mapping[str, Mapping[str, str] | None] = {
    # Right fields, so that nothing else is the reason for a refusal.
    "UpdateConference": {"Status": "completed"},
    "CreateParticipant": CALLED,
    "UpdateParticipant": {"Muted": "true"},
    "DeleteParticipant": None,
    "UpdateConferenceRecording": {"Status": "paused"},
    "DeleteConferenceRecording": None,
    "UpdateCall": {"Status": "completed"},
    "DeleteCall": None,
    "CreateCallRecording": {},
    "UpdateCallRecording": {"Status": "stopped"},
    "DeleteCallRecording": None,
    "DeleteRecording": None,
    "UpdateQueue": {"MaxSize": "1"},
    "DeleteQueue": None,
    "UpdateCallback": {"Status": "owed"},
    "UpdateMember": {"Url": "http://127.0.0.1:9/voice"},
}
WITHOUT_SIDS = {
    "FetchAccount", "CreateCall", "ListCall", "ListCallback", "ListConference", "ListRecording", "ListNotification",
    "CreateQueue", "ListQueue",
}  # fmt: skip
"""Their paths name nothing but the account."""


def crossings(template: str, own: Asker, foreign: Asker) -> Iterator[str]:
    """Yield the path with every mixture of own and foreign SIDs, but for that with own ones alone."""
    names = re.findall(r"\{(\w+)\}", template)
    for whose in itertools.product((foreign, own), repeat=len(names)):
        if foreign in whose:
            path = template
            for name, one in zip(names, whose, strict=True):
                path = path.replace(f"{{{name}}}", one.of(template, name))
            yield path


async def seen(asker: Asker, house: House) -> Mapping[str, Any]:
    """Return all that can be seen of what the account has."""
    found = {}
    for name, (method, template) in house.operations.items():
        if method == "GET":
            found[name] = await asker.asks(method, asker.path(template))
    return found


async def test_every_operation_is_tried() -> None:
    async with house() as both:
        reading = {name for name, (method, _) in both.operations.items() if method in {"GET", "HEAD"}}
        assert both.operations.keys() == reading | FORMS.keys() | WITHOUT_SIDS


@pytest.mark.parametrize(("with_keys", "over"), [(False, False), (True, False), (False, True)])
async def test_what_is_anothers_is_not_there_and_is_not_touched(*, with_keys: bool, over: bool) -> None:
    async with house(with_keys=with_keys, over=over) as both:
        before = [await seen(asker, both) for asker in (both.one, both.other)]
        for found in before:
            assert {name: status for name, (status, _) in found.items() if status != 200} == {}
        let_in = []
        for asker, owner in both.both_ways:
            for name, (method, template) in both.operations.items():
                if name in WITHOUT_SIDS:
                    continue
                tries = [(path, asker.account.sid) for path in crossings(template, asker, owner)]
                tries += [(owner.path(template), owner.account.sid)]
                for path, of in tries:
                    status, _ = await asker.asks(method, path, FORMS.get(name), of)
                    if status != 404:
                        let_in.append((name, path, status))
        assert let_in == []
        assert [await seen(asker, both) for asker in (both.one, both.other)] == before


async def test_lists_of_the_account_have_its_own_alone() -> None:
    async with house() as both:
        for asker, owner in both.both_ways:
            counts = {"Callbacks": 2, "Calls": 4, "Conferences": 2, "Recordings": 4, "Notifications": 3, "Queues": 1}
            for path, count in counts.items():
                _, body = await asker.asks("GET", f"/{path}.json")
                things = body[path.lower()]
                assert [thing["account_sid"] for thing in things] == [asker.account.sid] * count, path
                assert (await asker.asks("GET", f"/{path}.json", of=owner.account.sid))[0] == 404
            call, conference = owner.has["/Calls/{CallSid}"], owner.has["/Conferences/{ConferenceSid}"]
            for by in (f"CallSid={call}", f"ConferenceSid={conference}"):
                status, body = await asker.asks("GET", f"/Recordings.json?{by}")
                assert (status, body["recordings"]) == (200, [])


async def test_a_name_means_ones_own_room() -> None:
    async with house() as both:
        for asker, owner in both.both_ways:
            status, made = await asker.asks("POST", f"/Conferences/{ROOM}/Participants.json", CALLED)
            assert (status, made["conference_sid"]) == (201, asker.has["/Conferences/{ConferenceSid}"])
            conference = owner.has["/Conferences/{ConferenceSid}"]
            status, refused = await asker.asks("POST", f"/Conferences/{conference}/Participants.json", CALLED)
            assert (status, refused["code"]) == (404, 16022)


async def test_nobody_coaches_anothers_participant() -> None:
    async with house() as both:
        for asker, owner in both.both_ways:
            coached = {"Coaching": "true", "CallSidToCoach": owner.has["/Calls/{CallSid}"]}
            room = asker.path("/Conferences/{ConferenceSid}/Participants")
            one = asker.path("/Conferences/{ConferenceSid}/Participants/{CallSid}")
            for path, form in ((f"{room}.json", CALLED | coached), (f"{one}.json", coached)):
                status, refused = await asker.asks("POST", path, form)
                assert (status, refused["code"]) == (400, 16028)


async def test_current_recordings_are_ones_own() -> None:
    async with house() as both:
        for asker, owner in both.both_ways:
            for template in ("/Conferences/{ConferenceSid}", "/Calls/{CallSid}"):
                path = f"{owner.path(template)}/Recordings/Twilio.CURRENT.json"
                for method, form in (("POST", {"Status": "paused"}), ("GET", None)):
                    status, refused = await asker.asks(method, path, form)
                    assert (status, refused["code"]) == (404, 20404)
                one = owner.path(template + "/Recordings/{RecordingSid}")
                assert (await owner.asks("GET", f"{one}.json"))[1]["status"] == "processing"


async def test_the_token_of_another_account_opens_nothing() -> None:
    async with house() as both:
        for asker, owner in both.both_ways:
            stranger = replace(asker, login=(owner.account.sid, asker.account.auth_token))
            assert (await stranger.asks("GET", "/Calls.json"))[0] == 401
