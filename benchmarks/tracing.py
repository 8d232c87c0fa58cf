"""What traces cost: the same calls into a room on a controller that draws them and on one that does not.

A call arrives, runs its TwiML, joins, leaves and ends: all that the controller does about it, but for the engine, which carries
nothing out, and for webhooks, which would take most of the time. What is there for traces while none are drawn is also timed by
itself, as it cannot be taken away.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import Clock, RealClock
from ari_conf.conference import AudioPlan
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import CallArrived, CallEnded
from ari_conf.settings import Settings
from ari_conf.sids import SidKind, new_sid
from ari_conf.spans import SpanKind, current_span, new_span, within
from ari_conf.tracing import TracingOf
from ari_conf.tracing.tracing import Tracing
from benchmarks.measure import Figure, print_table, ratio, write_json

ACCOUNT = Account("AC" + "0" * 32, "0" * 32)
ROOM = "<Response><Dial><Conference>room</Conference></Dial></Response>"
SPANS = 4
"""As a call has here: itself, <Dial>, join, and its part of the conference."""


class SilentEngine(LocalEngine):
    """Carries nothing out."""

    def apply(self, plan: AudioPlan) -> "asyncio.Future[None]":  # noqa: ARG002
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def ring(self, call_sid: str) -> None:
        pass

    async def answer(self, call_sid: str) -> None:
        pass

    async def hang_up(self, call_sid: str) -> None:
        pass

    async def set_jitter_buffer(self, call_sid: str, milliseconds: int) -> None:
        pass


class Nowhere(SpanExporter):
    """Takes spans, and does nothing with them: what sends them does that in another thread, and counts as little."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        return SpanExportResult.SUCCESS


def drawn(clock: Clock) -> Tracing:
    return Tracing(lambda: BatchSpanProcessor(Nowhere()), clock)


def not_drawn(_clock: Clock) -> None:
    return None


@asynccontextmanager
async def controller(tracing: TracingOf) -> AsyncIterator[Controller]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate(
            {
                "server": {"port": 0, "metrics": "off"},
                "database": {"url": f"sqlite:///{Path(folder) / 'bench.db'}"},
                "storage": {"folder": folder},
                "numbers": [{"match": "*", "twiml": ROOM}],
            }
        )
        async with Controller(settings, (ACCOUNT,), SilentEngine(RealClock()), tracing=tracing) as made:
            yield made


async def turns_until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - an event would be one more thing that is measured
        await asyncio.sleep(0)


async def calls(made: Controller, count: int) -> float:
    """Return the seconds for one of ``count`` calls, of this thread alone, without the database's."""
    await made.store.flush()
    began = time.thread_time()
    for _ in range(count):
        call_sid = new_sid(SidKind.CALL)
        made.engine.events.put_nowait(CallArrived(call_sid, "+15550100", "room"))
        await turns_until(lambda: bool(made.rooms.conferences))
        made.engine.events.put_nowait(CallEnded(call_sid, "Normal Clearing"))
        await turns_until(lambda: not made.switchboard.busy)
    took = (time.thread_time() - began) / count
    await made.store.flush()
    return took


def undrawn(count: int) -> float:
    """Return the seconds that one call spends on spans that nobody draws."""
    began = time.thread_time()
    for _ in range(count):
        with (
            within(current_span()),
            new_span("<Dial>", {"ari_conf.call_sid": "CA"}),
            new_span("join", {"ari_conf.call_sid": "CA"}),
        ):
            current_span().child("<Say>", {"ari_conf.call_sid": "CA"}, SpanKind.INTERNAL).end()
    return (time.thread_time() - began) / count


async def measured(rounds: int, count: int) -> None:
    taken: dict[str, list[float]] = {"without": [], "with": [], "undrawn": []}
    async with controller(not_drawn) as without, controller(drawn) as with_traces:
        for _ in range(rounds):
            taken["without"].append(await calls(without, count))
            taken["with"].append(await calls(with_traces, count))
            taken["undrawn"].append(undrawn(count))
    figures = {name: Figure(tuple(values)) for name, values in taken.items()}
    ratios = {f"{name} / without": ratio(figures[name], figures["without"]) for name in ("with", "undrawn")}
    rows = [
        [f"ari_conf, {what}", f"{figures[name].median * 1e6:.1f} µs", f"{figures[name].spread:.0%}"]
        for name, what in (
            ("without", "a call of which nothing is drawn"),
            ("with", f"a call and its {SPANS} spans"),
            ("undrawn", "what there is for spans while none are drawn"),
        )
    ]
    rows += [[name, f"{one.median:.3f}", f"{one.spread:.0%}"] for name, one in ratios.items()]
    print_table("What traces cost (CPU time)", ["", "median", "spread"], rows)
    write_json("tracing", {name: one.as_json() for name, one in (figures | ratios).items()})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--once", action="store_true", help="one short round, to see whether it runs")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    rounds, count = (1, 20) if arguments.once else (5, 200) if arguments.quick else (15, 500)
    asyncio.run(measured(rounds, count))


if __name__ == "__main__":
    main()
