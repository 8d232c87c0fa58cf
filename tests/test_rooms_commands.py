"""The commands for running rooms as a person runs them, against a controller with callers in its rooms."""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from typer.testing import CliRunner
from yarl import URL

from ari_conf.accounts import accounts_of
from ari_conf.cli import cli
from ari_conf.commands import existing, rooms_controller, rooms_words
from ari_conf.commands.rooms_controller import RunningController, running_controller
from ari_conf.commands.rooms_things import ControllerError, Thing
from ari_conf.commands.rooms_words import document_that_says
from ari_conf.media.local import LocalEngine
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.settings import load_settings
from ari_conf.store import Store
from tests.app_server import AppServer, ClosedPort
from tests.calls.by_ear import sound, until_jingle, until_quiet
from tests.examples.spoken import until_said
from tests.stage import ACCOUNT, NUMBERS, Stage, set_stage, who_hears_whom, within_deadline

SETTINGS = f"""
[[accounts]]
sid = "{ACCOUNT.sid}"
auth_token = "{ACCOUNT.auth_token}"
"""
OTHER = "AC" + "1" * 32
WORDS = "Bread & butter <are> served, come to the kitchen"


@pytest.fixture(autouse=True)
def the_log_goes_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The controller and the command have one log here, and one standard error; it must not get into what is told."""
    monkeypatch.setattr(existing, "set_up_logs", lambda *_: None)
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))
    yield
    structlog.configure(**before)


class Line:
    """The command line, in a thread, with settings that name the account."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.config = folder / "ari-conf.toml"
        self.config.write_text(SETTINGS)

    async def run(self, *arguments: str, url: str | None = None) -> tuple[int, str, str]:
        """Return the exit status, what was printed, and the errors."""
        everything = [*arguments, "--config", str(self.config), "--url", url or self.url]
        result = await asyncio.to_thread(CliRunner(env={"COLUMNS": "200"}).invoke, cli, everything)
        return result.exit_code, result.stdout, result.stderr

    async def told(self, *arguments: str) -> str:
        status, printed, errors = await self.run(*arguments)
        assert (status, errors) == (0, "")
        return printed.strip()

    async def json(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (await self.told(*arguments, "--json")).splitlines()]

    async def refused(self, *arguments: str, url: str | None = None) -> str:
        """Return the one sentence in which a command says that it fails."""
        status, printed, errors = await self.run(*arguments, url=url)
        assert (status, printed) == (1, "")
        assert errors.startswith("ari-conf: ")
        assert errors.count("\n") == 1
        return errors.removeprefix("ari-conf: ").strip()


def line_to(stage: Stage, folder: Path) -> Line:
    return Line(f"http://127.0.0.1:{stage.controller.port}", folder)


def conference(attributes: str = "", name: str = "Room") -> str:
    return f"<Response><Dial><Conference {attributes}>{name}</Conference></Dial></Response>"


async def enter(stage: Stage, names: Mapping[str, str], room: str = "Room") -> None:
    """Let phones join one after the other, each with attributes of its own."""
    for name, attributes in names.items():
        expected = in_rooms(stage) + 1
        await stage.room(name, twiml=conference(attributes, room))
        await stage.until(partial(lambda count: in_rooms(stage) == count, expected))
        # On the virtual clock two may else join at the same instant, and nothing says who was first.
        await stage.clock.let_pass(1.0)


def in_rooms(stage: Stage) -> int:
    return sum(len(running.participants) for running in stage.controller.rooms.conferences)


def rows(printed: str) -> list[list[str]]:
    return [line.split() for line in printed.splitlines()]


async def test_no_room_is_running(stage: Stage, tmp_path: Path) -> None:
    line = line_to(stage, tmp_path)
    assert await line.told("rooms") == "no room is running"
    assert await line.json("rooms") == []
    assert await line.refused("room", "Room") == "there is no room Room; no room is running"


async def test_rooms_are_listed_with_how_many_are_in_them(tmp_path: Path) -> None:
    async with set_stage(None) as stage:
        line = line_to(stage, tmp_path)
        await enter(stage, {"ann": "", "bob": ""}, "Support")
        await enter(stage, {"cid": ""}, "Lobby")
        sids = {one.friendly_name: one.sid for one in stage.controller.rooms.conferences}
        heading, *table = rows(await line.told("rooms"))
        assert heading == ["room", "SID", "status", "participants", "since"]
        assert [row[:4] for row in table] == [
            ["Lobby", sids["Lobby"], "init", "1"],
            ["Support", sids["Support"], "in-progress", "2"],
        ]
        listed = await line.json("rooms")
        assert [(one["friendly_name"], one["sid"], one["participants"]) for one in listed] == [
            ("Lobby", sids["Lobby"], 1),
            ("Support", sids["Support"], 2),
        ]


