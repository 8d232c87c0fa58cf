"""A controller with a room of 50, for ``rest_participants``.

``python -m benchmarks.rest_participants_server`` prints its port, the account's SID and token, the SID of the room, and the
Call SIDs of those who are in it.
"""

import asyncio
import json
import tempfile
from pathlib import Path

import structlog
from pydantic import SecretStr

from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import VirtualClock
from ari_conf.media.local import LocalEngine
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.settings import DatabaseSettings, NumberSettings, RestSettings, ServerSettings, Settings, StorageSettings

ACCOUNT = Account("AC" + "0" * 32, "0123456789abcdef0123456789abcdef")
PARTICIPANTS = 50
UNLIMITED = 1e9
ROOM = "<Response><Dial><Conference beep='false'>The weekly meeting</Conference></Dial></Response>"


async def controller(folder: Path) -> None:
    """Serve a controller. Its clock stands still, so that the mixer takes no time from the requests."""
    settings = Settings(
        engine="local",
        server=ServerSettings(port=0),
        storage=StorageSettings(folder=folder),
        database=DatabaseSettings(url=SecretStr(f"sqlite:///{folder}/rooms.db")),
        rest=RestSettings(rate=UNLIMITED, burst=UNLIMITED),
        numbers=(NumberSettings(twiml=ROOM),),
    )
    clock = VirtualClock()
    engine = LocalEngine(clock, recordings=settings.storage.raw_recordings)
    async with Controller(settings, (ACCOUNT,), engine, clock=clock) as running:
        for number in range(PARTICIPANTS):
            await VirtualPhone(engine, f"phone {number}", 400.0, number=f"+1555010{number:04}").dial("room")
        while sum(len(room.participants) for room in running.rooms.conferences) < PARTICIPANTS:
            await clock.let_pass(0.02)
            await asyncio.sleep(0.002)
        (room,) = running.rooms.conferences
        print(json.dumps([running.port, ACCOUNT.sid, ACCOUNT.auth_token, room.sid, list(room.participants)]), flush=True)
        await asyncio.Event().wait()


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(controller(Path(folder)))


if __name__ == "__main__":
    main()
