"""What is wrong is told as Twilio tells it."""

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from ari_conf.media.port import EngineError
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
        (b"Status=completed", f"{FORM}; charset=nonsense", 400),
    ],
)
async def test_a_body_that_is_no_form(desk: Desk, body: bytes, kind: str, status: int) -> None:
    answer = await desk.raw("POST", CONFERENCE + ".json", data=body, headers={"Content-Type": kind})
    assert answer[0] == answer[2]["status"] == status


async def test_a_fault_of_ours_is_told_without_its_cause(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(desk.stage.controller.rooms, "find", fail)
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
