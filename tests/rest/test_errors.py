"""What is wrong is told as Twilio tells it."""

import gzip

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from ari_conf.media.port import EngineError
from ari_conf.rest.errors import RestError
from tests.rest.desk import Desk
from tests.stage import NUMBERS, within_deadline

FORM = "application/x-www-form-urlencoded"
CONFERENCE = "/Conferences/CF" + "0" * 32


async def test_there_is_nothing(desk: Desk) -> None:
    status, _, body = await desk.raw("GET", "/Nonsense.json")
    assert (status, body["code"], body["status"]) == (404, 20404, 404)
    assert body["message"].endswith("/Nonsense.json was not found")
    assert (await desk.raw("GET", "/conferences.json"))[0] == 404


@pytest.mark.parametrize("path", ["/Conferences.csv", "/Conferences.xml", CONFERENCE + ".xml"])
async def test_only_json_is_answered(desk: Desk, path: str) -> None:
    status, _, body = await desk.raw("GET", path)
    assert status == 404
    assert body["message"].endswith("answers are JSON here, under .json")


async def test_a_method_that_is_not_allowed(desk: Desk) -> None:
    status, headers, body = await desk.raw("DELETE", "/Conferences.json")
    assert (status, body["code"], headers["Allow"]) == (405, 20004, "GET")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"Status=" + b"x" * 70_000, FORM, 413),
        (b"Status=%FF", FORM, 400),
        (b'{"Status": "completed"}', "application/json", 415),
        (b"Status=completed", "application/octet-stream", 415),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
        (b"Status=completed", f"{FORM}; charset=nonsense", 415),
        (b"Status=%5Cud800", f"{FORM}; charset=unicode_escape", 415),
    ],
)
async def test_a_body_that_is_no_form(desk: Desk, body: bytes, kind: str, status: int) -> None:
    answer = await desk.raw("POST", CONFERENCE + ".json", data=body, headers={"Content-Type": kind})
    assert answer[0] == answer[2]["status"] == status


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "nonsense"])
async def test_a_form_that_is_not_packed_as_it_says(desk: Desk, encoding: str, caplog: pytest.LogCaptureFixture) -> None:
    headers = {"Content-Type": FORM, "Content-Encoding": encoding}
    with capture_logs() as logs:
        status, _, _ = await desk.raw("POST", CONFERENCE + ".json", data=b"Status=completed", headers=headers)
    assert status in {400, 415}
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_packed_form_is_refused_with_a_sentence(desk: Desk) -> None:
    headers = {"Content-Type": FORM, "Content-Encoding": "gzip"}
    status, _, body = await desk.raw("POST", CONFERENCE + ".json", data=gzip.compress(b"Status=completed"), headers=headers)
    assert (status, body["code"], body["message"]) == (415, 20001, "Send the form as it is, without a Content-Encoding.")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"DateCreated": "2026-02-30"}, "DateCreated is not valid: it should be a day or a time, as 2026-01-31 or"),
        ({"CallSid": "x"}, "CallSid is not valid: it should match ^CA[0-9a-fA-F]{32}$."),
        ({"Page": "x"}, "Page is not valid: it should be a whole number."),
        ({"Page": "-1"}, "Page is not valid: it should be 0 or more."),
        ({"PageSize": "1001"}, "PageSize is not valid: it should be 1000 or less."),
        ({"IncludeSoftDeleted": "x"}, "IncludeSoftDeleted is not valid: it should be true or false."),
    ],
)
async def test_what_is_wrong_is_told_in_a_plain_sentence(desk: Desk, field: dict[str, str], message: str) -> None:
    status, _, body = await desk.raw("GET", "/Recordings.json", params=field)
    assert status == 400
    assert body["message"].startswith(message)
    assert body["message"].endswith(".")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"From": "x" * 257}, "From is not valid: it should have 256 characters or less."),
        ({"Twiml": "x" * 4001}, "Twiml is not valid: it should have 4000 characters or less."),
        ({"RecordingChannels": "three"}, "RecordingChannels is not valid: it should be 'mono' or 'dual'."),
        ({"RecordingTrack": "up"}, "RecordingTrack is not valid: it should be 'inbound', 'outbound' or 'both'."),
        ({"TimeLimit": "9" * 5000}, "TimeLimit is not valid: it should be a smaller number."),
        ({"To": None}, "To is required."),
    ],
)
async def test_so_it_is_for_a_form(desk: Desk, form: dict[str, str | None], message: str) -> None:
    sent = {"To": NUMBERS["bob"], "From": "+15550001111", "Twiml": "<Response/>"} | form
    _, _, body = await desk.raw("POST", "/Calls.json", data={name: value for name, value in sent.items() if value})
    assert body["message"] == message


def test_every_message_is_a_sentence() -> None:
    assert RestError(20001, "conference x is over").message == "Conference x is over."
    assert RestError(20001, "Leave it out.").message == "Leave it out."


async def test_a_fault_of_ours_is_told_without_its_cause(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(desk.stage.controller.rooms, "running", fail)
    with capture_logs() as logs:
        status, headers, body = await desk.raw("GET", CONFERENCE + ".json")
    assert (status, body["code"]) == (500, 20500)
    assert "secret" not in str(body)
    (told,) = [entry for entry in logs if entry["event"] == "a request has failed"]
    assert told["request_id"] == headers["Twilio-Request-Id"]


async def test_an_engine_that_does_not_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.room("ann")
    rings = desk.rings(desk.stage.phone("bob"))
    participants = desk.client.conferences(desk.conference.sid).participants
    made = await desk.ask(participants.create, from_="+15550001111", to=NUMBERS["bob"])
    await within_deadline(rings)

    async def fail(*_: object) -> None:
        raise EngineError("Asterisk does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(desk.stage.controller.engine, "hang_up", fail)
        delete = desk.client.conferences(desk.conference.sid).participants(made.call_sid).delete
        assert await desk.refusal(delete) == (503, 20503)
    assert await desk.ask(delete)


async def test_a_database_that_does_not_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(desk.stage.controller.store, "rows", fail)
    status, _, body = await desk.raw("GET", CONFERENCE + ".json")
    assert (status, body["code"]) == (503, 20503)
