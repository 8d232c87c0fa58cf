"""A conference and its history, so that a test of the rules reads as what is done."""

from dataclasses import replace
from typing import Any, get_args

from ari_conf.conference import (
    BeepDue,
    CallbackEvent,
    Command,
    ConferenceEvent,
    ConferenceSettings,
    ConferenceStatus,
    Exit,
    Join,
    Leave,
    Participant,
    StatusCallback,
    ToldEvent,
    callback_parameters,
    handle,
    new_conference,
)

EVERYTHING = StatusCallback("http://app.example/events", events=frozenset(CallbackEvent))


class Room:
    """``beeps`` counts the beeps; ``events`` are all others."""

    def __init__(self, callback: StatusCallback | None = EVERYTHING, **settings: Any) -> None:
        self.state = new_conference(sid="CF1", account_sid="AC1", friendly_name="Room 1", now=0.0)
        self.events: list[ConferenceEvent] = []
        self.beeps = 0
        self.callback = callback
        self.settings = settings
        self.time = 0.0

    def do(self, command: Command) -> tuple[ConferenceEvent, ...]:
        self.time += 1
        self.state, events = handle(self.state, command, self.time)
        self.beeps += sum(isinstance(event, BeepDue) for event in events)
        others = tuple(event for event in events if not isinstance(event, BeepDue))
        self.events += others
        return others

    def join(self, call_sid: str, *, start: bool = True, end: bool = False, **more: Any) -> tuple[ConferenceEvent, ...]:
        participant = Participant(call_sid, start_conference_on_enter=start, end_conference_on_exit=end)
        settings = ConferenceSettings(status_callback=self.callback, **self.settings)
        return self.do(Join(replace(participant, **more), settings))

    def leave(self, call_sid: str, exit_: Exit = Exit.HUNG_UP) -> tuple[ConferenceEvent, ...]:
        return self.do(Leave(call_sid, exit_))

    @property
    def status(self) -> ConferenceStatus:
        return self.state.status


def kinds(events: tuple[ConferenceEvent, ...]) -> list[type[ConferenceEvent]]:
    return [type(event) for event in events]


def told(room: Room) -> list[dict[str, str]]:
    """Return the parameters of every callback that is owed."""
    return [
        callback_parameters(room.state, event)
        for event in room.events
        if isinstance(event, get_args(ToldEvent)) and event.sequence_number is not None
    ]