async def test_a_room_shows_who_is_in_it(tmp_path: Path) -> None:
    async with set_stage(None) as stage:
        line = line_to(stage, tmp_path)
        await enter(stage, {"ann": 'participantLabel="ann" muted="true"', "bob": ""})
        running = stage.controller.rooms.conferences[0]
        ann, bob = running.participants
        await enter(stage, {"cid": f'coach="{ann}" participantLabel="chief"'})
        cid = next(sid for sid in stage.controller.rooms.conferences[0].participants if sid not in {ann, bob})
        _, *table = rows(await line.told("room", "Room"))
        assert [row[:-3] for row in table] == [
            [ann, "ann", NUMBERS["ann"], "connected", "muted"],
            [bob, NUMBERS["bob"], "connected"],
            [cid, "chief", NUMBERS["cid"], "connected", "coaching", "ann"],
        ]
        listed = await line.json("room", running.sid)
        assert [(one["call_sid"], one["label"], one["from"], one["muted"]) for one in listed] == [
            (ann, "ann", NUMBERS["ann"], True),
            (bob, None, NUMBERS["bob"], False),
            (cid, "chief", NUMBERS["cid"], False),
        ]


async def test_a_room_is_shown_with_a_few_requests_however_many_are_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = RunningController._ask

    async def counted(controller: RunningController, method: str, path: str, **more: Any) -> Thing:
        asked.append(path.removeprefix(controller.path("/")).partition("&")[0])
        return await ask(controller, method, path, **more)

    monkeypatch.setattr(RunningController, "_ask", counted)
    async with set_stage(None) as stage:
        line = line_to(stage, tmp_path)
        await enter(stage, {"ann": 'participantLabel="ann"', "bob": "", "cid": ""})
        sid = stage.controller.rooms.conferences[0].sid
        lists = ["Conferences.json?Status=init", "Conferences.json?Status=in-progress"]
        people = f"Conferences/{sid}/Participants.json?PageSize=1000"
        assert len(await line.json("room", "Room")) == 3
        assert asked == [*lists, people, "Calls.json?Status=in-progress"]
        asked.clear()
        await line.told("mute", "Room", "ann")
        assert asked[:-1] == [*lists, people]
        rings = asyncio.create_task(stage.phone("dee").ringing())
        await line.told("dial", "Room", NUMBERS["dee"])
        await within_deadline(rings)
        asked.clear()
        shown = await line.json("room", "Room")
        assert [one["to"] for one in shown if one["status"] != "connected"] == [NUMBERS["dee"]]
        calls = [f"Calls.json?Status={status}" for status in ("queued", "ringing", "in-progress")]
        assert asked == [*lists, people, *calls]


async def test_whose_call_has_just_ended_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with set_stage(None) as stage:
        line = line_to(stage, tmp_path)
        await enter(stage, {"ann": "", "bob": ""})
        ann, bob = stage.controller.rooms.conferences[0].participants
        gone = {"call_sid": "CA" + "0" * 32, "label": None, "status": "connected"}
        participants = RunningController.participants

        async def too_late(controller: RunningController, room: Thing) -> list[Thing]:
            return [*await participants(controller, room), gone]

        monkeypatch.setattr(RunningController, "participants", too_late)
        assert [one["call_sid"] for one in await line.json("room", "Room")] == [ann, bob]


async def test_what_is_commanded_is_heard(stage: Stage, tmp_path: Path) -> None:
    line = line_to(stage, tmp_path)
    await enter(stage, {"ann": 'beep="false"', "bob": 'beep="false" participantLabel="bob"', "cid": 'beep="false"'})
    phones = [stage.phones[name] for name in ("ann", "bob", "cid")]
    everybody = {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}}
    await who_hears_whom(phones, everybody)
    assert await line.told("mute", "Room", "bob") == "bob is muted in Room"
    await who_hears_whom(phones, {"ann": {"cid"}, "bob": {"ann", "cid"}, "cid": {"ann"}})
    assert await line.told("unmute", "Room", "bob") == "bob is not muted in Room"
    await who_hears_whom(phones, everybody)
    number = NUMBERS["cid"]
    assert await line.told("hold", "Room", number) == f"{number} is on hold in Room"
    await who_hears_whom(phones[:2], {"ann": {"bob"}, "bob": {"ann"}})
    assert await line.told("unhold", "Room", number) == f"{number} is not on hold in Room"
    await who_hears_whom(phones, everybody)
    (ann, *_) = await line.json("room", "Room")
    assert await line.told("kick", "Room", ann["call_sid"]) == f"{ann['call_sid']} is out of Room"
    await who_hears_whom(phones[1:], {"bob": {"cid"}, "cid": {"bob"}})


