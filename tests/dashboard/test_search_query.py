"""What is written into the search, and what it means."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_conf.dashboard.search_query import LONGEST, MOST_WORDS, Query, QueryError, parse_query

CALL = "CA" + "1a" * 16


def at(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("  \t ", Query()),
        ("support 4711", Query(texts=("support", "4711"))),
        ('"town hall" x', Query(texts=("town hall", "x"))),
        ('"town hall', Query(texts=("town hall",))),
        ('room:"town hall" ROOM:x', Query(rooms=("town hall", "x"))),
        ("label:chief number:+49", Query(labels=("chief",), numbers=("+49",))),
        ("sip:bob@example.org client:bob", Query(texts=("sip:bob@example.org", "client:bob"))),
        ("number:sip:bob", Query(numbers=("sip:bob",))),
        ("room: support", Query(texts=("room:", "support"))),
        ('room:""', Query()),
        ('""', Query()),
        ("100% _", Query(texts=("100%", "_"))),
        (CALL.lower(), Query(sids=(CALL,))),
        ("CF12ab", Query(texts=("CF12ab",))),
        ("cafe", Query(texts=("cafe",))),
        ("call:CA12AB", Query(calls=("CA12ab",))),
        (f"account:AC{'0' * 32}", Query(accounts=("AC" + "0" * 32,))),
        ("status:completed status:Waiting", Query(statuses=("completed", "init"))),
        ("after:2026-11-01", Query(after=at(2026, 11, 1))),
        ("before:2026-11-02T10:00", Query(before=at(2026, 11, 2, 10))),
        ("before:2026-11-02T10:00+01:00", Query(before=at(2026, 11, 2, 9))),
        (
            "after:2026-11-01 after:2026-11-03 before:2026-12-05 before:2026-12-01",
            Query(after=at(2026, 11, 3), before=at(2026, 12, 1)),
        ),
    ],
)
def test_what_is_written_and_what_it_means(text: str, query: Query) -> None:
    assert parse_query(text) == query


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("after:yesterday", "2026-11-02"),
        ("before:2026-13-01", "2026-11-02"),
        ("status:gone", "in-progress"),
        ("call:12", "CA"),
        ("account:CA12", "AC"),
        ("x" * (LONGEST + 1), str(LONGEST)),
        ("x " * (MOST_WORDS + 1), "quotation marks"),
    ],
)
def test_what_cannot_be_understood_is_told_with_what_can(text: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        parse_query(text)


@given(st.text(max_size=60))
def test_any_text_is_a_query_or_is_refused(text: str) -> None:
    with contextlib.suppress(QueryError):
        query = parse_query(text)
        assert query.is_empty or text.strip()
        assert all(word.strip() for words in (query.texts, query.rooms, query.labels, query.numbers) for word in words)
