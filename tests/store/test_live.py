"""What is live: kept with what has made it so, gone when it is over, and passed over if another version has kept it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import pytest
from structlog.testing import capture_logs

from ari_conf.live import Keeper
from ari_conf.store import Store

from .rows import conference, live


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Thing:
    """Of all that live things are made of."""

    name: str
    colours: frozenset[Colour] = frozenset()
    moment: float | None = None
    parts: tuple["Thing", ...] = ()
    by_name: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


THINGS = Keeper("thing", Thing)
THING = Thing("Zoë\0 🎉", frozenset({Colour.RED}), 1_760_000_000.123456, (Thing("part"),), MappingProxyType({"a": 1}))


async def test_a_value_comes_back_as_it_was(store: Store) -> None:
    store.write([THINGS.row("T1", THING), live()])
    await store.flush()
    assert await THINGS.read(store) == {"T1": THING}


async def test_what_is_over_is_gone_in_whatever_transaction_it_was_kept(store: Store) -> None:
    store.write([THINGS.row("T1", THING), THINGS.row("T2", THING)])
    store.write([THINGS.over("T1"), THINGS.row("T2", Thing("other")), conference()])
    await store.flush()
    assert await THINGS.read(store) == {"T2": Thing("other")}
    store.write([THINGS.over("T2"), THINGS.over("T9")])
    store.write([THINGS.row("T1", THING)])
    await store.flush()
    assert await THINGS.read(store) == {"T1": THING}


@pytest.mark.parametrize("data", ["", "{", "[]", '{"colours": ["green"], "name": "x"}'])
async def test_what_cannot_be_read_is_told_and_left_out(store: Store, data: str) -> None:
    bad = THINGS.row("T1", THING)
    store.write([THINGS.row("T2", THING), type(bad)(kind="thing", sid="T1", data=data)])
    await store.flush()
    with capture_logs() as logs:
        assert await THINGS.read(store) == {"T2": THING}
    assert [(line["log_level"], line["sid"]) for line in logs] == [("error", "T1")]
