"""Every scenario, on the Python mixer and on a real Asterisk with SIP phones."""

import pytest

from tests.stage import Stage

from .conference import SCENARIOS
from .steps import Play, Scenario


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
async def test_scenario(stage: Stage, scenario: Scenario) -> None:
    await Play(stage).run(scenario)