async def test_announcements_are_heard_by_everybody(stage: Stage, tmp_path: Path) -> None:
    line = line_to(stage, tmp_path)
    await enter(stage, {"ann": 'beep="false"', "bob": 'beep="false"'})
    phones = [stage.phones[name] for name in ("ann", "bob")]
    await who_hears_whom(phones, {"ann": {"bob"}, "bob": {"ann"}})
    for phone in phones:
        phone.talk(on=False)
    for phone in phones:
        await until_quiet(phone)
    stage.app.voice["/jingle"] = sound()
    assert await line.told("announce", "Room", stage.app.url("/jingle")) == "announced to Room"
    for phone in phones:
        await until_jingle(phone)
    for phone in phones:
        await until_quiet(phone)
    assert await line.told("announce", "Room", WORDS) == "announced to Room"
    for phone in phones:
        await until_said(stage, phone, WORDS)


async def test_end_lets_everybody_out(stage: Stage, tmp_path: Path) -> None:
    line = line_to(stage, tmp_path)
    await enter(stage, {"ann": "", "bob": ""})
    assert await line.told("end", "Room") == "Room is over"
    await stage.until(lambda: not stage.controller.switchboard.calls)
    assert await line.refused("end", "Room") == "there is no room Room; no room is running"


async def test_dial_calls_somebody_in(stage: Stage, tmp_path: Path) -> None:
    line = line_to(stage, tmp_path)
    await enter(stage, {"ann": 'beep="false"'}, "a/b c")
    bob = stage.phone("bob")
    rings = asyncio.create_task(bob.ringing())
    (called,) = await line.json("dial", "a/b c", NUMBERS["bob"], "--from", "+15550009999", "--label", "bob")
    incoming = await rings
    assert incoming.from_ == "+15550009999"
    (_, waiting) = await line.json("room", "a/b c")
    assert (waiting["call_sid"], waiting["label"], waiting["to"]) == (called["call_sid"], "bob", NUMBERS["bob"])
    await bob.pick_up()
    await who_hears_whom([stage.phones["ann"], bob], {"ann": {"bob"}, "bob": {"ann"}})


async def test_words_for_a_room_that_waits_are_refused(tmp_path: Path) -> None:
    async with set_stage(None) as stage:
        await enter(stage, {"ann": ""})
        told = await line_to(stage, tmp_path).refused("announce", "Room", "Good morning")
        assert told.startswith("the controller refuses: ")
        assert told.endswith("(16001)")


async def test_whom_a_command_means(tmp_path: Path) -> None:
    async with set_stage(None) as stage:
        line = line_to(stage, tmp_path)
        await enter(stage, {"ann": f'participantLabel="{NUMBERS["bob"]}"', "bob": 'participantLabel="bob"', "cid": ""})
        ann, _, cid = stage.controller.rooms.conferences[0].participants
        (changed,) = await line.json("mute", "Room", NUMBERS["bob"])
        assert changed["call_sid"] == ann, "a label counts before a number"
        told = await line.refused("mute", "Room", "eve")
        assert told == f"there is no eve in Room; there is: {NUMBERS['bob']}, bob, {NUMBERS['cid']}"
        assert await line.refused("mute", "Hall", "bob") == "there is no room Hall; there are: Room"
        engine = stage.controller.engine
        assert isinstance(engine, LocalEngine)
        stage.phones["twin"] = VirtualPhone(engine, "twin", 1150.0, number=NUMBERS["cid"])
        await stage.phones["twin"].dial("room")
        await stage.until(lambda: in_rooms(stage) == 4)
        twin = list(stage.controller.rooms.conferences[0].participants)[-1]
        told = await line.refused("kick", "Room", NUMBERS["cid"])
        assert told == f"several in Room have the number {NUMBERS['cid']}; name one by the Call SID: {cid}, {twin}"


async def test_names_give_no_orders_to_the_terminal(tmp_path: Path) -> None:
    async with set_stage(None) as stage:
        line = line_to(stage, tmp_path)
        await enter(stage, {"ann": ""}, "[bold]Room&#x9b;31m")
        _, row = (await line.told("rooms")).splitlines()
        assert row.startswith("[bold]Room�31m ")
        assert await line.refused("room", "x") == "there is no room x; there are: [bold]Room�31m"


async def test_what_the_controller_refuses_is_told(tmp_path: Path) -> None:
    async with set_stage(None) as stage:
        line = line_to(stage, tmp_path)
        told = await line.refused("dial", "Room", "nobody at all")
        assert told.startswith("the controller refuses: To is not valid")
        assert told.endswith("(21211)")
        line.config.write_text(SETTINGS.replace(ACCOUNT.auth_token, "sesame"))
        told = await line.refused("rooms")
        assert told.startswith(f"the controller at {line.url} does not let in account {ACCOUNT.sid}")
        assert "sesame" not in told


