"""The calls that are being served now."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from ari_conf.spans import NO_SPAN, Span, within

from .runner import CallRunner

INSIST_SECONDS: Final = 0.05
"""How often a call that is no longer served is told so: what it wants to put back cannot be, for the engine is stopped."""


class Runners:
    """Runs calls, each in a task of its own; what is done there belongs to the span that ``span_of`` returns for a Call SID."""

    def __init__(self) -> None:
        self.span_of: Callable[[str], Span] = lambda _call_sid: NO_SPAN
        self._running: dict[str, tuple[CallRunner, asyncio.Task[None]]] = {}

    def start(self, runner: CallRunner) -> None:
        """Serve a call from now on. Returns at once."""
        call_sid = runner.call.sid
        with structlog.contextvars.bound_contextvars(call_sid=call_sid), within(self.span_of(call_sid)):
            task = asyncio.create_task(runner.run(), name=f"call {call_sid}")
        self._running[call_sid] = runner, task
        task.add_done_callback(lambda _done: self._running.pop(call_sid, None))

    def get(self, call_sid: str) -> CallRunner | None:
        """Return who serves a call, if anybody does."""
        running = self._running.get(call_sid)
        return running[0] if running else None

    @property
    def busy(self) -> bool:
        """Whether any call is being served, one that has not been placed yet included."""
        return bool(self._running)

    async def stop(self) -> None:
        """Stop serving; the engine is stopped already, and a later life goes on with the calls."""
        while self._running:
            tasks = {task for _, task in self._running.values()}
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=INSIST_SECONDS)
