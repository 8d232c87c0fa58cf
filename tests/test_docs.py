"""What the documents of the REST API say, and what the code and the official SDK have."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel
from twilio.rest.api.v2010.account.call import CallContext, CallList
from twilio.rest.api.v2010.account.conference import ConferenceContext
from twilio.rest.api.v2010.account.conference.participant import ParticipantContext, ParticipantList

from ari_conf.conference import choices
from ari_conf.rest.callbacks import CallbackBody
from ari_conf.rest.documents import DocumentBody
from ari_conf.rest.errors import RestCode
from ari_conf.rest.events import EventBody
from ari_conf.twilio_codes import Code

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "ari_conf"
REST = (PROJECT / "docs" / "rest.md").read_text(encoding="utf-8")
COMPATIBILITY = (PROJECT / "docs" / "compatibility.md").read_text(encoding="utf-8")

CODES: dict[str, type | ModuleType] = {"RestCode": RestCode, "Code": Code, "choices": choices}
REFUSALS = {"RestError", "ControlError", "TwilioError", "Wrong", "__init__"}
"""Calls that begin with a code; of an ``__init__`` it is that of a kind of ``RestError``."""

BEHIND_REST = "calls/control.py", "recordings/recordings.py", "app.py"
"""Where what REST asks for is carried out, and refused."""

OVER_REST: dict[int, int] = {Code.PARTICIPANT_LABEL_IN_USE: Code.API_PARTICIPANT_LABEL_IN_USE}
"""What a conference refuses, as REST words it."""

NOT_OVER_REST: set[int] = {Code.CONFERENCE_COACH, RestCode.NOT_FOUND}
"""What REST refuses before a conference would: a coach who cannot be one, and somebody who is not there."""


def codes_in_the_code() -> set[tuple[int, int]]:
    """Return with which code and status requests are refused."""
    found: set[tuple[int, int]] = set()
    for file in (*(PACKAGE / "rest").glob("*.py"), *(PACKAGE / name for name in BEHIND_REST)):
        for call in nodes_of(file, ast.Call):
            if name_of(call.func) in REFUSALS:
                third: Any = call.args[2] if len(call.args) > 2 else None
                status = third.value if isinstance(third, ast.Constant) and isinstance(third.value, int) else 400
                found |= {(code, status) for one in call.args if (code := code_of(one))}
    for reason in nodes_of(PACKAGE / "conference" / "refusals.py", ast.Tuple):
        code = code_of(reason.elts[0])
        if code and code not in NOT_OVER_REST:
            found.add((OVER_REST.get(code, code), 400))
    return found


def nodes_of(file: Path, kind: type[ast.AST]) -> Iterator[Any]:
    return (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, kind))


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def code_of(node: ast.expr) -> int | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > 9999:
        return node.value
    if isinstance(node, ast.Attribute) and name_of(node.value) in CODES:
        return int(getattr(CODES[name_of(node.value)], node.attr))
    return None


def names_in(text: str) -> set[str]:
    """Return what stands between backticks."""
    return set(re.findall(r"`([^`]+)`", text))


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_code_is_in_the_table_of_errors() -> None:
    rows = re.findall(r"^\| (\d{5}) \| (\d{3}) \|", section(REST, "Errors"), re.MULTILINE)
    documented = [(int(code), int(status)) for code, status in rows]
    assert sorted(documented) == sorted(codes_in_the_code())


@pytest.mark.parametrize(
    ("title", "after", "body"),
    [
        ("Conferences", "An event has", EventBody),
        ("What a call was given", "", DocumentBody),
        ("Callbacks", "| field |", CallbackBody),
    ],
)
def test_every_field_that_is_ours_is_documented(title: str, after: str, body: type[BaseModel]) -> None:
    text = section(REST, title)
    rows = re.findall(r"^\| (`.+?) \|", text[text.index(after) :], re.MULTILINE)
    told = {name for row in rows for name in names_in(row)}
    assert told == set(body.model_fields)


@pytest.mark.parametrize(
    ("title", "operation"),
    [
        ("Conferences", ConferenceContext.update),
        ("Participants", ParticipantList.create),
        ("Participants", ParticipantContext.update),
        ("Calls", CallList.create),
        ("Calls", CallContext.update),
    ],
)
def test_every_field_of_the_sdk_is_in_the_comparison(title: str, operation: Callable[..., Any]) -> None:
    said = {name.partition("=")[0] for name in names_in(section(COMPATIBILITY, title))}
    families = tuple(name.removesuffix("…") for name in said if name.endswith("…"))
    wanted = {"".join(map(str.capitalize, name.split("_"))) for name in list(inspect.signature(operation).parameters)[1:]}
    assert {name for name in wanted if name not in said and not (families and name.startswith(families))} == set()


DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("*/README.md")])
FOLDERS = "ari_conf/", "tests/", "docs/", "asterisk-config/", "benchmarks/", "examples/"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = {name for name in names_in(text) if name.startswith(FOLDERS) and " " not in name}
    assert [name for name in named if not any(PROJECT.glob(name.partition(":")[0].rstrip("/")))] == []
    linked = {link.partition("#")[0] for link in re.findall(r'(?:\]\(|src(?:set)?=")([^)"]+)', text) if "://" not in link}
    assert [link for link in linked if link and not (document.parent / link).exists()] == []