async def test_there_is_no_controller(tmp_path: Path) -> None:
    with ClosedPort() as url:
        told = await Line(url, tmp_path).refused("rooms")
    assert told.startswith(f"there is no controller at {url} (")
    assert "`ari-conf serve`" in told


@pytest.mark.parametrize(
    ("status", "text"),
    [(200, "<html>"), (404, "<html>"), (404, ""), (500, '{"error": "no"}'), (200, '["no"]'), (200, '{"status": "ok"}')],
)
async def test_something_else_answers(status: int, text: str, tmp_path: Path) -> None:
    async with AppServer() as app:
        app.voice[f"/2010-04-01/Accounts/{ACCOUNT.sid}/Conferences.json"] = lambda _: web.Response(status=status, text=text)
        told = await Line(app.url(""), tmp_path).refused("rooms")
        assert told.startswith(f"what answers at {app.url('')} is no controller; ")


async def test_a_controller_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms_controller, "ANSWER_SECONDS", 0.1)
    async with AppServer() as app:
        app.hold(f"/2010-04-01/Accounts/{ACCOUNT.sid}/Conferences.json", "")
        told = await Line(app.url(""), tmp_path).refused("rooms")
    assert "has not answered within" in told


async def test_words_that_are_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms_words, "FETCH_SECONDS", 0.1)
    async with AppServer() as app:
        with pytest.raises(ControllerError, match="has not fetched the words"):
            async with document_that_says(WORDS, URL(app.url(""))) as document:
                assert document.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("words", ["", " ", "a" * 4097])
async def test_words_that_cannot_be_said(words: str, tmp_path: Path) -> None:
    status, _, errors = await Line("http://127.0.0.1:1", tmp_path).run("announce", "Room", words)
    assert status == 2
    assert "at most 4096 characters" in errors


@pytest.mark.parametrize(
    ("server", "given", "url"),
    [
        ("", None, "http://127.0.0.1:8080"),
        ('host = "0.0.0.0"\nport = 90', None, "http://127.0.0.1:90"),
        ('host = "::"', None, "http://[::1]:8080"),
        ('public_url = "https://rooms.example/voice/"', None, "https://rooms.example/voice"),
        ('public_url = "https://rooms.example"', "http://10.0.0.1:8080/", "http://10.0.0.1:8080"),
        ('public_url = "https://me:sesame@rooms.example"', None, "https://rooms.example"),
    ],
)
async def test_where_the_controller_is(server: str, given: str | None, url: str, tmp_path: Path) -> None:
    config = tmp_path / "ari-conf.toml"
    config.write_text(f"[server]\n{server}\n{SETTINGS}")
    async with running_controller(config, given, None) as controller:
        assert str(controller.url) == url


@pytest.mark.parametrize(
    ("server", "given", "cause"),
    [
        ("port = 0", None, "leave the port to the system"),
        ("", "ftp://host", "begins with http:// or https://"),
        ("", "http://[host", "cannot be read"),
    ],
)
async def test_where_no_controller_can_be(server: str, given: str | None, cause: str, tmp_path: Path) -> None:
    config = tmp_path / "ari-conf.toml"
    config.write_text(f"[server]\n{server}\n{SETTINGS}")
    with pytest.raises(ControllerError, match=cause):
        async with running_controller(config, given, None):
            pass


async def test_the_account_is_the_first_one_or_the_one_that_is_chosen(tmp_path: Path) -> None:
    line = Line("http://127.0.0.1:1", tmp_path)
    line.config.write_text(
        f'{SETTINGS}[[accounts]]\nsid = "{OTHER}"\nauth_token = "other"\n[[numbers]]\naccount = "{OTHER}"\ntwiml = "x"'
    )
    for chosen, sid in ((None, ACCOUNT.sid), (OTHER, OTHER)):
        async with running_controller(line.config, line.url, chosen) as controller:
            assert controller.path("") == f"/2010-04-01/Accounts/{sid}"
    told = await line.refused("rooms", "--account", "AC" + "2" * 32)
    assert told == f"there is no account AC{'2' * 32}; there are: {ACCOUNT.sid}, {OTHER}"


async def test_the_account_that_was_made_is_found_in_the_database_and_none_is_made_here(tmp_path: Path) -> None:
    database = tmp_path / "rooms.db"
    line = Line("http://127.0.0.1:1", tmp_path)
    line.config.write_text(f'[database]\nurl = "sqlite:///{database}"\n')
    assert (await line.refused("rooms")).startswith("there is no database at ")
    assert not database.exists()
    store = Store(f"sqlite:///{database}")
    await store.open()
    await store.close()
    assert (await line.refused("rooms")).startswith("there is no account yet; ")
    (made,), _ = await accounts_of(load_settings(line.config))
    async with running_controller(line.config, line.url, None) as controller:
        assert controller.path("") == f"/2010-04-01/Accounts/{made.sid}"
