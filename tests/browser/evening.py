"""An evening in a small call centre, for pictures: half an hour of rooms, callers and callbacks that fail, in half a minute."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from html import escape
from typing import Any, Final

import aiohttp
from aiohttp import web

from ari_conf.conference import Conference
from ari_conf.media.local import FRAME_SECONDS, LocalEngine
from ari_conf.phones.phone import tone_of
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.settings import DatabaseSettings
from tests.app_server import AppRequest
from tests.dashboard.door import ANN
from tests.stage import ACCOUNT, Stage, set_stage

from .callers import CASTING, NAMES, STAFF, Voice

BEGIN: Final = datetime(2026, 11, 20, 18, 2, 11, tzinfo=UTC).timestamp()
MINUTES: Final = 34.0

_TOLD = 'statusCallback="/events" statusCallbackEvent="start end join leave mute hold modify announcement"'
_RECORDED = 'record="record-from-start" recordingStatusCallback="/crm/recordings"'
_KEPT = 'record="record-from-start" recordingStatusCallback="/recordings"'
_WELCOME = (
    '<Response>\n  <Gather numDigits="1" action="/menu">\n'
    "    <Say>Welcome to Example Couriers. Press 1 for your driver, 2 for support.</Say>\n  </Gather>\n"
    "  <Redirect>/welcome</Redirect>\n</Response>"
)
_DRIVER = (
    '<Response>\n  <Say>We are calling your driver.</Say>\n  <Dial timeout="15" action="/driver" callerId="+12125550100">\n'
    f"    <Number>{CASTING['driver']}</Number>\n  </Dial>\n</Response>"
)


class Evening:
    """``run`` plays it to the end; then all stand as the pictures show them. ``board`` is the SID of the one that has ended."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._random = random.Random(7)  # noqa: S311 - scenery, the same each time
        self._talks: dict[str, asyncio.Task[None]] = {}
        self._moved = False
        self.board = ""
        engine = stage.controller.engine
        assert isinstance(engine, LocalEngine)
        self.people: dict[str, VirtualPhone] = {}
        for index, (name, number) in enumerate(CASTING.items()):
            phone = self.people[name] = VirtualPhone(engine, name, tone_of(index), number=number)
            phone._oscillator = Voice(phone.tone, engine.rate, index)  # type: ignore[assignment]
            phone.talk(on=False)
        stage.guests += self.people.values()
        stage.app.voice |= {
            "/voice": self._welcome,
            "/welcome": _WELCOME,
            "/menu": _DRIVER,
            "/driver": lambda request: _room("Support", request, f'startConferenceOnEnter="false" {_TOLD}'),
            "/events": self._take,
            "/crm/recordings": lambda _: web.Response(status=503, text="The database of customers is being moved."),
        }

    async def run(self) -> None:
        for play in (self._before, self._support_begins, self._board, self._support_goes_on, self._late):
            await play()
        for room in list(self._talks):
            self._fall_silent(room)
        for name in CASTING:
            self.people[name].talk(on=name in {"chief", "agent Lena", "Jonas"})
        await self._until_minute(MINUTES)

    async def _before(self) -> None:
        await self._call("shift", "chief", "agent Tom", "agent Lena")
        self._chat("shift", "chief", "agent Tom", "agent Lena")
        await self._until_minute(2.5)
        self._fall_silent("shift")
        await self._leave("chief", "agent Tom", "agent Lena")
        await self._until_minute(3)
        await self._call("case 4709", "agent Lena", "Jonas")
        self._chat("case", "agent Lena", "Jonas")
        await self._until_minute(5.2)
        self._fall_silent("case")
        await self._leave("agent Lena", "Jonas")

    async def _support_begins(self) -> None:
        for minute, name in ((8.0, "Ruth"), (8.7, "Omar"), (9.6, "chief"), (10.2, "agent Tom")):
            await self._until_minute(minute)
            await self._call("support", name)
        self._chat("support", "chief", "chief", "agent Tom", "Ruth", "Omar", "Omar")

    async def _board(self) -> None:
        await self._until_minute(12)
        await self._call("board", "chair", "treasurer", "secretary")
        self.board = self._conference("Board review").sid
        self._chat("board", "chair", "chair", "treasurer", "secretary")
        await self._until_minute(14)
        await self._call("support", "agent Lena")
        await self._until_minute(15)
        await self._call("support", "coach Ines")
        await self._until_minute(15.3)
        await self._change("Support", "coach Ines", Coaching="true", CallSidToCoach=self._sid("agent Lena"))
        self._chat("support", "chief", "agent Tom", "Ruth", "Omar", "agent Lena", "agent Lena", "coach Ines")
        await self._until_minute(16)
        await self._set_recording("Board review", "paused")
        await self._until_minute(17)
        await self._change("Support", "Ruth", Hold="true")
        await self._set_recording("Board review", "in-progress")

    async def _support_goes_on(self) -> None:
        await self._until_minute(19.5)
        await self._change("Support", "Ruth", Hold="false")
        await self._until_minute(20)
        await self._call("case 4711", "Jonas", "guest 1")
        await self._change("Support", "Omar", Muted="true")
        await self._set_recording("Support", "paused")
        self._chat("case", "Jonas", "guest 1")
        await self._until_minute(21.4)
        await self._change("Support", "Omar", Muted="false")
        await self._set_recording("Support", "in-progress")
        await self._until_minute(22)
        await self._leave("Ruth")
        await self._until_minute(23)
        await self._set_recording("Board review", "paused")
        await self._through_the_menu("Paula")
        self._chat("support", "chief", "agent Tom", "Paula", "Omar", "agent Lena", "agent Lena", "coach Ines")
        await self._until_minute(25.2)
        await self._set_recording("Board review", "in-progress")

    async def _late(self) -> None:
        await self._until_minute(27)
        await self._change("Support", "Omar", Muted="true")
        await self._until_minute(29)
        self._moved = True
        await self._change("Support", "Paula", Hold="true")
        for minute, name in ((29.3, "buyer 1"), (30.4, "buyer 2"), (31.9, "buyer 3")):
            await self._until_minute(minute)
            await self._call("sales", name)
        self._fall_silent("board")
        await self._leave("secretary", "chair", "treasurer")
        for number in range(2, 5):
            await self._until_minute(32 + number / 5)
            await self._call("town hall", f"guest {number}")
        await self._until_minute(33.4)
        form = {"From": "+12125550100", "To": CASTING["billing"], "Label": "billing"}
        await self._rest(f"Conferences/{self._conference('Support').sid}/Participants", **form)

    # What those on the stage do.

    async def _call(self, to: str, *names: str) -> None:
        for name in names:
            await self.people[name].dial(to)
            await self.stage.until(partial(self._there, name))

    async def _leave(self, *names: str) -> None:
        for name in names:
            await self.people[name].hang_up()
            await self.people[name].wait_ended()

    async def _through_the_menu(self, name: str) -> None:
        phone = self.people[name]
        await phone.dial("menu")
        await self._wait(5.0)

        def asked(path: str) -> Callable[[], bool]:
            return lambda: bool(self.stage.app.params(path))

        while not asked("/menu")():
            await phone.press("1")
            await self._wait(2.0)
        await self.stage.until(lambda: self.people["driver"]._call is not None)
        await self._wait(16.0)
        await self.stage.until(lambda: self._there(name))

    async def _wait(self, seconds: float) -> None:
        """Let time pass, and leave real time to what needs it: requests, speech."""
        until = self.stage.clock.monotonic() + seconds
        await self.stage.until(lambda: self.stage.clock.monotonic() >= until)

    async def _until_minute(self, minute: float) -> None:
        while (left := 60 * minute - self.stage.clock.monotonic()) > FRAME_SECONDS:
            await self.stage.clock.let_pass(min(left, 5.0))
            await asyncio.sleep(0.002)
            for phone in self.people.values():
                if phone._call is not None:
                    phone._call._frames.clear()  # what they have heard is of no use, and half a gigabyte

    def _chat(self, room: str, *names: str) -> None:
        self._fall_silent(room)
        for name in names:
            self.people[name].talk(on=False)
        talk = self._converse([self.people[name] for name in names])
        self._talks[room] = asyncio.create_task(talk, name="talk")

    def _fall_silent(self, room: str) -> None:
        if room in self._talks:
            self._talks.pop(room).cancel()

    async def _converse(self, people: Sequence[VirtualPhone]) -> None:
        clock, chance = self.stage.clock, self._random
        while True:
            phone = chance.choice(people)
            phone.talk(on=True)
            await clock.sleep_until(clock.monotonic() + chance.uniform(1.5, 22))
            phone.talk(on=False)
            await clock.sleep_until(clock.monotonic() + chance.uniform(0.3, 4))

    # What the application answers and asks for.

    def _take(self, request: AppRequest) -> web.Response:
        refused = request.params.get("StatusCallbackEvent") == "participant-hold" and self._moved
        return web.Response(status=404, text="No such case.") if refused else web.Response(status=204)

    @staticmethod
    def _welcome(request: AppRequest) -> str:
        to = request.params["To"]
        if to == "menu":
            return _WELCOME
        if to == "sales":
            return "<Response>\n  <Enqueue>Sales</Enqueue>\n</Response>"
        if to == "support" and NAMES[request.params["From"]] == "Ruth":
            return _room("Support", request, f'startConferenceOnEnter="false" beep="sometimes" {_KEPT} {_TOLD}')
        first = 'startConferenceOnEnter="false"'
        rooms = {
            "shift": ("Shift hand-over", ""),
            "case 4709": ("Case 4709", _KEPT),
            "case 4711": ("Case 4711", ""),
            "board": ("Board review", f"{_RECORDED} {_TOLD}"),
            "support": ("Support", _TOLD if NAMES[request.params["From"]] in STAFF else f"{first} {_TOLD}"),
            "town hall": ("Town hall", f"{first} {_TOLD}"),
        }
        return _room(rooms[to][0], request, rooms[to][1])

    @property
    def support(self) -> str:
        """The SID of the conference in which most happens."""
        return self._conference("Support").sid

    @property
    def call(self) -> str:
        """The SID of the call that has come into it by way of a menu."""
        return self._sid("Paula")

    def _conference(self, name: str) -> Conference:
        return next(one for one in self.stage.controller.rooms.conferences if one.friendly_name == name)

    def _sid(self, name: str) -> str:
        call = self.people[name]._call
        assert call is not None
        return call.sid

    def _there(self, name: str) -> bool:
        if any(self._sid(name) in one.participants for one in self.stage.controller.rooms.conferences):
            return True
        return any(self._sid(name) == one.call_sid for queue in self.stage.controller.queues.queues for one in queue.waiting)

    async def _change(self, room: str, name: str, **form: str) -> None:
        await self._rest(f"Conferences/{self._conference(room).sid}/Participants/{self._sid(name)}", **form)

    async def _set_recording(self, room: str, status: str) -> None:
        await self._rest(f"Conferences/{self._conference(room).sid}/Recordings/Twilio.CURRENT", Status=status)

    async def _rest(self, path: str, **form: str) -> Any:
        asked = asyncio.create_task(self._ask(path, form))
        await self.stage.until(asked.done)
        return asked.result()

    async def _ask(self, path: str, form: dict[str, str]) -> Any:
        url = f"http://127.0.0.1:{self.stage.controller.port}/2010-04-01/Accounts/{ACCOUNT.sid}/{path}.json"
        login = aiohttp.BasicAuth(ACCOUNT.sid, ACCOUNT.auth_token)
        async with aiohttp.ClientSession(auth=login) as session, session.post(url, data=form) as answer:
            assert answer.ok, await answer.text()
            return await answer.json()


@contextlib.asynccontextmanager
async def played() -> AsyncIterator[Evening]:
    """Yield an evening that has been played to its end; ``stage.clock`` is then to be let pass."""
    sections = {"engine": "local", "operators": (ANN,), "database": DatabaseSettings()}
    async with set_stage(None, begin=BEGIN, sections=sections) as stage:
        evening = Evening(stage)
        try:
            await evening.run()
            yield evening
        finally:
            for room in list(evening._talks):
                evening._fall_silent(room)


def _room(name: str, request: AppRequest, attributes: str) -> str:
    who = NAMES[request.params["From"]]
    label = f' participantLabel="{escape(who)}"' if who in STAFF else ""
    return f"<Response>\n  <Dial>\n    <Conference{label} {attributes}>{name}</Conference>\n  </Dial>\n</Response>"
