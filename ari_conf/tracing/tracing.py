"""The traces of one controller, hung up where things happen."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import SpanContext

from ari_conf.calls import Call, Progress
from ari_conf.calls.runners import Runners
from ari_conf.clock import Clock
from ari_conf.conference import Conference, ConferenceEnded, ConferenceEvent
from ari_conf.rooms import Rooms
from ari_conf.spans import NO_SPAN, Span, current_span
from ari_conf.store import DeliveryRow
from ari_conf.twiml import CallProgressEvent
from ari_conf.webhooks import CallStatus, Outbox, callback_event, redacted
from ari_conf.webhooks.delivery import GIVEN_UP, NANOSECONDS, OWED

from .choices import CAUSES_KEPT, EVENTS_KEPT, STOP_GRACE_SECONDS, STOP_SECONDS
from .drawing import CONFERENCE_SID, Drawing, Drawn, Event, Place, place_in, place_of
from .requests import Requests

ACCOUNT_SID: Final = "ari_conf.account_sid"
CALL_SID: Final = "ari_conf.call_sid"


class Tracing:
    """Draws what a controller does, and gives it to what ``make_processor`` makes, from ``watch`` to ``stop``.

    Each call and each conference has a trace of its own, which has the digits of its SID. Their own spans are drawn when
    they have ended, for those may be of an earlier life of the controller; what is done for them is drawn meanwhile.
    """

    def __init__(self, make_processor: Callable[[], SpanProcessor], clock: Clock) -> None:
        self._clock = clock
        self._drawing = Drawing(make_processor, clock)
        self._requests = Requests(self._drawing)
        self._asked_by: dict[str, SpanContext] = {}
        self._failed: dict[str, list[Event]] = {}

    def watch(self, runners: Runners, progress: Progress, rooms: Rooms, outbox: Outbox) -> None:
        """Hang it up where calls, conferences and callbacks are; before anything happens there."""
        runners.span_of = self._of_call
        progress.observers.append(self._on_progress)
        rooms.observers.append(self._on_room_event)
        outbox.span_of = self._of_callback
        outbox.observers.append(self._on_callback)

    def mount(self, app: web.Application) -> None:
        """Draw the REST requests to ``app``."""
        app.middlewares.append(self._requests.middleware)

    async def stop(self) -> None:
        """Have sent what is left, for a short while at most."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._drawing.shut_down()
            with contextlib.suppress(RuntimeError):  # nobody has waited for so long
                loop.call_soon_threadsafe(done.set)

        # Not a thread of the loop's: that would keep the process from ending.
        threading.Thread(target=shut_down, name="traces are shut down", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS + STOP_GRACE_SECONDS):
                await done.wait()

    def _of_call(self, call_sid: str) -> Span:
        self._note_who_asks(call_sid)
        place = place_of(call_sid)
        return self._drawing.at(place) if place else NO_SPAN

    def _on_progress(self, call: Call, event: CallProgressEvent) -> None:
        if event is CallProgressEvent.COMPLETED:
            asked_by = self._asked_by.pop(call.sid, None)
            if place := place_of(call.sid):
                self._draw_call(call, place, [asked_by] if asked_by else [])
        else:
            self._note_who_asks(call.sid)

    def _note_who_asks(self, call_sid: str) -> None:
        """Keep what a call is placed for, if that is in another trace: a REST request, or the verb of another call."""
        span, place = current_span(), place_of(call_sid)
        if isinstance(span, Drawn) and place and span.trace_id != place.trace_id and call_sid not in self._asked_by:
            _make_room(self._asked_by)
            self._asked_by[call_sid] = span.context

    def _draw_call(self, call: Call, place: Place, links: list[SpanContext]) -> None:
        facts = {
            CALL_SID: call.sid,
            ACCOUNT_SID: call.account.sid,
            "ari_conf.direction": call.direction.value,
            "ari_conf.status": call.status.value,
        }
        if call.parent_call_sid:
            facts["ari_conf.parent_call_sid"] = call.parent_call_sid
        self._drawing.draw(
            "call",
            place,
            facts,
            begun_at=call.created_at,
            ended_at=call.ended_at or call.created_at,
            links=links,
            events=[] if call.answered_at is None else [Event("answered", call.answered_at, {})],
            failure=call.status.value if call.status is CallStatus.FAILED else "",
        )

    def _on_room_event(self, conference: Conference, event: ConferenceEvent) -> None:
        place = place_of(conference.sid)
        if isinstance(event, ConferenceEnded) and place:
            facts = {
                CONFERENCE_SID: conference.sid,
                ACCOUNT_SID: conference.account_sid,
                "ari_conf.reason_conference_ended": event.reason.value,
            }
            self._drawing.draw("conference", place, facts, begun_at=conference.created_at, ended_at=event.at)

    def _of_callback(self, row: DeliveryRow) -> Span:
        return self._drawing.at(_place_of_callback(row))

    def _on_callback(self, row: DeliveryRow) -> None:
        kept = self._failed.get(row.token)
        if row.state != OWED:
            self._failed.pop(row.token, None)
            self._draw_callback(row, kept or [])
        elif kept is None:
            _make_room(self._failed)
            self._failed[row.token] = [_attempt(row, self._clock.now())]
        elif len(kept) < EVENTS_KEPT:
            kept.append(_attempt(row, self._clock.now()))

    def _draw_callback(self, row: DeliveryRow, failed: list[Event]) -> None:
        owner, other = _subjects(row)
        facts: dict[str, str | int] = {
            **_sids(row),
            ACCOUNT_SID: row.account_sid,
            "url.full": redacted(row.url),
            "http.request.method": row.method,
            "ari_conf.callback_event": callback_event(row.parameters),
            "ari_conf.idempotency_token": row.token,
            "ari_conf.attempts": row.attempts,
            "ari_conf.state": row.state,
        }
        begun_at = row.position / NANOSECONDS
        self._drawing.draw(
            f"{row.kind} callback",
            _place_of_callback(row),
            facts,
            begun_at=begun_at,
            ended_at=row.ended_at or begun_at,
            below=owner,
            links=[self._drawing.context_of(other)] if other else [],
            events=failed,
            failure=_failure(row) if row.state == GIVEN_UP else "",
        )


def _sids(row: DeliveryRow) -> dict[str, str]:
    found = {CALL_SID: row.parameters.get("CallSid"), CONFERENCE_SID: row.parameters.get("ConferenceSid")}
    return {name: sid for name, sid in found.items() if sid}


def _subjects(row: DeliveryRow) -> tuple[Place | None, Place | None]:
    """Return in whose trace a callback is, and which other call or conference it is about."""
    places = dict.fromkeys(place_of(sid) for sid in (row.lane, *_sids(row).values()))
    owner, other, *_ = [*filter(None, places), None, None]
    return owner, other


def _place_of_callback(row: DeliveryRow) -> Place:
    owner, _ = _subjects(row)
    # One that is sent again has the same token, and another position.
    return place_in(owner.trace_id if owner else 0, f"{row.token} {row.position}")


def _attempt(row: DeliveryRow, now: float) -> Event:
    return Event(
        "attempt failed", now, {"ari_conf.attempt": row.attempts, "error.type": _failure(row), "error.message": row.error}
    )


def _failure(row: DeliveryRow) -> str:
    return str(row.http_status or row.error_code)


def _make_room(kept: dict[str, Any]) -> None:
    """Let the oldest go, if there are as many as are kept."""
    if len(kept) >= CAUSES_KEPT:
        del kept[next(iter(kept))]
