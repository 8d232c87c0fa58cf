"""What goes on is seen while it goes on."""

from playwright.async_api import Page, expect

from tests.stage import Stage

from .dashboard import Dashboard
from .rooms import FORGOTTEN_SECONDS, LABELLED, ON_LOCAL, call_in, is_accessible_and_fits, line, open_room

BIG = 1000
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 3


async def test_who_comes_talks_falls_silent_and_goes_is_seen(stage: Stage, entered: Page) -> None:
    await expect(entered.get_by_text("Nobody is in a conference.")).to_be_visible()
    await call_in(stage, "ann")
    await expect(entered.get_by_role("heading", name="Waiting for the start 1")).to_be_visible()
    await call_in(stage, "bob")
    await expect(entered.get_by_role("heading", name="In progress 1")).to_be_visible()
    await expect(line(entered, "ann")).to_contain_text("talking")
    stage.phones["ann"].talk(on=False)
    await expect(line(entered, "ann")).not_to_contain_text("talking")
    await expect(line(entered, "bob")).to_contain_text("talking")
    await stage.phones["bob"].hang_up()
    await expect(line(entered, "bob")).to_have_count(0)
    await expect(line(entered, "ann")).to_be_visible()
    await stage.phones["ann"].hang_up()
    await expect(entered.get_by_role("heading", name="Just ended 1")).to_be_visible()


@ON_LOCAL
async def test_room_that_starts_meanwhile_loses_no_click(stage: Stage, entered: Page) -> None:
    await call_in(stage, "ann")
    link = entered.get_by_role("link", name="Support")
    await link.hover()
    await entered.mouse.down()
    await call_in(stage, "bob", "cid")
    counts = entered.locator(".counts > *")
    await expect(counts.nth(1)).to_have_text("3 participants")
    await expect(counts.nth(0)).to_have_text("1 conference")
    await entered.mouse.up()
    await expect(entered.get_by_role("heading", level=1, name="Support")).to_be_focused()


@ON_LOCAL
async def test_room_that_starts_keeps_the_focus(stage: Stage, entered: Page) -> None:
    await call_in(stage, "ann")
    link = entered.get_by_role("link", name="Support")
    await link.focus()
    await call_in(stage, "bob")
    await expect(entered.get_by_role("heading", level=2, name="In progress")).to_be_visible()
    await expect(link).to_be_focused()


@ON_LOCAL
async def test_conference_that_has_ended_long_ago_has_its_page(stage: Stage, entered: Page) -> None:
    await call_in(stage, "ann", "bob")
    (conference,) = stage.controller.rooms.conferences
    await stage.hang_up_all()
    await expect(entered.get_by_role("heading", name="Just ended 1")).to_be_visible()
    await stage.clock.let_pass(FORGOTTEN_SECONDS)
    await expect(entered.get_by_role("heading", name="Just ended 1")).to_be_hidden()
    await entered.goto(Dashboard(stage, entered).url(f"/conferences/{conference.sid}"))
    await expect(entered.get_by_role("heading", level=1, name="Support")).to_be_visible()
    await expect(entered.locator(".room-head")).to_contain_text("last participant left")
    await expect(entered.get_by_role("button", name="Announce")).to_be_hidden()


@ON_LOCAL
async def test_axe_finds_nothing_and_a_phone_needs_no_scrolling_to_the_side(stage: Stage, entered: Page) -> None:
    await call_in(stage, "ann")
    long_names = LABELLED.format("&lt;b>; " + LONG).replace("Support", "Weekly planning of all " * 5)
    await stage.room("bob", twiml=long_names)
    await expect(entered.get_by_role("article")).to_have_count(2)
    # It is text, and not cut as a SIP URI would be.
    await expect(line(entered, f"<b>; {LONG}")).to_be_visible()
    await is_accessible_and_fits(entered)
    await open_room(entered, "Weekly planning")
    await is_accessible_and_fits(entered)


CHANGES = """async () => {
    const { RoomCard } = await import("/dashboard/static/js/live/room_card.js");
    const { PeopleList } = await import("/dashboard/static/js/conference/people.js");
    const person = (number) => ({
        call_sid: `CA${number}`, label: null, from: `+1555${number}`, to: "room", direction: "inbound", status: "connected",
        joined_at: number, muted: false, hold: false, coaching: false, call_sid_to_coach: null, waiting: false, talking: false,
        talking_since: null, start_conference_on_enter: true, end_conference_on_exit: false,
    });
    const people = new Map(Array.from({ length: %d }, (_, number) => [`CA${number}`, person(number)]));
    const room = {
        sid: "CF1", account_sid: "AC1", friendly_name: "Big", status: "in-progress", region: null, created_at: 1, started_at: 1,
        ended_at: null, reason_ended: null, recording: "off", participants: 1000, talking: 0, expected: 0,
        max_participants: 1000, recordings: [], people,
    };
    const everybody = () => true;
    const card = new RoomCard(room, false);
    const list = new PeopleList(true, () => {});
    card.show(room, everybody, 2);
    list.show(room, everybody);
    const watch = new MutationObserver(() => {});
    watch.observe(card.list, { subtree: true, childList: true, characterData: true, attributes: true });
    watch.observe(list.element, { subtree: true, childList: true, characterData: true, attributes: true });
    const touched = (change) => {
        change();
        const lines = new Set(watch.takeRecords().map(({ target }) => target.closest?.(".person, .attendee") ?? target));
        return [...lines].map((line) => line.className);
    };
    const talk = () => {
        people.set("CA7", { ...people.get("CA7"), talking: true });
        card.touch(room, new Set(["CA7"]), everybody, 3);
        list.touch(room, new Set(["CA7"]), everybody);
    };
    const leave = () => {
        people.delete("CA7");
        card.touch(room, new Set(["CA7"]), everybody, 3);
        list.touch(room, new Set(["CA7"]), everybody);
    };
    return {
        lines: [card.list.children.length, list.element.querySelectorAll(".attendee").length],
        talk: touched(talk),
        nothing: touched(talk),
        leave: touched(leave).sort(),
    };
}"""


@ON_LOCAL
async def test_of_a_big_room_only_those_lines_are_touched_of_which_something_changes(entered: Page) -> None:
    changed = await entered.evaluate(CHANGES % BIG)
    assert changed["lines"] == [BIG, BIG]
    assert changed["talk"] == ["person talking", "attendee talking"]
    assert changed["nothing"] == []
    # One line goes, and each block of the long list gives its first line to the one before it.
    assert set(changed["leave"]) == {"people", "block"}
