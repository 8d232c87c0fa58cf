"""A conference of which all is known, and where the timeline has drawn it."""

from typing import Any, Final, Literal

from playwright.async_api import Page, Route

from tests.stage import ACCOUNT

CONFERENCE: Final = "CF" + "a" * 32
BEGIN: Final = 1_790_000_000.0
"""A Monday, 14:13:20 UTC."""
LENGTH: Final = 600.0

CHIEF, ANN, BOB = ("CA" + digit * 32 for digit in "123")

HEAD: Final = {
    "sid": CONFERENCE,
    "account_sid": ACCOUNT.sid,
    "friendly_name": "Support",
    "status": "completed",
    "region": None,
    "created_at": BEGIN,
    "started_at": BEGIN + 60,
    "ended_at": BEGIN + LENGTH,
    "reason_ended": "last-participant-left",
    "recording": "off",
    "participants": 0,
    "talking": 0,
    "expected": 0,
    "max_participants": 250,
}


def person(call_sid: str, label: str | None, *stay: float, **more: Any) -> dict[str, Any]:
    """Somebody with one stay: from, to (both in seconds from the beginning), and until when it waited."""
    joined, left, waited = (BEGIN + at for at in stay)
    nothing: dict[str, Any] = {name: [] for name in ("talk", "muted", "hold", "coached", "coaching")}
    return {
        "call_sid": call_sid,
        "label": label,
        "from": "+15550100400",
        "to": "+15550109999",
        "direction": "inbound",
        "stays": [{"joined_at": joined, "left_at": left, "reason_left": "participant_hung_up", "waited_until": waited}],
        **nothing,
        **more,
    }


def span(begins: float, ends: float | None) -> list[float | None]:
    return [BEGIN + begins, None if ends is None else BEGIN + ends]


def timeline(**more: Any) -> dict[str, Any]:
    """Three people for ten minutes: the chief waits and coaches Ann, who talks and is on hold, Bob is muted; a recording."""
    people = [
        person(CHIEF, "chief", 0, 600, 60),
        person(ANN, None, 60, 540, 60),
        person(BOB, "Bob", 120, 600, 120),
    ]
    people[0]["coaching"] = [{"from": BEGIN + 200, "to": BEGIN + 300, "call_sid_to_coach": ANN}]
    people[1] |= {"talk": [span(90, 105), span(180, 181)], "hold": [span(400, 450)], "coached": [span(200, 300)]}
    people[2] |= {"muted": [span(130, 330)]}
    recording = {
        "sid": "RE" + "1" * 32,
        "status": "completed",
        "started_at": BEGIN + 60,
        "seconds": 360,
        "source": "Conference",
        "segments": [span(60, 240), span(300, 480)],
        "callbacks": [],
    }
    whole = {
        "conference": HEAD,
        "now": BEGIN + 900,
        "begin": BEGIN,
        "end": BEGIN + LENGTH,
        "people": people,
        "recordings": [recording],
        "events": [],
        "events_truncated": False,
    }
    return whole | more


def callback(state: Literal["owed", "delivered"]) -> dict[str, Any]:
    """A callback of the recording: one that has failed and is owed, or the same when it has arrived."""
    delivered = state == "delivered"
    return {
        "token": "11111111-1111-1111-1111-111111111111",
        "account_sid": ACCOUNT.sid,
        "kind": "recording",
        "lane": "RE" + "1" * 32,
        "conference_sid": CONFERENCE,
        "call_sid": None,
        "event": "completed",
        "url": "http://127.0.0.1/recorded",
        "method": "POST",
        "state": state,
        "attempts": 2 if delivered else 1,
        "created_at": BEGIN + LENGTH,
        "next_at": BEGIN + LENGTH + 10,
        "ended_at": BEGIN + LENGTH + 10 if delivered else None,
        "http_status": 204 if delivered else 503,
        "error_code": None,
        "error": "",
        "seconds": 0.05,
    }


async def answer_with(page: Page, told: dict[str, Any]) -> None:
    """Let the page be told of this conference in the place of what the controller knows."""

    async def tell_timeline(route: Route) -> None:
        await route.fulfill(json=told)

    async def find(route: Route) -> None:
        await route.fulfill(
            json={"conferences": [told["conference"]], "participants": [], "calls": [], "recordings": [], "more": False}
        )

    async def draw(route: Route) -> None:
        await route.fulfill(json={"seconds": 360.0, "channels": 1, "peaks": [[0.5] * 100]})

    await page.route(f"**/dashboard/api/conferences/{CONFERENCE}/timeline", tell_timeline)
    await page.route("**/dashboard/api/search?*", find)
    await page.route("**/dashboard/api/recordings/*/waveform", draw)


BARS = """(row) => {
  const plot = row.ownerSVGElement.getBoundingClientRect();
  return Object.fromEntries([...row.querySelectorAll("[data-kind]")].map((path) => {
    const boxes = [...path.getAttribute("d").matchAll(/M(\\S+) \\S+h(\\S+?)v/g)];
    return [path.dataset.kind, boxes.map(([, left, width]) => [left / plot.width, (+left + +width) / plot.width])];
  }));
}"""


async def bars(page: Page, key: str) -> dict[str, list[list[float]]]:
    """Return the bars of a row by kind, each from where to where, as shares of the width of the plot."""
    found: dict[str, list[list[float]]] = await page.locator(f'.tl-row[data-row="{key}"]').evaluate(BARS)
    return found
