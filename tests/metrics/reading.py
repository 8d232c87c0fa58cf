"""What a test reads at ``/metrics``."""

import time
from collections.abc import Mapping

import aiohttp
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from ari_conf.app import Controller
from tests.stage import DEADLINE, Stage


class Reading:
    """One answer, parsed. ``names`` has every name that an expression can ask for, also of what has not happened yet."""

    def __init__(self, text: str) -> None:
        self.families: list[Metric] = list(text_string_to_metric_families(text))
        self._samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families
            for sample in family.samples
        }
        self.names = {name for name, _ in self._samples}
        for family in self.families:
            ends = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}.get(family.type, ("",))
            self.names |= {family.name + end for end in ends}

    def value(self, name: str, **labels: str) -> float:
        """Return a sample's value, 0 if there is none (yet)."""
        return self._samples.get((name, frozenset(labels.items())), 0.0)

    def sum(self, name: str, **labels: str) -> float:
        """Return the sum over all samples that have these labels."""
        wanted = labels.items()
        return sum(value for (found, has), value in self._samples.items() if found == name and wanted <= dict(has).items())


async def fetched(
    controller: Controller, headers: Mapping[str, str] | None = None, path: str = "/metrics"
) -> tuple[int, Mapping[str, str], str]:
    """Return the status, the headers and the text of an answer."""
    url = f"http://127.0.0.1:{controller.port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, answer.headers, await answer.text()


async def until_told(stage: Stage, name: str, value: float, **labels: str) -> Reading:
    """Read until a sample has this value, letting time pass; fail after the deadline."""
    gives_up = time.monotonic() + DEADLINE
    while (told := await reading(stage.controller)).value(name, **labels) != value:
        assert time.monotonic() < gives_up, f"{name} is {told.value(name, **labels)}"
        await stage.clock.let_pass(0.02)
    return told


async def reading(controller: Controller) -> Reading:
    status, _, text = await fetched(controller)
    assert status == 200, text
    return Reading(text)
