"""How conferences and those in them look in JSON."""

from dataclasses import replace

from ari_conf.accounts import Account
from ari_conf.calls import Call
from ari_conf.conference import (
    Conference,
    ConferenceSettings,
    ConferenceStatus,
    Expect,
    Join,
    Participant,
    Talking,
    handle,
    new_conference,
)
from ari_conf.dashboard import views
from ari_conf.recordings import Recording, Source
from ari_conf.rooms import Notes, RoomRecording
from ari_conf.store import ConferenceRow
from ari_conf.webhooks import CallStatus, Direction

ACCOUNT = Account("AC1", "token")


def room() -> Conference:
    conference = new_conference(sid="CF1", account_sid="AC1", friendly_name="Support", now=10.0)
    for command in (
        Join(Participant("CA1", label="chief"), ConferenceSettings(max_participants=7, region="de1")),
        Join(Participant("CA2", muted=True, start_conference_on_enter=False)),
        Expect(Participant("CA3")),
        Talking("CA1", talking=True),
    ):
        conference, _ = handle(conference, command, 11.0)
    return conference


def notes() -> Notes:
    return Notes(
        RoomRecording(),
        joined_at={"CA1": 11.0, "CA2": 12.0},
        voice_parameters={"CA1": {"From": "+1", "To": "+2", "Direction": "inbound"}},
    )


def call(sid: str, status: CallStatus = CallStatus.IN_PROGRESS) -> Call:
    return Call(sid, ACCOUNT, "+4930", "client:ann", 9.0, direction=Direction.OUTBOUND_API, status=status)


def test_a_conference_has_its_numbers() -> None:
    assert views.head(room()) == {
        "sid": "CF1",
        "account_sid": "AC1",
        "friendly_name": "Support",
        "status": "in-progress",
        "region": "de1",
        "created_at": 10.0,
        "started_at": 11.0,
        "ended_at": None,
        "reason_ended": None,
        "recording": "off",
        "participants": 2,
        "talking": 1,
        "expected": 1,
        "max_participants": 7,
    }


def test_a_conference_that_does_not_run_any_more_is_over_whatever_its_row_says() -> None:
    row = ConferenceRow(
        sid="CF1", account_sid="AC1", friendly_name="room", status="in-progress", created_at=1.0, updated_at=2.0, started_at=2.0
    )
    told = views.head_of_row(row)
    assert (told["status"], told["ended_at"], told["participants"]) == ("completed", None, 0)
    assert told.keys() == views.head(room()).keys()


async def test_a_participant_is_shown_with_its_call() -> None:
    conference = room()
    shown = views.present(conference, conference.participants["CA1"], call("CA1"), notes())
    assert shown == {
        "call_sid": "CA1",
        "label": "chief",
        "from": "+4930",
        "to": "client:ann",
        "direction": "outbound-api",
        "status": "connected",
        "joined_at": 11.0,
        "muted": False,
        "hold": False,
        "coaching": False,
        "call_sid_to_coach": None,
        "waiting": False,
        "talking": True,
        "talking_since": 11.0,
        "start_conference_on_enter": True,
        "end_conference_on_exit": False,
    }


async def test_who_has_just_hung_up_is_still_shown_with_the_numbers_that_were_told() -> None:
    conference = room()
    shown = views.present(conference, conference.participants["CA1"], None, notes())
    assert (shown["from"], shown["to"], shown["direction"]) == ("+1", "+2", "inbound")


async def test_who_is_silent_does_not_talk_since_any_moment_and_who_waits_is_told() -> None:
    conference = replace(room(), status=ConferenceStatus.INIT)
    shown = views.present(conference, conference.participants["CA2"], None, notes())
    assert (shown["talking_since"], shown["waiting"], shown["muted"]) == (None, True, True)


async def test_who_is_being_called_has_the_status_of_the_call() -> None:
    participant = room().expected["CA3"]
    told = [views.expected(participant, one)["status"] for one in (None, call("CA3", CallStatus.RINGING))]
    assert told == ["queued", "ringing"]
    shown = views.expected(participant, call("CA3"))
    assert (shown["joined_at"], shown["from"], shown["waiting"]) == (None, "+4930", False)


def test_a_recording() -> None:
    recording = Recording(sid="RE1", account_sid="AC1", source=Source.CONFERENCE, started_at=3.0, conference_sid="CF1")
    shown = views.recording_view(recording)
    assert shown == {"sid": "RE1", "status": "in-progress", "started_at": 3.0, "source": "Conference"}
