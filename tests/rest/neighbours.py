"""Two accounts on one controller, which have the same in it, and a client for each."""

import contextlib
import re
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import soundfile
from yarl import URL

from ari_conf.accounts import Account
from ari_conf.app import Controller
from ari_conf.clock import VirtualClock
from ari_conf.media.local import LocalEngine
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.settings import NumberSettings, StorageSettings
from ari_conf.sids import SidKind, new_sid
from ari_conf.store import CallRow, ConferenceRow, DeliveryRow, DocumentRow, EventRow, NotificationRow, RecordingRow
from tests.app_server import AppServer
from tests.rest.test_media import tones
from tests.stage import leaves_no_task, settings_for, until

ROOM = "Room"
IN_ROOM = f"<Response><Dial><Conference record='record-from-start'>{ROOM}</Conference></Dial></Response>"
IN_QUEUE = "<Response><Enqueue>Line</Enqueue></Response>"

GONE = "/Participants/{CallSid}", "/Queues/{QueueSid}"
"""What nobody has any more when it is over."""


@dataclass(frozen=True, slots=True)
class Asker:
    """An account with a login, and the SIDs of what it has: by the path of the resource that they are in."""

    account: Account
    login: tuple[str, str]
    url: str
    has: Mapping[str, str]

    def of(self, template: str, name: str) -> str:
        """Return what the account has for a name in a path: the most particular place that knows one counts."""
        places = [place for place in self.has if place.endswith(f"{{{name}}}") and template.startswith(place)]
        return self.has[max(places, key=len)]

    async def asks(
        self, method: str, path: str, form: Mapping[str, str] | None = None, of: str | None = None
    ) -> tuple[int, Any]:
        """Return the status and what was answered; ``of`` is the account in the path, by default the asker's own."""
        async with (
            aiohttp.ClientSession(headers={"Authorization": aiohttp.encode_basic_auth(*self.login)}) as session,
            session.request(
                method, URL(f"{self.url}/2010-04-01/Accounts/{of or self.account.sid}{path}", encoded=True), data=form
            ) as answer,
        ):
            return answer.status, await answer.json() if answer.content_type == "application/json" else await answer.read()

    def path(self, template: str) -> str:
        """Return a path with what the account has."""
        return re.sub(r"\{(\w+)\}", lambda found: self.of(template, found.group(1)), template)


@dataclass(frozen=True, slots=True)
class House:
    """Two accounts that have the same on one controller. ``operations`` are methods and paths by name."""

    one: Asker
    other: Asker
    operations: Mapping[str, tuple[str, str]]

    @property
    def both_ways(self) -> tuple[tuple[Asker, Asker], tuple[Asker, Asker]]:
        """Who asks, and whose things they are."""
        return (self.one, self.other), (self.other, self.one)


def account(digit: str) -> Account:
    return Account("AC" + digit * 32, f"token {digit}", {"SK" + digit * 32: f"secret {digit}"})


def numbers(of: Account) -> tuple[NumberSettings, ...]:
    return tuple(
        NumberSettings(match=f"{place}{of.sid}", account=of.sid, twiml=twiml)
        for place, twiml in (("room", IN_ROOM), ("queue", IN_QUEUE))
    )


def kept_recording(controller: Controller, of: Account, conference_sid: str, call_sid: str) -> str:
    """Let there be a completed recording; return its SID."""
    sid, now = new_sid(SidKind.RECORDING), VirtualClock().now()
    soundfile.write(controller.recordings._folder / f"{sid}.wav", tones(1000), 8000, subtype="PCM_16")
    row = RecordingRow(
        sid=sid,
        account_sid=of.sid,
        source="Conference",
        status="completed",
        channels=1,
        track="both",
        started_at=now,
        created_at=now,
        updated_at=now,
        conference_sid=conference_sid,
        call_sid=call_sid,
        duration=2,
    )
    controller.store.write([row])
    return sid


def notification(controller: Controller, of: Account, call_sid: str) -> str:
    row = NotificationRow(
        sid=new_sid(SidKind.NOTIFICATION),
        account_sid=of.sid,
        call_sid=call_sid,
        code=11200,
        level="error",
        message="no",
        at=VirtualClock().now(),
    )
    controller.store.write([row])
    return row.sid


def callback(controller: Controller, of: Account, conference_sid: str) -> str:
    now = VirtualClock().now()
    row = DeliveryRow(
        token=str(uuid.uuid4()),
        position=round(now),
        account_sid=of.sid,
        kind="conference",
        lane=conference_sid,
        url="http://127.0.0.1:9/events",
        method="POST",
        parameters={"StatusCallbackEvent": "conference-end"},
        created_at=now,
        state="delivered",
        ended_at=now,
    )
    controller.store.write([row])
    return row.token


