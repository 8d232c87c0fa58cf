"""A process that owes callbacks until it is killed: ``python -m tests.webhooks.outbox_driver DATABASE URL LANES PAUSE``.

With every callback it writes an event of the same number in one transaction, so that the events in the database say
afterwards which callbacks have ever been owed. It goes on counting where an earlier life has stopped. With PAUSE 0 it owes
nothing new, and ends when all is delivered.
"""

import asyncio
import sys
import time

from sqlalchemy import func, select

from ari_conf.store import EventRow, Store
from ari_conf.store.tables import events
from ari_conf.webhooks import CallbackKind, Owed, WebhookClient
from ari_conf.webhooks.delivery import Retries
from ari_conf.webhooks.outbox import Outbox
from tests.app_server import AUTH_TOKEN

ACCOUNT = "AC" + "0" * 32


async def run(database: str, url: str, lanes: int, pause: float) -> None:
    store = Store(database)
    await store.open()
    async with WebhookClient() as client:
        retries = Retries(3600.0, first=0.05, longest=0.2)
        outbox = Outbox(store, client, {ACCOUNT: AUTH_TOKEN}, max_age=3600, retries=retries)
        await outbox.start()
        number = await latest(store)
        print("started", flush=True)
        while pause:
            number += 1
            for lane in range(lanes):
                owe(outbox, f"CF{lane}", url, number)
            await asyncio.sleep(pause)
        while outbox.owed:  # noqa: ASYNC110 (nobody tells when a last attempt has succeeded)
            await asyncio.sleep(0.01)
        await outbox.stop(1)
    await store.close()


async def latest(store: Store) -> int:
    async with store.connect() as connection:
        return await connection.scalar(select(func.max(events.c.number))) or 0


def owe(outbox: Outbox, lane: str, url: str, number: int) -> None:
    parameters = {"ConferenceSid": lane, "SequenceNumber": str(number)}
    callback = Owed(account_sid=ACCOUNT, kind=CallbackKind.CONFERENCE, lane=lane, url=url, method="POST", parameters=parameters)
    outbox.commit([EventRow(conference_sid=lane, number=number, kind="test", at=time.time())], [callback])


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
