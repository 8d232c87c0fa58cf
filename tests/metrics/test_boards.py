"""The board, the alert rules and the documentation, against what /metrics has."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml

from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.media.local import LocalEngine
from ari_conf.settings import ServerSettings, Settings
from tests.stage import ACCOUNT

from .reading import Reading, reading

PROJECT = Path(__file__).parents[2]
GRAFANA = PROJECT / "examples" / "grafana"
OPERATING = (PROJECT / "docs" / "operating.md").read_text(encoding="utf-8")
BOARD: dict[str, Any] = json.loads((GRAFANA / "ari-conf.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((GRAFANA / "alerts.yml").read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
OF_PROMETHEUS = {"up"}
"""What Prometheus itself knows of whom it asks."""


async def _reading() -> Reading:
    settings = Settings(server=ServerSettings(port=0))
    async with Controller(settings, (ACCOUNT,), LocalEngine(RealClock())) as controller:
        return await reading(controller)


@pytest.fixture(scope="module")
def told() -> Reading:
    return asyncio.run(_reading())


def names_in(expression: str) -> set[str]:
    """Return the metrics that an expression asks for. Raises ValueError if it is none."""
    found: set[str] = set()

    def see(node: Any) -> bool:
        match node:
            case promql.VectorSelector():
                assert node.name is not None, expression
                found.add(node.name)
            case promql.MatrixSelector():
                see(node.vector_selector)
        return True

    promql.walk(promql.parse(expression.replace("$__rate_interval", "1m")), see)
    assert found, expression
    return found


def expressions_of_board() -> Iterator[str]:
    for panel in BOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    for annotation in BOARD["annotations"]["list"]:
        if "expr" in annotation:
            yield annotation["expr"]
    for variable in BOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield re.sub(r"^label_values\((.*), \w+\)$", r"\1", variable["definition"])


def test_the_board_asks_for_what_is_there(told: Reading) -> None:
    asked = {name for expression in expressions_of_board() for name in names_in(expression)}
    assert asked - told.names == set()


def test_the_alert_rules_ask_for_what_is_there(told: Reading) -> None:
    asked = {name for rule in RULES for name in names_in(rule["expr"])}
    assert asked - told.names - OF_PROMETHEUS == set()


def test_everything_that_is_there_is_documented_and_on_the_board(told: Reading) -> None:
    asked = {name for expression in expressions_of_board() for name in names_in(expression)}
    table = OPERATING.partition("| metric `ari_conf_…`")[2].partition("\n\n")[0]
    documented = {
        f"ari_conf_{name}"
        for row in table.splitlines()[2:]
        for name in re.findall(r"`(\w+)(?:\{[\w,]+\})?`", row.split("|")[1])
    }
    ours = [family for family in told.families if family.name.startswith("ari_conf_")]
    assert documented == {family.name + ("_total" if family.type == "counter" else "") for family in ours}
    on_board = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}
    assert documented - on_board == set()


def test_labels_are_documented_as_they_are(told: Reading) -> None:
    """Those of what has not happened yet are not seen here."""
    documented = dict(re.findall(r"`(\w+)\{([\w,]+)\}`", OPERATING))
    for family in told.families:
        for sample in family.samples:
            labels = {label for label in sample.labels if label != "le"}
            name = sample.name if family.type != "histogram" else family.name
            if name.startswith("ari_conf_"):
                known = documented.get(name.removeprefix("ari_conf_"), "")
                assert set(filter(None, known.split(","))) == labels, name


def test_the_board_is_one_that_grafana_takes() -> None:
    """Panels have places that do not overlap, ids of their own, and the data source that is chosen above."""
    assert BOARD["schemaVersion"] >= 38
    assert BOARD["id"] is None
    panels = BOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
        if panel["type"] != "row":
            assert {panel["datasource"]["uid"], *(one["datasource"]["uid"] for one in panel["targets"])} == {"${datasource}"}
            assert panel["description"].endswith(".")
            assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_an_alert_says_how_grave_it_is_and_what_helps() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "description"}
