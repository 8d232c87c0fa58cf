"""Conferences that have just ended: how long, and how many."""

from ari_conf.dashboard.live_ended import MOST_SHOWN, JustEnded
from ari_conf.dashboard.views import ConferenceHead, head_of_row
from ari_conf.store import ConferenceRow


def ended(sid: str, at: float, account_sid: str = "AC1") -> ConferenceHead:
    row = ConferenceRow(
        sid=sid, account_sid=account_sid, friendly_name=sid, status="completed", created_at=0.0, updated_at=at, ended_at=at
    )
    return head_of_row(row)


def test_each_is_forgotten_after_ten_minutes() -> None:
    just_ended = JustEnded()
    for sid, at, account_sid in (("CF1", 100.0, "AC1"), ("CF2", 200.0, "AC2"), ("CF3", 300.0, "AC1")):
        assert just_ended.add(ended(sid, at, account_sid)) is None
    assert just_ended.forget_older(699.0) == []
    assert just_ended.forget_older(700.0) == ["CF1"]
    assert (just_ended.get("CF1"), just_ended.sids) == (None, ["CF2", "CF3"])
    assert sorted(just_ended.forget_older(2000.0)) == ["CF2", "CF3"]
    assert just_ended.sids == []


def test_an_account_with_many_shows_the_latest_and_keeps_anothers() -> None:
    just_ended = JustEnded()
    just_ended.add(ended("CF of another", 1.0, "AC2"))
    gone = [just_ended.add(ended(f"CF{number}", float(number))) for number in range(MOST_SHOWN + 2)]
    assert gone == [None] * MOST_SHOWN + ["CF0", "CF1"]
    assert just_ended.sids == ["CF of another", *(f"CF{number}" for number in range(2, MOST_SHOWN + 2))]
