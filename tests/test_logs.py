"""The log: JSON for machines, lines for people, and nothing in either that a stranger has put there."""

import asyncio
import errno
import json
import logging
import os
import pty
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any, Literal, Protocol

import pytest
import structlog

from ari_conf.logs import set_up_logs
from tests.stage import ACCOUNT, set_stage

HOSTILE = '+1\r\n{"event": "call arrived", "level": "error"}\x1b[31m\x1b]0;title\x07\x9b2J\u2028\u202e'
ESCAPES_WITHOUT_SPACE = "\x1b[31mred\x9b2J\x07"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


class LogTo(Protocol):
    def __call__(
        self, stream: StringIO, form: Literal["auto", "console", "json"] = "auto", level: str = "info"
    ) -> StringIO: ...


@pytest.fixture
def log_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogTo]:
    """Set up the log with a standard error of the test's own, which is returned; it is as it was afterwards."""

    def log_to(stream: StringIO, form: Literal["auto", "console", "json"] = "auto", level: str = "info") -> StringIO:
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
        set_up_logs(form, level)
        return stream

    yield log_to
    structlog.reset_defaults()


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_it_is_json_when_nobody_looks(log_to: LogTo) -> None:
    errors = log_to(StringIO())
    structlog.get_logger().info("call arrived", call_sid="CA1", n=2)
    (line,) = lines(errors)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "call arrived", "level": "info", "call_sid": "CA1", "n": 2}


def test_it_is_for_people_on_a_terminal(log_to: LogTo) -> None:
    terminal = log_to(Terminal())
    structlog.get_logger().info("call arrived", call_sid="CA1")
    assert "call arrived" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")
    assert "\x1b[" in terminal.getvalue()


def test_it_is_json_on_a_terminal_when_that_is_asked_for(log_to: LogTo) -> None:
    terminal = log_to(Terminal(), "json")
    structlog.get_logger().info("call arrived")
    assert lines(terminal)[0]["event"] == "call arrived"


def test_it_is_for_people_without_colours_in_a_file(log_to: LogTo) -> None:
    errors = log_to(StringIO(), "console")
    structlog.get_logger().warning("call arrived", call_sid="CA1")
    assert "call_sid=CA1" in errors.getvalue()
    assert "\x1b" not in errors.getvalue()


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_the_level_is_respected(log_to: LogTo, level: str, told: list[str]) -> None:
    errors = log_to(StringIO(), "json", level)
    for one in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(), one)("something")
    assert [line["level"] for line in lines(errors)] == told


def test_other_libraries_join_in_from_warning_on(log_to: LogTo) -> None:
    errors = log_to(StringIO(), "json", "debug")
    logging.getLogger("aiohttp.server").info("nothing much")
    logging.getLogger("aiohttp.server").warning("bad request from %s", HOSTILE)
    (line,) = lines(errors)
    assert (line["level"], line["logger"]) == ("warning", "aiohttp.server")
    assert line["event"] == f"bad request from {HOSTILE}"


def fail() -> None:
    password = "sesame"
    raise ValueError(len(password))


@pytest.mark.parametrize("of_a_library", [False, True])
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_is_one_line_of_json_and_shows_no_values(
    log_to: LogTo,
    form: Any,
    of_a_library: bool,  # noqa: FBT001
) -> None:
    errors = log_to(StringIO(), form)
    try:
        fail()
    except ValueError:
        if of_a_library:
            logging.getLogger("asyncio").exception("a fault")
        else:
            structlog.get_logger().exception("a fault")
    text = errors.getvalue()
    if form == "json":
        (line,) = lines(errors)
        text = line["exception"]
    assert "ValueError: 6" in text
    assert "in fail" in text
    assert "password = 'sesame'" not in text


@pytest.mark.parametrize("text", [HOSTILE, ESCAPES_WITHOUT_SPACE, "\n", "\x7f", "a\tb"])
def test_nobody_can_forge_a_line_or_give_orders_to_the_terminal(log_to: LogTo, text: str) -> None:
    errors, terminal = StringIO(), Terminal()
    for stream in (errors, terminal):
        log_to(stream)
        structlog.get_logger().info("call arrived", from_=text)
        structlog.get_logger().info(text)
    for line in errors.getvalue().split("\n"):
        assert line.isprintable()
    assert [line.get("from_") for line in lines(errors)] == [text, None]
    ours = strip_colours(terminal.getvalue())
    assert ours.count("\n") == 2
    assert ours.replace("\n", "").isprintable()


def strip_colours(text: str) -> str:
    """Take away the colours with which the renderer itself marks a line."""
    for code in ("0", "1", "2", "32", "35", "36"):
        text = text.replace(f"\x1b[{code}m", "")
    return text


def test_what_can_be_printed_stays_as_it_is(log_to: LogTo) -> None:
    errors = log_to(StringIO(), "console")
    structlog.get_logger().info("call arrived", room="Gesprächsrunde😀", path="C:\\new")
    assert "room=Gesprächsrunde😀" in errors.getvalue()
    assert "path=C:\\new" in errors.getvalue()


async def test_the_lines_of_a_call_carry_its_sids(log_to: LogTo) -> None:
    errors = log_to(StringIO())
    async with set_stage(None) as stage:
        ann, bob = await stage.room("ann", "bob", twiml="<Response><Dial><Conference>Room</Conference></Dial></Response>")
        await stage.until(lambda: [len(one.participants) for one in stage.controller.rooms.conferences] == [2])
        (conference,) = stage.controller.rooms.conferences
        sids = set(conference.participants)
        await ann.hang_up()
        await bob.hang_up()
        await stage.until(lambda: not stage.controller.switchboard.calls)
    told = lines(errors)
    assert {line["level"] for line in told} == {"info"}
    about = {event: [line for line in told if line["event"] == event] for event in {line["event"] for line in told}}
    for event in ("call arrived", "participant joined", "participant left", "call ended"):
        assert {line["call_sid"] for line in about[event]} == sids, event
    for event in ("participant joined", "conference started", "participant left", "conference ended"):
        assert {line["conference_sid"] for line in about[event]} == {conference.sid}, event
    assert ACCOUNT.auth_token not in errors.getvalue()


async def test_a_callers_number_cannot_forge_a_line(log_to: LogTo) -> None:
    errors = log_to(StringIO(), "console")
    async with set_stage(None) as stage:
        stage.answer("<Response><Reject/></Response>")
        phone = stage.make_phone(HOSTILE, 400.0)
        with pytest.raises(Exception, match="404"):
            await phone.dial(HOSTILE)
    assert "call arrived" in errors.getvalue()
    assert all(line.isprintable() for line in errors.getvalue().split("\n"))


async def test_a_real_terminal_is_taken_for_one() -> None:
    program = "import structlog\nfrom ari_conf.logs import set_up_logs\nset_up_logs()\nstructlog.get_logger().info('hello')"
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stderr=theirs)
    assert await process.wait() == 0
    assert b"\x1b[" in os.read(ours, 4096)
    os.close(ours)
    os.close(theirs)


class Full(StringIO):
    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_log_that_cannot_be_written_disturbs_nobody(log_to: LogTo) -> None:
    log_to(Full())
    structlog.get_logger().error("something happened")
