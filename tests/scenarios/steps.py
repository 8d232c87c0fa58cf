"""The steps of a scenario: what callers and the application do, and what is to be heard and told then. Data, run by ``run``."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ari_conf.conference import Command, Modify, SetHold, SetMuted
from ari_conf.phones.phone import AUDIBLE
from tests.app_server import AppRequest
from tests.stage import ACCOUNT, NUMBERS, Stage, until_heard, voices, who_hears_whom, within_deadline

QUIET = 0.004
"""The level that nothing but rounding and codec noise reaches."""


@dataclass(frozen=True)
class Calls:
    """Somebody calls, and gets ``<Dial dial><Conference attributes>room``, with ``after`` behind the Dial."""

    who: str
    attributes: str = ""
    dial: str = ""
    room: str = "Room"
    after: str = ""


@dataclass(frozen=True)
class HangsUp:
    """Somebody hangs up."""

    who: str


@dataclass(frozen=True)
class Presses:
    """Somebody presses a key."""

    who: str
    key: str


@dataclass(frozen=True)
class FallsSilent:
    """Somebody stops talking."""

    who: str


@dataclass(frozen=True)
class Application:
    """The application (REST, later) does something to somebody; ``coach`` names whom to coach."""

    command: type[Command]
    who: str
    more: Mapping[str, Any]
    coach: str | None = None


def mutes(who: str, muted: bool = True) -> Application:  # noqa: FBT001, FBT002
    return Application(SetMuted, who, {"muted": muted})


def holds(who: str, hold: bool = True) -> Application:  # noqa: FBT001, FBT002
    return Application(SetHold, who, {"hold": hold})


def modifies(who: str, coach: str | None = None, **more: Any) -> Application:
    return Application(Modify, who, more, coach)


@dataclass(frozen=True)
class Hear:
    """Who hears whom, all listeners named: ``{"ann": {"bob"}}``."""

    matrix: Mapping[str, set[str]]


@dataclass(frozen=True)
class Music:
    """These hear music and no voice."""

    who: tuple[str, ...]


@dataclass(frozen=True)
class Quiet:
    """These hear nothing at all."""

    who: tuple[str, ...]


@dataclass(frozen=True)
class NeverHeard:
    """Up to now, ``who`` has not heard ``whom`` for a moment."""

    who: str
    whom: str


@dataclass(frozen=True)
class Over:
    """The calls of these are over."""

    who: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """The application has been told exactly these events so far, as "event caller"; others of the same caller by ``more``."""

    events: tuple[str, ...]


@dataclass(frozen=True)
class Lets:
    """Seconds pass."""

    seconds: float


@dataclass(frozen=True)
class Action:
    """The action of somebody's Dial has been asked with these parameters."""

    who: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Noted:
    """A notification with this code was kept."""

    code: int


Step = (
    Calls
    | HangsUp
    | Presses
    | FallsSilent
    | Application
    | Hear
    | Music
    | Quiet
    | NeverHeard
    | Over
    | Told
    | Lets
    | Action
    | Noted
)


@dataclass(frozen=True)
class Scenario:
    """``sentence`` is what Twilio promises, in our words."""

    name: str
    sentence: str
    steps: tuple[Step, ...]


class Play:
    """One scenario on one stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.twiml: dict[str, str] = {}
        stage.app.voice["/voice"] = self._voice
        stage.app.voice["/after"] = "<Response><Pause length='60'/></Response>"

    def _voice(self, request: AppRequest) -> str:
        return next(twiml for who, twiml in self.twiml.items() if NUMBERS[who] == request.params["From"])

    async def run(self, scenario: Scenario) -> None:
        for number, step in enumerate(scenario.steps, 1):
            try:
                await self._take(step)
            except AssertionError as error:
                raise AssertionError(f"step {number}, {step}: {error}") from error

    async def _take(self, step: Step) -> None:  # noqa: C901, PLR0912 (one case for each kind of step)
        stage = self.stage
        match step:
            case Calls():
                await self._call(step)
            case HangsUp():
                await stage.phones[step.who].hang_up()
            case Presses():
                await stage.phones[step.who].press(step.key)
            case FallsSilent():
                stage.phones[step.who].talk(on=False)
            case Application():
                self._command(step)
            case Hear():
                await who_hears_whom([stage.phones[who] for who in step.matrix], step.matrix)
            case Music():
                await until_heard(
                    [stage.phones[who] for who in step.who],
                    lambda heard: all(ear.level > AUDIBLE and not voices(ear) for ear in heard.values()),
                )
            case Quiet():
                await until_heard(
                    [stage.phones[who] for who in step.who], lambda heard: all(ear.level < QUIET for ear in heard.values())
                )
            case NeverHeard():
                assert step.whom not in voices(stage.phones[step.who].recording()), "was heard"
            case Over():
                await within_deadline(asyncio.gather(*(stage.phones[who].wait_ended() for who in step.who)))
            case Told():
                await self._told(step)
            case Lets():
                await stage.clock.let_pass(step.seconds)
            case Action():
                sid = self._sid(step.who)
                request = await stage.request(lambda params: params["CallSid"] == sid and "DialCallStatus" in params)
                assert {name: request.params.get(name) for name in step.parameters} == dict(step.parameters)
            case Noted():
                await stage.until(
                    lambda: step.code in [int(note.code) for note in stage.controller.notifications.of_account(ACCOUNT.sid)]
                )

    async def _call(self, step: Calls) -> None:
        attributes = step.attributes
        for who in self.stage.phones:
            attributes = attributes.replace(f"{{{who}}}", self._sid(who))
        conference = f"<Conference {attributes}>{step.room}</Conference>"
        self.twiml[step.who] = f"<Response><Dial {step.dial}>{conference}</Dial>{step.after}</Response>"
        before = len(self.stage.app.requests)
        await self.stage.phone(step.who).dial("room")
        await self.stage.until(lambda: len(self.stage.app.requests) > before)
        # In the room, or past it: only then does the next step make sense.
        sid = self._sid(step.who)
        await self.stage.until(lambda: self._is_in_a_room(sid) or not self._is_dialling(sid))

    def _is_in_a_room(self, sid: str) -> bool:
        return any(sid in conference.participants for conference in self.stage.controller.rooms.conferences)

    def _is_dialling(self, sid: str) -> bool:
        notes = self.stage.controller.notifications.of_account(ACCOUNT.sid)
        return not any(note.call_sid == sid for note in notes)

    def _command(self, step: Application) -> None:
        rooms = self.stage.controller.rooms
        sid = self._sid(step.who)
        (conference,) = [conference for conference in rooms.conferences if sid in conference.participants]
        more = dict(step.more) | ({"call_sid_to_coach": self._sid(step.coach)} if step.coach else {})
        refused = rooms.command(conference.sid, step.command(call_sid=sid, **more))  # type: ignore[call-arg]
        assert refused is None, refused

    async def _told(self, step: Told) -> None:
        names = {self._sid(who): who for who in self.stage.phones}
        told = await self.stage.callbacks(len(step.events))
        assert tuple(f"{p['StatusCallbackEvent']} {names.get(p.get('CallSid', ''), '')}".strip() for p in told) == step.events
        assert [int(p["SequenceNumber"]) for p in told] == list(range(1, len(told) + 1))

    def _sid(self, who: str) -> str:
        requests = [request.params for request in self.stage.app.requests]
        return [params["CallSid"] for params in requests if params.get("From") == NUMBERS[who]][-1]
