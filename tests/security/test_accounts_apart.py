"""Two accounts on one controller: neither sees, reaches or changes what is the other's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import VirtualClock
from ari_conf.media.local import LocalEngine
from ari_conf.phones.phone import CallRefusedError
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.settings import AccountSettings, NumberSettings, Settings, StorageSettings
from tests.app_server import AUTH_TOKEN, AppServer
from tests.stage import TONES, leaves_no_task, listen, settings_for, until, voices

NORA = Account("AC" + "a" * 32, AUTH_TOKEN)
OTTO = Account("AC" + "b" * 32, "the other token")
ROOM = "<Response><Dial><Conference record='record-from-start'>Room</Conference></Dial></Response>"


@dataclass
class House:
    app: AppServer
    controller: Controller
    clock: VirtualClock
    phones: dict[str, VirtualPhone]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Nora's numbers begin with 1, Otto's with 2; ann has called Nora's room, bob and cid Otto's; both are called Room."""
    async with leaves_no_task(), AppServer() as app, contextlib.AsyncExitStack() as stack:
        app.voice["/nora"], app.voice["/otto"] = ROOM, ROOM
        numbers = tuple(
            NumberSettings(match=match, account=account.sid, voice_url=app.url(path))
            for match, account, path in (("1*", NORA, "/nora"), ("2*", OTTO, "/otto"))
        )
        accounts = tuple(AccountSettings(sid=one.sid, auth_token=SecretStr(one.auth_token)) for one in (NORA, OTTO))
        settings: Settings = settings_for(app).model_copy(update={"accounts": accounts, "numbers": numbers})
        clock = VirtualClock()
        engine = LocalEngine(clock, recordings=StorageSettings().raw_recordings)
        controller = await stack.enter_async_context(Controller(settings, (NORA, OTTO), engine, clock=clock))
        phones = {name: VirtualPhone(engine, name, TONES[name]) for name in ("ann", "bob", "cid")}
        for name, number in (("ann", "100"), ("bob", "200"), ("cid", "201")):
            await phones[name].dial(number)
        await until(lambda: sum(len(room.participants) for room in controller.rooms.conferences) == 3, clock)
        yield House(app, controller, clock, phones)
        await asyncio.gather(*(phone.hang_up() for phone in phones.values()))
        await until(lambda: not controller.switchboard.calls and not controller.rooms.conferences, clock)


async def test_rooms_of_one_name_are_two(house: House) -> None:
    assert {(room.account_sid, room.friendly_name) for room in house.controller.rooms.conferences} == {
        (NORA.sid, "Room"),
        (OTTO.sid, "Room"),
    }
    heard = await listen(list(house.phones.values()))
    assert {name: voices(ear) for name, ear in heard.items()} == {"ann": set(), "bob": {"cid"}, "cid": {"bob"}}


async def test_naming_anothers_room_by_its_sid_leads_nowhere(house: House) -> None:
    (others,) = [room for room in house.controller.rooms.conferences if room.account_sid == OTTO.sid]
    house.app.voice["/nora"] = f"<Response><Dial><Conference>{others.sid}</Conference></Dial></Response>"
    eve = VirtualPhone(house.controller.engine, "eve", TONES["eve"])  # type: ignore[arg-type]
    with contextlib.suppress(CallRefusedError):
        await eve.dial("101")
    await until(lambda: len(house.controller.switchboard.calls) == 3, house.clock)
    assert sorted(len(room.participants) for room in house.controller.rooms.conferences) == [1, 2]


async def test_the_application_of_one_is_told_nothing_of_the_other(house: House) -> None:
    for request in house.app.requests:
        own = NORA if request.path == "/nora" else OTTO
        assert request.params["AccountSid"] == own.sid
    # Otto's requests are not signed with Nora's token, which the server checks.
    assert {request.path for request in house.app.bad_signatures} == {"/otto"}
