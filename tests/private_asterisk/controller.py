"""The least that a controller is: an ARI connection that says which calls arrive, and can let them go."""

import asyncio
import base64
from types import TracebackType
from typing import Any, Self

import aiohttp

from ari_conf.private_asterisk import PrivateAsterisk


class Controller:
    """The Stasis application ``ari_conf`` at ``asterisk``; an async context manager that is connected inside."""

    def __init__(self, asterisk: PrivateAsterisk) -> None:
        self._url = f"{asterisk.ari_url}/ari"
        credentials = base64.b64encode(f"{asterisk.ari_username}:{asterisk.ari_password}".encode()).decode()
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Basic {credentials}"})

    async def __aenter__(self) -> Self:
        self._events = await self._session.ws_connect(f"{self._url}/events?app=ari_conf")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._events.close()
        await self._session.close()

    async def next(self, kind: str) -> dict[str, Any]:
        """Return the next event of type ``kind``, within 15 s."""
        async with asyncio.timeout(15):
            while True:
                event: dict[str, Any] = await self._events.receive_json()
                if event["type"] == kind:
                    return event

    async def get(self, path: str) -> Any:
        """Read ``path``."""
        async with self._session.get(f"{self._url}/{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path: str) -> None:
        """Do what ``path`` says."""
        async with self._session.post(f"{self._url}/{path}") as answer:
            assert answer.status < 300, await answer.text()

    async def hang_up(self, channel: str) -> None:
        """End a call."""
        async with self._session.delete(f"{self._url}/channels/{channel}") as answer:
            assert answer.status < 300, await answer.text()
