"""Traces are drawn if OpenTelemetry's environment variables ask for them, and nothing is there for them if not."""

import os
import subprocess
import sys
from importlib import util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ari_conf.clock import RealClock
from ari_conf.tracing import tracing_of

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
NOWHERE = "http://127.0.0.1:9"


async def made(monkeypatch: pytest.MonkeyPatch, **environment: str) -> tuple[bool, list[str]]:
    """Return whether traces would be drawn, and the causes in the log why not."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with capture_logs() as lines:
        tracing = tracing_of(environment, RealClock())
    if tracing is not None:
        await tracing.stop()
    return tracing is not None, [line["cause"] for line in lines]


@pytest.mark.parametrize(
    "environment",
    [
        {ENDPOINT: NOWHERE},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{NOWHERE}/v1/traces"},
        {"OTEL_TRACES_EXPORTER": "otlp"},
        {ENDPOINT: NOWHERE, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"},
    ],
)
async def test_wanted(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    assert await made(monkeypatch, **environment) == (True, [])


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {ENDPOINT: ""},
        {ENDPOINT: NOWHERE, "OTEL_TRACES_EXPORTER": "none"},
        {ENDPOINT: NOWHERE, "OTEL_SDK_DISABLED": "TRUE"},
        {"OTEL_SERVICE_NAME": "telephony"},
    ],
)
async def test_not_wanted(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    assert await made(monkeypatch, **environment) == (False, [])


@pytest.mark.parametrize(
    ("environment", "cause"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER is 'zipkin', and only otlp is known here"),
        ({ENDPOINT: NOWHERE, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "only http/protobuf is known here"),
        ({ENDPOINT: NOWHERE, "OTEL_BSP_MAX_QUEUE_SIZE": "0"}, "see the environment variables that begin with OTEL_"),
        ({ENDPOINT: NOWHERE, "OTEL_SPAN_EVENT_COUNT_LIMIT": "-1"}, "see the environment variables that begin with OTEL_"),
    ],
)
async def test_wanted_and_not_to_be_had(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], cause: str) -> None:
    drawn, (told,) = await made(monkeypatch, **environment)
    assert not drawn
    assert cause in told


async def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    found = util.find_spec

    def find_spec(name: str) -> ModuleSpec | None:
        if name.startswith("opentelemetry."):
            raise ModuleNotFoundError(name)
        return found(name)

    monkeypatch.setattr("ari_conf.tracing.environment.find_spec", find_spec)
    drawn, (told,) = await made(monkeypatch, **{ENDPOINT: NOWHERE})
    assert not drawn
    assert "pip install 'ari-conf[opentelemetry]'" in told


STARTED = """
import asyncio, sys
from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.media.local import LocalEngine
from ari_conf.settings import Settings

async def main():
    settings = Settings.model_validate({"server": {"port": 0}, "storage": {"folder": sys.argv[1]}})
    async with Controller(settings, (Account("AC" + "0" * 32, "0" * 32),), LocalEngine(RealClock())):
        print([name for name in sys.modules if name.startswith(("opentelemetry", "requests"))])

asyncio.run(main())
"""


def test_nothing_of_the_extra_is_loaded_unless_it_is_asked_for(tmp_path: Path) -> None:
    run = [sys.executable, "-c", STARTED, str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    printed = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True, env=environment).stdout  # noqa: S603
    assert printed.splitlines()[-1] == "[]"