@contextlib.asynccontextmanager
async def house(*, with_keys: bool = False, over: bool = False) -> AsyncIterator[House]:
    """Run a controller in which each account has a running room of the same name, a queue with a caller, and recordings.

    Each has also a conference and a call that are over; with ``over`` it is these that the askers have.
    """
    clock = VirtualClock()
    engine = LocalEngine(clock, recordings=StorageSettings().raw_recordings)
    accounts = account("1"), account("2")
    async with leaves_no_task(), AppServer() as app:
        settings = settings_for(app).model_copy(update={"numbers": tuple(one for of in accounts for one in numbers(of))})
        async with Controller(settings, accounts, engine, clock=clock) as controller:
            phones = [VirtualPhone(engine, f"{of.sid} {index}", 400.0) for of in accounts for index in range(3)]
            for phone in phones:
                sid, _, index = phone.name.partition(" ")
                await clock.let_pass(0.02)
                await phone.dial(f"{'queue' if index == '2' else 'room'}{sid}")
            url = f"http://127.0.0.1:{controller.port}"
            askers = []
            for of in accounts:
                await until(partial(_all_there, controller, of), clock)
                login = next(iter(of.api_keys.items())) if with_keys else (of.sid, of.auth_token)
                live, past = await _running(controller, of, url), _past(controller, of)
                askers.append(Asker(of, login, url, past if over else live))
            async with aiohttp.ClientSession() as session, session.get(f"{url}/openapi.json") as answer:
                operations = {
                    name: (method, path)
                    for name, (method, path) in _operations(await answer.json())
                    if not (over and any(part in path for part in GONE))
                }
            try:
                yield House(askers[0], askers[1], operations)
            finally:
                for phone in phones:
                    await phone.hang_up()
            await until(lambda: not controller.switchboard.calls, clock)


def _all_there(controller: Controller, of: Account) -> bool:
    running = controller.rooms.find(of.sid, ROOM)
    recorded = running is not None and controller.recordings.running(of.sid, conference_sid=running.sid)
    return bool(recorded) and any(running.queue.members for running in controller.queues.of_account(of.sid))


async def _running(controller: Controller, of: Account, url: str) -> Mapping[str, str]:
    room = controller.rooms.find(of.sid, ROOM)
    assert room is not None
    call, _ = room.participants
    (waiting,) = controller.queues.of_account(of.sid)
    asker = Asker(of, (of.sid, of.auth_token), url, {})
    status, recording = await asker.asks("POST", f"/Calls/{call}/Recordings.json")
    assert status == 201
    (of_room,) = controller.recordings.running(of.sid, conference_sid=room.sid)
    return {
        "/Conferences/{ConferenceSid}": room.sid,
        "/Conferences/{ConferenceSid}/Participants/{CallSid}": call,
        "/Conferences/{ConferenceSid}/Recordings/{RecordingSid}": of_room.sid,
        "/Calls/{CallSid}": call,
        "/Calls/{CallSid}/Recordings/{RecordingSid}": recording["sid"],
        "/Calls/{CallSid}/Notifications/{NotificationSid}": notification(controller, of, call),
        "/Notifications/{NotificationSid}": notification(controller, of, "CA" + "0" * 32),
        "/Recordings/{RecordingSid}": kept_recording(controller, of, room.sid, call),
        "/Callbacks/{CallbackToken}": callback(controller, of, room.sid),
        "/Queues/{QueueSid}": waiting.queue.sid,
        "/Queues/{QueueSid}/Members/{CallSid}": waiting.queue.members[0].call_sid,
    }


def _past(controller: Controller, of: Account) -> Mapping[str, str]:
    now = VirtualClock().now()
    room = ConferenceRow(
        sid=new_sid(SidKind.CONFERENCE),
        account_sid=of.sid,
        friendly_name=ROOM,
        status="completed",
        created_at=now,
        updated_at=now,
        ended_at=now,
    )
    call = CallRow(
        sid=new_sid(SidKind.CALL),
        account_sid=of.sid,
        from_="ann",
        to="room",
        direction="inbound",
        status="completed",
        created_at=now,
        answered_at=now,
        ended_at=now,
    )
    event = EventRow(conference_sid=room.sid, number=1, kind="conference-end", at=now)
    document = DocumentRow(
        call_sid=call.sid, number=1, url="http://127.0.0.1:9/", method="POST", fetched_at=now, twiml="<Response/>"
    )
    controller.store.write([room, call, event, document])
    recording = kept_recording(controller, of, room.sid, call.sid)
    told = notification(controller, of, call.sid)
    return {
        "/Conferences/{ConferenceSid}": room.sid,
        "/Conferences/{ConferenceSid}/Recordings/{RecordingSid}": recording,
        "/Calls/{CallSid}": call.sid,
        "/Calls/{CallSid}/Recordings/{RecordingSid}": recording,
        "/Calls/{CallSid}/Notifications/{NotificationSid}": told,
        "/Notifications/{NotificationSid}": told,
        "/Recordings/{RecordingSid}": recording,
        "/Callbacks/{CallbackToken}": callback(controller, of, room.sid),
    }


def _operations(described: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], (method.upper(), path.removeprefix("/2010-04-01/Accounts/{AccountSid}"))
