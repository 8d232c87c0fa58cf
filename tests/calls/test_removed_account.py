"""Calls of an account that is not in the settings any more when the controller starts again."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from structlog.testing import capture_logs

from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import VirtualClock
from ari_conf.media.local import LocalEngine
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.settings import AccountSettings, NumberSettings, Settings, StorageSettings
from ari_conf.store import CallRow, ConferenceRow, LiveRow, tables
from tests.app_server import AUTH_TOKEN, AppServer
from tests.calls.by_ear import sound
from tests.stage import NUMBERS, TONES, leaves_no_task, settings_for, until, within_deadline

NORA = Account("AC" + "a" * 32, AUTH_TOKEN)
OTTO = Account("AC" + "b" * 32, "the other token")
WAIT = "<Response><Dial><Conference waitUrl='{}' startConferenceOnEnter='false'>Room</Conference></Dial></Response>"
LISTEN = "<Response><Gather timeout='600'/></Response>"
OTTOS = {
    "200": WAIT,
    "201": WAIT,
    "202": "<Response><Enqueue waitUrl='{}'>queue</Enqueue></Response>",
    "203": LISTEN,
    "204": f"<Response><Dial timeout='600'><Number>{NUMBERS['eve']}</Number></Dial></Response>",
}


@dataclasses.dataclass
class House:
    clock: VirtualClock
    engine: LocalEngine
    app: AppServer
    settings: Settings
    stack: contextlib.AsyncExitStack

    async def life(self, *accounts: Account) -> Controller:
        """Start a controller for these accounts. Otto, if he is one of them, has the numbers that begin with 2."""
        ottos = OTTOS if OTTO in accounts else {}
        texts = {"100": WAIT, **ottos, "*": LISTEN}
        numbers = [
            NumberSettings(
                match=match, account=(OTTO if match in OTTOS else NORA).sid, twiml=text.format(self.app.url("/song"))
            )
            for match, text in texts.items()
        ]
        configured = tuple(AccountSettings(sid=one.sid, auth_token=SecretStr(one.auth_token)) for one in accounts)
        settings = self.settings.model_copy(update={"accounts": configured, "numbers": tuple(numbers)})
        return await self.stack.enter_async_context(Controller(settings, accounts, self.engine, clock=self.clock))


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with leaves_no_task(), AppServer() as app, contextlib.AsyncExitStack() as stack:
        clock = VirtualClock()
        app.voice["/song"] = sound()
        yield House(clock, LocalEngine(clock, recordings=StorageSettings().raw_recordings), app, settings_for(app), stack)
        app.bad_signatures.clear()  # the server knows one token only


async def test_its_calls_are_ended_and_the_others_go_on(house: House) -> None:
    controller = await house.life(NORA, OTTO)
    eve = VirtualPhone(house.engine, "eve", TONES["eve"], number=NUMBERS["eve"])
    phones = {number: VirtualPhone(house.engine, "ann", TONES["ann"]) for number in ("100", *OTTOS)}
    for number, phone in phones.items():
        await within_deadline(phone.dial(number))
    await within_deadline(eve.ringing())
    await until(lambda: sum(len(room.participants) for room in controller.rooms.conferences) == 3, house.clock)
    await controller.__aexit__(None, None, None)
    with capture_logs() as logs:
        controller = await house.life(NORA)
        await until(lambda: len(controller.switchboard.calls) == 1, house.clock)
    for number, phone in phones.items():
        if number != "100":
            await within_deadline(phone.wait_ended())
    assert [call.account for call in controller.switchboard.calls] == [NORA]
    (conference,) = controller.rooms.conferences
    assert conference.account_sid == NORA.sid
    assert [(entry["account_sid"], entry["calls"]) for entry in logs if entry["log_level"] == "error"] == [(OTTO.sid, 6)]
    await within_deadline(controller.store.flush())
    calls = await controller.store.rows(CallRow, select(tables.calls))
    assert {call.account_sid: call.ended_at is None for call in calls} == {NORA.sid: True, OTTO.sid: False}
    rooms = await controller.store.rows(ConferenceRow, select(tables.conferences))
    assert {(room.account_sid, room.status) for room in rooms} == {(NORA.sid, "init"), (OTTO.sid, "completed")}
    live = await controller.store.rows(LiveRow, select(tables.live).where(tables.live.c.kind != "clock"))
    (nora,) = controller.switchboard.calls
    assert {row.sid for row in live} <= {nora.sid, conference.sid, f"{conference.sid}/{nora.sid}"}
    await asyncio.gather(eve.hang_up(), *(phone.hang_up() for phone in phones.values()))
    await until(lambda: not controller.switchboard.calls, house.clock)
