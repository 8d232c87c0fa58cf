"""What a call was given, and what it has run of it."""

from typing import Any

from ari_conf.store import DocumentRow, VerbRow
from tests.rest.desk import Desk
from tests.rest.test_conferences import NOON
from tests.stage import within_deadline
from tests.store.rows import OTHER_ACCOUNT
from tests.store.rows import call as call_row


async def documents(desk: Desk, call_sid: str, **query: str) -> list[dict[str, Any]]:
    status, _, body = await desk.raw("GET", f"/Calls/{call_sid}/Documents.json", params=query)
    assert status == 200, body
    found: list[dict[str, Any]] = body["documents"]
    return found


async def test_documents_with_their_verbs_while_the_call_is_up(desk: Desk) -> None:
    stage = desk.stage
    gather = "<Response><Gather numDigits='1' action='/next' timeout='30'/></Response>"
    stage.answer("<Response><Pause length='60'/></Response>", "/next")
    (ann,) = await stage.room("ann", twiml=gather)
    await stage.until(lambda: bool(stage.controller.switchboard.calls))
    await ann.press("7")
    await stage.until(lambda: stage.app.params("/next") != [])
    call_sid = stage.controller.switchboard.calls[0].sid

    async def second_has_begun() -> list[dict[str, Any]]:
        while True:
            found = await documents(desk, call_sid)
            if len(found) == 2 and found[1]["verbs"]:
                return found
            await stage.clock.let_pass(0.02)

    first, second = await within_deadline(second_has_begun())
    assert (first["number"], first["twiml"], first["method"]) == (1, gather, "POST")
    assert first["url"] == stage.app.url("/voice")
    (verb,) = first["verbs"]
    assert (verb["name"], verb["data"]) == ("Gather", {"Digits": "7"})
    assert first["timestamp"] <= verb["started_at"] <= verb["ended_at"]
    assert [(verb["name"], verb["ended_at"]) for verb in second["verbs"]] == [("Pause", None)]


async def test_pages_of_a_call_with_many_documents(desk: Desk) -> None:
    row = call_row(1, account=desk.client.username, ended_at=NOON)
    given = [
        DocumentRow(
            call_sid=row.sid, number=number, url="http://a/", method="GET", fetched_at=NOON + number, twiml="<Response/>"
        )
        for number in range(1, 8)
    ]
    run = [
        VerbRow(call_sid=row.sid, number=number, document=(number + 1) // 2, name="Say", started_at=NOON)
        for number in range(1, 15)
    ]
    desk.stage.controller.store.write([row, *given, *run])
    _, _, page = await desk.raw("GET", f"/Calls/{row.sid}/Documents.json", params={"PageSize": "3"})
    pages = [page["documents"]]
    while page["next_page_uri"]:
        _, _, page = await desk.raw("GET", page["next_page_uri"].partition(desk.client.username)[2])
        pages.append(page["documents"])
    assert [[one["number"] for one in page] for page in pages] == [[1, 2, 3], [4, 5, 6], [7]]
    assert [[verb["number"] for verb in one["verbs"]] for page in pages for one in page] == [
        [n, n + 1] for n in range(1, 15, 2)
    ]


async def test_another_accounts_documents_are_not_there(desk: Desk) -> None:
    row = call_row(1, account=OTHER_ACCOUNT, ended_at=NOON)
    desk.stage.controller.store.write([row])
    assert (await desk.raw("GET", f"/Calls/{row.sid}/Documents.json"))[0] == 404
