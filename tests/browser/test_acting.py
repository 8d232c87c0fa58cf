"""What an operator does by click or key is heard by those in the room, and seen."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from ari_conf.audio.tones import tone
from ari_conf.audio.wav import write_wav
from ari_conf.settings import OperatorSettings
from tests.app_server import empty, failing
from tests.dashboard.door import ANN, LEO, PASSWORD
from tests.stage import NUMBERS, TONES, Stage, set_stage, until_heard, voices, who_hears_whom, within_deadline

from .axe import violations
from .dashboard import Dashboard, logged_in
from .rooms import LABELLED, ON_LOCAL, call_in, line, open_room
from .running import Faults

LOUD = 0.01
"""Speech and tones are louder than this, silence is not."""


async def test_mute_by_click_is_heard_as_silence(stage: Stage, entered: Page) -> None:
    await call_in(stage, "ann", "bob")
    await open_room(entered)
    await entered.get_by_role("button", name="Mute ann").click()
    await expect(entered.get_by_role("status", name="Outcomes")).to_contain_text("ann is muted.")
    await expect(entered.get_by_role("button", name="Unmute ann")).to_be_visible()
    await expect(line(entered, "ann")).to_contain_text("muted")
    ann, bob = stage.phones["ann"], stage.phones["bob"]
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": set()})
    await entered.get_by_role("button", name="Unmute ann").click()
    await until_heard([bob], lambda heard: heard["bob"].hears(TONES["ann"]))


async def test_who_is_put_on_hold_by_click_hears_music_and_who_is_removed_is_hung_up(stage: Stage, entered: Page) -> None:
    await call_in(stage, "ann", "bob")
    await open_room(entered)
    ann, bob = phones = [stage.phones["ann"], stage.phones["bob"]]
    await who_hears_whom(phones, {"ann": {"bob"}, "bob": {"ann"}})
    await entered.get_by_role("button", name="Hold bob").click()
    await until_heard(phones, lambda heard: not (voices(heard["ann"]) | voices(heard["bob"])) and heard["bob"].level > LOUD)
    await entered.get_by_role("button", name="Unhold bob").click()
    await who_hears_whom(phones, {"ann": {"bob"}, "bob": {"ann"}})
    await entered.get_by_role("button", name="More for bob").click()
    await entered.get_by_role("menuitem", name="Remove…").click()
    await entered.get_by_role("dialog", name="Remove bob?").get_by_role("button", name="Remove").click()
    await within_deadline(bob.wait_ended())
    await expect(line(entered, "bob")).to_have_count(0)
    await who_hears_whom([ann], {"ann": set()})


async def test_callback_that_failed_is_sent_again_by_click_and_arrives(stage: Stage, entered: Page) -> None:
    stage.app.voice["/events"] = failing(404)
    await stage.room("ann", twiml=LABELLED.format("ann").replace("speaker", "join"))
    await stage.callbacks(1)
    await open_room(entered)
    event = entered.locator(".event", has_text="ann joined")
    await event.get_by_role("button", name="404 given up, tried once").click()
    stage.app.voice["/events"] = empty
    await event.get_by_role("button", name="Send again").click()
    await stage.callbacks(2)
    failed, again = [
        request for request in stage.app.requests if request.params.get("StatusCallbackEvent") == "participant-join"
    ]
    assert again.params == failed.params
    assert again.headers["I-Twilio-Idempotency-Token"] == failed.headers["I-Twilio-Idempotency-Token"]
    await expect(event.get_by_role("button", name="200 in")).to_be_visible()


@ON_LOCAL
async def test_hold_and_coach_are_shown_with_whom(stage: Stage, entered: Page) -> None:
    await call_in(stage, "ann", "bob", "cid")
    await open_room(entered)
    await entered.get_by_role("button", name="Hold bob").click()
    await expect(line(entered, "bob")).to_contain_text("on hold")
    await entered.get_by_role("button", name="Unhold bob").click()
    await expect(line(entered, "bob")).not_to_contain_text("on hold")
    await entered.get_by_role("button", name="More for cid").click()
    await entered.get_by_role("menuitem", name="Coach somebody…").click()
    dialog = entered.get_by_role("dialog", name="cid coaches")
    assert await violations(entered) == []
    await dialog.get_by_label("Whom").select_option("ann")
    await dialog.get_by_role("button", name="Coach").click()
    await expect(line(entered, "cid")).to_contain_text("coaches ann")
    phones = [stage.phones[name] for name in ("ann", "bob", "cid")]
    await who_hears_whom(phones, {"ann": {"bob", "cid"}, "bob": {"ann"}, "cid": {"ann", "bob"}})


@ON_LOCAL
async def test_removing_and_ending_ask_first(stage: Stage, entered: Page) -> None:
    await call_in(stage, "ann", "bob")
    await open_room(entered)
    more = entered.get_by_role("button", name="More for bob")
    await more.click()
    await more.click()
    await expect(entered.get_by_role("menu")).to_have_count(0)
    for answer in ("Cancel", "Remove"):
        await more.click()
        await entered.get_by_role("menuitem", name="Remove…").click()
        dialog = entered.get_by_role("dialog", name="Remove bob?")
        await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        await expect(line(entered, "bob")).to_have_count(1)
        await dialog.get_by_role("button", name=answer).click()
    await expect(line(entered, "bob")).to_have_count(0)
    await within_deadline(stage.phones["bob"].wait_ended())
    await entered.get_by_role("button", name="End", exact=True).click()
    await entered.get_by_role("dialog").get_by_role("button", name="End the conference").click()
    await expect(entered.get_by_text("Support is ended.")).to_be_visible()
    await within_deadline(stage.phones["ann"].wait_ended())
    await expect(entered.get_by_role("heading", level=2, name="Participants")).to_be_hidden()


@ON_LOCAL
async def test_who_is_called_in_is_seen_ringing_and_why_they_did_not_come(stage: Stage, entered: Page) -> None:
    bob = stage.phone("bob")
    await call_in(stage, "ann")
    await open_room(entered)
    for refuses in (True, False):
        await entered.get_by_role("button", name="Call somebody in").click()
        dialog = entered.get_by_role("dialog")
        await dialog.get_by_label("Whom").fill(NUMBERS["bob"])
        await dialog.get_by_label("Caller ID").fill("+15550199")
        await dialog.get_by_label("Label").fill("expert")
        await dialog.get_by_role("button", name="Call", exact=True).click()
        await expect(line(entered, "expert")).to_contain_text("rings")
        if refuses:
            await bob.refuse()
            await expect(entered.get_by_text("is busy.")).to_be_visible()
            await expect(line(entered, "expert")).to_have_count(0)
        else:
            await bob.pick_up()
            await expect(entered.get_by_role("button", name="Mute expert")).to_be_enabled()


@ON_LOCAL
async def test_refusal_is_told_in_the_words_of_the_controller(stage: Stage, entered: Page, faults: Faults) -> None:
    faults.allow("status of 400")
    await call_in(stage, "ann")
    await open_room(entered)
    await entered.get_by_role("button", name="Call somebody in").click()
    dialog = entered.get_by_role("dialog")
    await dialog.get_by_label("Whom").fill("nobody at all")
    await dialog.get_by_label("Caller ID").fill("+15550199")
    await dialog.get_by_role("button", name="Call", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("it should be a phone number as +15551234567")
    await entered.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


@ON_LOCAL
async def test_all_by_keyboard(stage: Stage, entered: Page) -> None:
    keyboard = entered.keyboard
    await call_in(stage, "ann", "bob")
    await entered.get_by_role("link", name="Support").focus()
    await keyboard.press("Enter")
    await expect(entered.get_by_role("heading", level=1, name="Support")).to_be_focused()
    await entered.get_by_role("button", name="More for bob").focus()
    await keyboard.press("Enter")
    await expect(entered.get_by_role("menuitem", name="Announce…")).to_be_focused()
    await keyboard.press("Escape")
    await expect(entered.get_by_role("button", name="More for bob")).to_be_focused()
    await keyboard.press("Space")
    await keyboard.press("ArrowUp")
    await expect(entered.get_by_role("menuitem", name="Remove…")).to_be_focused()
    await keyboard.press("Enter")
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    await expect(line(entered, "bob")).to_have_count(0)
    await keyboard.press("/")
    await expect(entered.get_by_role("searchbox", name="Search")).to_be_focused()
    await keyboard.type("Support")
    await keyboard.press("Enter")
    await expect(entered).to_have_url(Dashboard(stage, entered).url("/conferences?q=Support"))


@pytest.mark.parametrize("operator", [ANN, LEO], ids=["operator", "read-only"])
async def test_read_only_sees_all_and_can_change_nothing(page: Page, operator: OperatorSettings) -> None:
    async with (
        set_stage(None, sections={"operators": (operator,)}) as stage,
        logged_in(stage, page, operator.name, PASSWORD) as dashboard,
    ):
        await call_in(stage, "ann", "bob")
        await dashboard.open("/")
        await open_room(page)
        acts = operator.role == "operator"
        for name in ("Mute ann", "Hold bob", "More for bob", "End", "Announce"):
            await expect(page.get_by_role("button", name=name, exact=True)).to_be_enabled(enabled=acts)
        await expect(page.get_by_text("Your role is read-only")).to_be_visible(visible=not acts)


@pytest.mark.parametrize("to_all", [True, False])
@ON_LOCAL
async def test_words_are_announced(stage: Stage, entered: Page, to_all: bool) -> None:  # noqa: FBT001
    await call_in(stage, "ann", "bob")
    for phone in stage.phones.values():
        phone.talk(on=False)
    await open_room(entered)
    if to_all:
        await entered.get_by_role("button", name="Announce").click()
    else:
        await entered.get_by_role("button", name="More for bob").click()
        await entered.get_by_role("menuitem", name="Announce…").click()
    dialog = entered.get_by_role("dialog", name="Announce to")
    await dialog.get_by_label("What is said").fill("Please <all> listen & wait. " * 5)
    await dialog.get_by_role("button", name="Announce").click()
    await expect(entered.get_by_text(f"It is announced to {'everybody' if to_all else 'bob'}.")).to_be_visible()
    hears = {"ann": to_all, "bob": True}
    phones = list(stage.phones.values())
    await until_heard(phones, lambda heard: {name: ear.level > LOUD for name, ear in heard.items()} == hears)


async def test_sound_file_is_uploaded_and_heard(stage: Stage, entered: Page, tmp_path: Path) -> None:
    await call_in(stage, "ann", "bob")
    for phone in stage.phones.values():
        phone.talk(on=False)
    sound = tmp_path / "gong.wav"
    write_wav(sound, tone(TONES["eve"], 3.0), 8000)
    await open_room(entered)
    await entered.get_by_role("button", name="Announce").click()
    dialog = entered.get_by_role("dialog", name="Announce to everybody")
    await dialog.get_by_label("A sound file").check()
    await dialog.get_by_label("Sound file, WAV").set_input_files(sound)
    await dialog.get_by_role("button", name="Announce").click()
    await until_heard([stage.phones["ann"]], lambda heard: heard["ann"].hears(TONES["eve"]))


async def test_how_loud_somebody_speaks_is_seen(stage: Stage, entered: Page) -> None:
    await call_in(stage, "ann", "bob")
    stage.phones["bob"].talk(on=False)
    await open_room(entered)
    await is_louder(entered, "ann", than="bob")
    stage.phones["ann"].talk(on=False)
    stage.phones["bob"].talk(on=True)
    await is_louder(entered, "bob", than="ann")


async def is_louder(page: Page, name: str, than: str) -> None:
    """Wait until the bar of one is long, and that of the other is not."""
    bars = """([loud, quiet]) => {
        const bar = (name) => {
            const line = document.querySelector(`[aria-label="Mute ${name}"]`).closest(".attendee");
            return Number(line.querySelector(".level").style.getPropertyValue("--level"));
        };
        return bar(loud) > 0.3 && bar(quiet) < 0.1;
    }"""
    await page.wait_for_function(bars, arg=[name, than])
