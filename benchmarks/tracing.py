"""What traces cost: the same calls into a room on a controller that draws them and on one that does not.

A call arrives, runs its TwiML, joins, leaves and ends: all that the controller does about it, but for the engine, which carries
nothing out, and for webhooks, which would take most of the time. What is there for traces while none are drawn is also timed by
itself, as it cannot be taken away.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from ari_conf.app import Controller
from ari_conf.clock import Clock
from ari_conf.media.port import CallArrived, CallEnded
from ari_conf.sids import SidKind, new_sid
from ari_conf.spans import SpanKind, current_span, new_span, within
from ari_conf.tracing.tracing import Tracing

from .findings import Efforts, Line, run
from .measure import Figure
from .silent import controller

ROOM = "<Response><Dial><Conference>room</Conference></Dial></Response>"
SPANS = 4
"""As a call has here: itself, <Dial>, join, and its part of the conference."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Rounds, and calls in one measure of each."""

    rounds: int
    calls: int


EFFORTS = Efforts(full=Effort(15, 500), quick=Effort(5, 200), once=Effort(1, 20))


class Nowhere(SpanExporter):
    """Takes spans, and does nothing with them: what sends them does that in another thread, and counts as little."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        return SpanExportResult.SUCCESS


def drawn(clock: Clock) -> Tracing:
    return Tracing(lambda: BatchSpanProcessor(Nowhere()), clock)


def not_drawn(_clock: Clock) -> None:
    return None


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


async def measured(effort: Effort) -> list[Line]:
    taken: dict[str, list[float]] = {"without": [], "with": [], "undrawn": []}
    numbers = {"numbers": [{"match": "*", "twiml": ROOM}]}
    async with controller(numbers, not_drawn) as without, controller(numbers, drawn) as with_traces:
        for _ in range(effort.rounds):
            taken["without"].append(await calls(without, effort.calls))
            taken["with"].append(await calls(with_traces, effort.calls))
            taken["undrawn"].append(undrawn(effort.calls))
    figures = {name: Figure(tuple(1e6 * one for one in values)) for name, values in taken.items()}
    bare = "a call of which nothing is drawn"
    return [
        Line(f"a call and its {SPANS} spans", figures["with"], "µs", bare, figures["without"]),
        Line("what there is for spans while none are drawn", figures["undrawn"], "µs", bare, figures["without"]),
    ]


if __name__ == "__main__":
    run(__spec__.name, __doc__, EFFORTS, measured)
