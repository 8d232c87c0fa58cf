"""Spans arrive where the environment says; where they cannot, calls do not notice, and the log has one line."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from ari_conf.tracing.sending import Told
from tests.app_server import ClosedPort
from tests.stage import Stage, set_stage, until

HELLO = "<Response><Say>Hello.</Say></Response>"


class Collector:
    """What takes spans in; ``hold`` it, and it does not answer."""

    def __init__(self) -> None:
        self.url = ""
        self.services: set[str] = set()
        self.names: list[str] = []
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.answers.set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Collector"]:
        app = web.Application()
        app.router.add_post("/v1/traces", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            self.answers.set()
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.asked.set()
        await self.answers.wait()
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for resource in sent.resource_spans:
            facts = {fact.key: fact.value.string_value for fact in resource.resource.attributes}
            self.services.add(facts["service.name"])
            self.names += [span.name for scope in resource.scope_spans for span in scope.spans]
        return web.Response(content_type="application/x-protobuf")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    return monkeypatch


async def one_call(stage: Stage) -> None:
    await stage.room("ann", twiml=HELLO)
    await stage.until(lambda: not stage.controller.switchboard.busy)


async def test_they_arrive_under_the_name_that_the_environment_gives(environment: pytest.MonkeyPatch) -> None:
    async with Collector().serving() as collector:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        async with set_stage(None) as stage:
            await one_call(stage)
            await until(lambda: "call" in collector.names)
            environment.setenv("OTEL_SERVICE_NAME", "telephony")
            await stage.stop()
            await stage.restart()
            await one_call(stage)
        assert sorted(collector.names) == sorted(["call", "POST", "<Say>"] * 2)
        assert collector.services == {"ari_conf", "telephony"}


async def test_where_nobody_takes_them_the_log_has_one_line(environment: pytest.MonkeyPatch) -> None:
    with ClosedPort() as nowhere, capture_logs() as lines:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", nowhere)
        # Longer than the library rests after the first attempt: else it does not say why that has failed.
        environment.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
        environment.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "1")
        environment.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")

        def told() -> list[Any]:
            return [line for line in lines if "traces" in line["event"] or "OpenTelemetry" in line["event"]]

        async with set_stage(None) as stage:
            for _ in range(3):
                await one_call(stage)
                await until(lambda: bool(told()))
    (line,) = told()
    assert line["event"] == "traces do not arrive; calls go on without them"
    assert nowhere.removeprefix("http://127.0.0.1:") in line["cause"]
    assert "refused" in line["cause"]


async def test_what_hangs_holds_up_neither_a_call_nor_the_end(environment: pytest.MonkeyPatch) -> None:
    async with Collector().serving() as collector:
        collector.answers.clear()
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        environment.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600")
        async with set_stage(None) as stage:
            await one_call(stage)
            await collector.asked.wait()
            await one_call(stage)
            await stage.stop()
            assert not collector.names
            collector.answers.set()


class Fickle(SpanExporter):
    """Answers what it is told to, and talks about it."""

    def __init__(self) -> None:
        self.result = SpanExportResult.SUCCESS

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        if self.result is SpanExportResult.FAILURE:
            for sentence in ("Transient error", "Failed to export"):
                logging.getLogger("opentelemetry.exporter.otlp").error(sentence)
            logging.getLogger("opentelemetry.sdk.trace").warning("Queue full")
        return self.result


def test_once_they_arrive_again_that_is_told_and_so_is_the_next_time() -> None:
    exporter = Fickle()
    told = Told(exporter)
    with capture_logs() as lines:
        for result in (True, False, False, True, True, False):
            exporter.result = SpanExportResult.SUCCESS if result else SpanExportResult.FAILURE
            told.export([])
    told.close()
    away = {"event": "traces do not arrive; calls go on without them", "cause": "Transient error", "log_level": "warning"}
    again = {"event": "traces arrive again", "log_level": "warning"}
    assert [line for line in lines if "traces" in line["event"]] == [away, again, away]


def test_what_the_library_has_to_say_otherwise_is_told_once_and_as_long_as_it_is_ours_to_tell(
    caplog: pytest.LogCaptureFixture,
) -> None:
    library = logging.getLogger("opentelemetry.sdk.trace.sampling")
    told = Told(Fickle())
    with capture_logs() as lines:
        for name in ("half", "third"):
            library.warning("Couldn't recognize sampler %s.", name)
            told.export([])
    told.close()
    assert [line["sentence"] for line in lines] == ["Couldn't recognize sampler half."]
    assert not caplog.records
    library.warning("Couldn't recognize sampler.")
    assert len(caplog.records) == 1
