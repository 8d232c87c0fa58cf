"""What the container files say, as far as that can be seen without a container engine."""

import json
import re
from pathlib import Path

import yaml
from typer.testing import CliRunner

from ari_conf.cli import cli
from ari_conf.settings import ServerSettings, Settings
from tests.test_service_manager import unit

PROJECT = Path(__file__).parents[1]
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
CONTROLLER = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["controller"]


def test_the_image_runs_and_asks_commands_that_there_are() -> None:
    health, serve = re.findall(r"CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert "HEALTHCHECK" in DOCKERFILE.partition(health)[0].splitlines()[-1]
    for command, expected in ((json.loads(health), "health"), (json.loads(serve), "serve")):
        assert command == ["ari-conf", expected]
        assert CliRunner().invoke(cli, [*command[1:], "--help"]).exit_code == 0


def test_the_health_check_finds_the_controller_of_docker_compose() -> None:
    assert int(CONTROLLER["environment"]["ARI_CONF_SERVER__PORT"]) > 0


def test_the_environment_of_docker_compose_is_settings() -> None:
    for name in CONTROLLER["environment"]:
        section, _, field = name.removeprefix("ARI_CONF_").lower().partition("__")
        assert field in type(getattr(Settings(), section)).model_fields


def test_a_container_has_the_time_that_a_stop_takes() -> None:
    assert ServerSettings().stop == "hand-over"
    assert CONTROLLER["stop_grace_period"] == f"{unit()['Service']['TimeoutStopSec']}s"
    assert CONTROLLER["init"] is True
