"""A whole controller on an engine that carries nothing out: what is measured on it is the controller's own work."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.conference import AudioPlan
from ari_conf.media.local import LocalEngine
from ari_conf.settings import Settings
from ari_conf.tracing import TracingOf

ACCOUNT = Account("AC" + "0" * 32, "0" * 32)


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


@asynccontextmanager
async def controller(sections: Mapping[str, Any] | None = None, tracing: TracingOf | None = None) -> AsyncIterator[Controller]:
    """Run a controller of ``ACCOUNT`` over an SQLite database of its own, with these ``sections`` of the settings besides."""
    with tempfile.TemporaryDirectory() as folder:
        usual: Mapping[str, Any] = {
            "server": {"port": 0, "metrics": "off"},
            "database": {"url": f"sqlite:///{Path(folder) / 'bench.db'}"},
            "storage": {"folder": folder},
        }
        settings = Settings.model_validate({**usual, **(sections or {})})
        async with Controller(settings, (ACCOUNT,), SilentEngine(RealClock()), tracing=tracing) as made:
            yield made
