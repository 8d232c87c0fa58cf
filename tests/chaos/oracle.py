"""What was told of conferences, held against the rules and against what happened in the world."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ari_conf.conference import (
    CallbackEvent,
    Command,
    Conference,
    ConferenceSettings,
    EndConference,
    Exit,
    Join,
    Leave,
    Participant,
    SetHold,
    SetMuted,
    StatusCallback,
    ToldEvent,
    callback_parameters,
    handle,
    new_conference,
)

Told = Mapping[str, str]

EVENTS = frozenset({CallbackEvent.START, CallbackEvent.END, CallbackEvent.JOIN, CallbackEvent.LEAVE})
EVENTS |= {CallbackEvent.MUTE, CallbackEvent.HOLD}

_SETTINGS = ConferenceSettings(StatusCallback("http://app.example/", events=EVENTS))


@dataclass(slots=True)
class Visit:
    """One call in a room, as the world knows it. ``changes`` are the events of it that were asked for, in order."""

    room: str
    label: str
    changes: list[str] = field(default_factory=list)
    over: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """``lost`` has happened and was not told, ``doubled`` was told twice or has not happened, ``wrong`` breaks a rule."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    wrong: tuple[str, ...]


class Books:
    """The callbacks as an application books them that looks at each idempotency token once."""

    def __init__(self) -> None:
        self._by_token: dict[str, Told] = {}
        self._doubled: list[str] = []

    @property
    def count(self) -> int:
        """How many were booked."""
        return len(self._by_token)

    def take(self, token: str, told: Told) -> None:
        """Book one delivery."""
        if self._by_token.setdefault(token, told) != told:
            self._doubled.append(f"the token of {brief(self._by_token[token])} came with {brief(told)}")

    def verdict(self, visits: Iterable[Visit]) -> Verdict:
        """Hold all that was told against ``visits``; who is not ``over`` is still in the room."""
        lost, doubled, wrong = [], list(self._doubled), []
        conferences: dict[str, list[Told]] = defaultdict(list)
        for told in self._by_token.values():
            conferences[told["ConferenceSid"]].append(told)
        for sid, events in conferences.items():
            numbered: dict[int, Told] = {}
            for told in events:
                number = int(told["SequenceNumber"])
                if number in numbered:
                    doubled.append(f"{brief(told)} of {sid} has the number of {brief(numbered[number])}, and another token")
                numbered.setdefault(number, told)
            lost += [f"number {number} of {sid}" for number in range(1, max(numbered)) if number not in numbered]
            wrong += replayed([numbered[number] for number in sorted(numbered)])
        happened: dict[tuple[str, str], list[str]] = defaultdict(list)
        for told in sorted(self._by_token.values(), key=lambda told: int(told["SequenceNumber"])):
            if "ParticipantLabel" in told:
                happened[told["FriendlyName"], told["ParticipantLabel"]].append(told["StatusCallbackEvent"])
        for visit in visits:
            expected = ["participant-join", *visit.changes, *(["participant-leave"] if visit.over else [])]
            actual = happened.pop((visit.room, visit.label), [])
            for event in dict.fromkeys((*expected, *actual)):
                more = actual.count(event) - expected.count(event)
                what = f"{event} of {visit.label} in {visit.room}"
                (doubled if more > 0 else lost).extend([what] * abs(more))
        doubled += [f"{events} of {who}, who was not there" for who, events in happened.items()]
        return Verdict(tuple(lost), tuple(doubled), tuple(wrong))


def replayed(events: Iterable[Told]) -> list[str]:
    """Return how the events of one conference, in their order, differ from what the rules make of their causes."""
    conference: Conference | None = None
    due: list[ToldEvent] = []
    for told in events:
        if conference is None:
            conference = new_conference(
                sid=told["ConferenceSid"], account_sid=told["AccountSid"], friendly_name=told["FriendlyName"], now=0.0
            )
        if not due:
            conference, made = handle(conference, _cause(told), 0.0)
            due = [event for event in made if isinstance(event, ToldEvent)]
        if not due:
            return [f"{brief(told)} changes nothing in {told['FriendlyName']}"]
        expected = callback_parameters(conference, due.pop(0))
        del expected["Timestamp"]
        if differing := {name for name, value in expected.items() if told.get(name) != value}:
            return [
                f"{brief(told)} in {told['FriendlyName']}: { ({name: told.get(name) for name in differing}) }, not {expected}"
            ]
    return [f"{due} of {conference.friendly_name} were not told"] if due and conference is not None else []


def _cause(told: Told) -> Command:
    """Return what has to be asked of a room for an event to be told first."""
    call_sid = told.get("CallSid", "")
    match told["StatusCallbackEvent"]:
        case "participant-join":
            return Join(_participant(told), _SETTINGS)
        case "participant-leave":
            return _leave(told)
        case "participant-mute" | "participant-unmute":
            return SetMuted(call_sid, told["Muted"] == "true")
        case "participant-hold" | "participant-unhold":
            return SetHold(call_sid, told["Hold"] == "true")
        case _:
            return EndConference()


def _participant(told: Told) -> Participant:
    return Participant(
        told["CallSid"],
        label=told["ParticipantLabel"],
        muted=told["Muted"] == "true",
        hold=told["Hold"] == "true",
        beep_on_enter=False,
        beep_on_exit=False,
        start_conference_on_enter=told["StartConferenceOnEnter"] == "true",
        end_conference_on_exit=told["EndConferenceOnExit"] == "true",
        coaching=told["Coaching"] == "true",
        call_sid_to_coach=told.get("CallSidToCoach"),
    )


def _leave(told: Told) -> Command:
    if told["ReasonParticipantLeft"] == "conference_ended_via_api":
        return EndConference()
    if told["ReasonParticipantLeft"] == "participant_updated_via_api":
        return Leave(told["CallSid"], Exit.KICKED)
    return Leave(told["CallSid"], Exit.HUNG_UP if told["ParticipantCallStatus"] == "completed" else Exit.TIME_LIMIT)


def brief(told: Told) -> str:
    """Return an event in a few words."""
    return f"{told['StatusCallbackEvent']} {told.get('ParticipantLabel', '')} ({told['SequenceNumber']})"
