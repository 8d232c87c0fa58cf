"""Lists, a page at a time."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from yarl import URL

from ari_conf.rest.errors import RestError
from ari_conf.rest.paging import Key, Page, Paging, envelope, in_memory, merged, paginate
from tests.rest.desk import Desk
from tests.stage import ACCOUNT

PATH = "/2010-04-01/Accounts/AC/Things.json"


class Thing(BaseModel):
    number: float
    sid: str


class Filter(Paging):
    colour: str | None = None


def things(*numbers: float) -> list[Thing]:
    return [Thing(number=number, sid=f"CF{index:032x}") for index, number in enumerate(numbers)]


def key(thing: Thing) -> Key:
    return thing.number, thing.sid


async def page(items: Sequence[Thing], *, newest_first: bool = False, **asked: object) -> Page:
    return await paginate(Filter.model_validate(asked), in_memory(items, key, newest_first=newest_first), key, lambda one: one)


def numbers(one: Page) -> list[float]:
    return [thing.number for thing in one.items if isinstance(thing, Thing)]


async def test_three_pages_forwards_and_back() -> None:
    items = things(1, 2, 3, 4, 5)
    first = await page(items, PageSize=2)
    second = await page(items, PageSize=2, Page=1, PageToken=first.next_token)
    third = await page(items, PageSize=2, Page=2, PageToken=second.next_token)
    assert [numbers(one) for one in (first, second, third)] == [[1, 2], [3, 4], [5]]
    assert (first.previous_token, third.next_token) == (None, None)
    back = await page(items, PageSize=2, Page=1, PageToken=third.previous_token)
    again = await page(items, PageSize=2, Page=0, PageToken=back.previous_token)
    assert [numbers(one) for one in (back, again)] == [[3, 4], [1, 2]]
    assert (back.next_token, again.previous_token) == (second.next_token, None)


async def test_the_newest_first() -> None:
    items = things(1, 2, 3)
    first = await page(items, newest_first=True, PageSize=2)
    rest = await page(items, newest_first=True, PageSize=2, Page=1, PageToken=first.next_token)
    assert [numbers(first), numbers(rest)] == [[3, 2], [1]]


async def test_what_comes_and_goes_meanwhile_hides_nothing() -> None:
    items = things(1, 2, 3, 4)
    first = await page(items, newest_first=True, PageSize=2)
    newer = [*things(1, 2, 3), Thing(number=9, sid="CF" + "f" * 32)]  # 4 has gone, 9 has come
    rest = await page(newer, newest_first=True, PageSize=2, Page=1, PageToken=first.next_token)
    assert numbers(rest) == [2, 1]


async def test_a_page_by_its_number() -> None:
    assert numbers(await page(things(1, 2, 3), PageSize=2, Page=1)) == [3]
    assert numbers(await page(things(1, 2, 3), PageSize=2, Page=7)) == []
    with pytest.raises(RestError, match="next_page_uri"):
        await page([], PageSize=1000, Page=101)


@given(
    st.lists(st.floats(0, 10), max_size=12),
    st.lists(st.floats(0, 10), max_size=12),
    st.integers(1, 5),
    st.booleans(),
)
async def test_several_sources_are_one_list(one: list[float], other: list[float], size: int, newest_first: bool) -> None:  # noqa: FBT001
    everything = things(*one, *other)
    here, there = everything[: len(one)], everything[len(one) :]
    source = merged([in_memory(part, key, newest_first=newest_first) for part in (here, there)], key, newest_first=newest_first)
    found: list[BaseModel] = []
    token: str | None = None
    for number in range(len(everything) + 1):
        asked = Filter.model_validate({"PageSize": size, "Page": number, "PageToken": token})
        got = await paginate(asked, source, key, lambda one: one)
        by_number = await paginate(Filter.model_validate({"PageSize": size, "Page": number}), source, key, lambda one: one)
        assert got.items == by_number.items
        found += got.items
        token = got.next_token
        if token is None:
            break
    assert found == sorted(everything, key=key, reverse=newest_first)


async def test_the_envelope_echoes_what_was_asked() -> None:
    got = await page(things(1, 2, 3), PageSize=2, Page=0)
    around = envelope(got, URL(f"{PATH}?Colour=light%20red&Unknown=1&PageSize=2"), PATH)
    assert around.first_page_uri == around.uri == f"{PATH}?Colour=light%20red&PageSize=2&Page=0"
    assert around.next_page_uri == f"{PATH}?Colour=light%20red&PageSize=2&Page=1&PageToken={got.next_token}"
    assert around.previous_page_uri is None
    assert (around.start, around.end, around.page_size) == (0, 1, 2)


async def test_an_empty_list(desk: Desk) -> None:
    _, _, body = await desk.raw("GET", "/Conferences.json?DateCreated%3E=2021-01-01&Status=completed")
    path = f"/2010-04-01/Accounts/{ACCOUNT.sid}/Conferences.json?DateCreated%3E=2021-01-01&Status=completed&PageSize=50&Page=0"
    assert body == {
        "conferences": [],
        "first_page_uri": path,
        "next_page_uri": None,
        "previous_page_uri": None,
        "uri": path,
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": 0,
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("PageSize=0", 20007),
        ("PageSize=1001", 20007),
        ("PageSize=many", 20007),
        ("PageToken=nonsense", 21481),
        ("Page=-1", 20001),
        ("DateCreated=2021-02-30", 20001),
        ("DateCreated=2021-01-01T00:00:00Z", 20001),
        ("Status=over", 20001),
    ],
)
async def test_wrong_questions(desk: Desk, query: str, code: int) -> None:
    status, _, body = await desk.raw("GET", f"/Conferences.json?{query}")
    assert (status, body["code"]) == (400, code)


async def test_the_sdk_turns_the_pages(desk: Desk) -> None:
    await desk.room("ann", "bob", "cid")
    participants = desk.client.conferences(desk.conference.sid).participants
    listed = await desk.ask(participants.list, page_size=1)
    assert [one.call_sid for one in listed] == list(desk.conference.participants)[::-1]
    first = await desk.ask(participants.page, page_size=2)
    second = await desk.ask(first.next_page)
    back = await desk.ask(second.previous_page)
    assert [one.call_sid for one in back] == [one.call_sid for one in listed[:2]]
