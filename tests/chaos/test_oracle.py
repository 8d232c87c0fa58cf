"""The oracle that finds nothing wrong has to be one that finds something where there is something."""

from collections.abc import Callable

import pytest

from ari_conf.conference import (
    ConferenceSettings,
    EndConference,
    Exit,
    Join,
    Leave,
    Participant,
    SetHold,
    SetMuted,
    StatusCallback,
    ToldEvent,
    callback_parameters,
    handle,
    new_conference,
)

from .oracle import EVENTS, Books, Told, Visit

COMMANDS = (
    Join(Participant("CAann", "ann"), ConferenceSettings(StatusCallback("http://app.example/", events=EVENTS))),
    Join(Participant("CAbob", "bob")),
    SetMuted("CAbob", muted=True),
    SetMuted("CAbob", muted=False),
    Join(Participant("CAcid", "cid")),
    SetHold("CAcid", hold=True),
    Leave("CAcid", Exit.KICKED),
    Leave("CAbob"),
)


def told(*more: EndConference | Leave) -> list[Told]:
    """Return the callbacks of a conference with ann, bob and cid, whom ``more`` ends, if it does."""
    conference = new_conference(sid="CF1", account_sid="AC1", friendly_name="board", now=0.0)
    callbacks: list[Told] = []
    for command in (*COMMANDS, *more):
        conference, events = handle(conference, command, 0.0)
        callbacks += [callback_parameters(conference, event) for event in events if isinstance(event, ToldEvent)]
    return callbacks


def visits(*, ann_over: bool) -> list[Visit]:
    return [
        Visit("board", "ann", over=ann_over),
        Visit("board", "bob", ["participant-mute", "participant-unmute"], over=True),
        Visit("board", "cid", ["participant-hold"], over=True),
    ]


def booked(callbacks: list[Told]) -> Books:
    books = Books()
    for number, one in enumerate(callbacks):
        books.take(f"token {number}", one)
    return books


@pytest.mark.parametrize(("more", "ann_over"), [((), False), ((Leave("CAann"),), True), ((EndConference(),), True)])
def test_what_was_told_by_the_rules_is_right(more: tuple[EndConference | Leave, ...], *, ann_over: bool) -> None:
    verdict = booked(told(*more)).verdict(visits(ann_over=ann_over))
    assert (verdict.lost, verdict.doubled, verdict.wrong) == ((), (), ())


def test_a_callback_that_comes_again_with_its_token_is_one() -> None:
    books = booked(told())
    books.take("token 0", told()[0])
    assert books.count == len(told())
    assert books.verdict(visits(ann_over=False)).doubled == ()


def without(number: int) -> Callable[[list[Told]], list[Told]]:
    return lambda callbacks: [one for one in callbacks if one["SequenceNumber"] != str(number)]


@pytest.mark.parametrize("number", range(1, len(told()) + 1))
def test_a_callback_that_is_missing_is_lost(number: int) -> None:
    assert booked(without(number)(told())).verdict(visits(ann_over=False)).lost


@pytest.mark.parametrize("number", range(len(told())))
def test_a_callback_that_comes_with_another_token_is_doubled(number: int) -> None:
    assert booked([*told(), told()[number]]).verdict(visits(ann_over=False)).doubled


def test_a_token_with_another_callback_is_doubled() -> None:
    books = booked(told())
    books.take("token 0", told()[1])
    assert books.verdict(visits(ann_over=False)).doubled


def test_what_happened_and_was_not_told_is_lost() -> None:
    world = visits(ann_over=False)
    world[1].changes.append("participant-hold")
    assert booked(told()).verdict([*world, Visit("board", "dee")]).lost == (
        "participant-hold of bob in board",
        "participant-join of dee in board",
    )


def test_what_was_told_and_has_not_happened_is_doubled() -> None:
    assert booked(told()).verdict(visits(ann_over=False)[:2]).doubled == (
        "['participant-join', 'participant-hold', 'participant-leave'] of ('board', 'cid'), who was not there",
    )


@pytest.mark.parametrize(
    ("number", "wrong"),
    [(2, {"Muted": "true"}), (3, {"StatusCallbackEvent": "conference-end"}), (4, {"CallSid": "CAann"}), (7, {"Hold": "false"})],
)
def test_what_the_rules_would_not_have_told_is_wrong(number: int, wrong: dict[str, str]) -> None:
    callbacks = [one | wrong if one["SequenceNumber"] == str(number) else one for one in map(dict, told())]
    assert booked(list(callbacks)).verdict(visits(ann_over=False)).wrong


def test_a_conference_that_ends_has_to_say_so() -> None:
    callbacks = told(Leave("CAann"))
    assert callbacks[-1]["StatusCallbackEvent"] == "conference-end"
    assert booked(callbacks[:-1]).verdict(visits(ann_over=True)).wrong
