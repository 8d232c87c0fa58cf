"""Which operation a path asks for."""

import aiohttp
import pytest
from yarl import URL

from ari_conf.rest.errors import MethodNotAllowed, NotFound
from ari_conf.rest.operation import Asked, Operation
from ari_conf.rest.parameters import Parameters
from ari_conf.rest.routes import Routes
from tests.rest.desk import Desk
from tests.stage import ACCOUNT


async def nothing(_asked: Asked[Parameters]) -> None:
    """Do nothing: what is tested is only found."""


def operation(name: str, method: str, path: str, suffixes: tuple[str, ...] = (".json", "")) -> Operation:
    return Operation(name=name, method=method, path=path, handler=nothing, summary=name, suffixes=suffixes)


ROUTES = Routes(
    [
        operation("account", "GET", ""),
        operation("list", "GET", "/Things"),
        operation("create", "POST", "/Things"),
        operation("fetch", "GET", "/Things/{Name}", (".json",)),
        operation("delete", "DELETE", "/Things/{Name}"),
        operation("media", "GET", "/Things/{Name}", (".wav", "")),
        operation("size of media", "HEAD", "/Things/{Name}", (".wav", "")),
        operation("parts", "GET", "/Things/{Name}/Parts"),
        operation("part", "GET", "/Things/{Name}/Parts/{Part}"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "name", "suffix", "variables"),
    [
        ("GET", "/Accounts/A", "account", "", {}),
        ("GET", "/Accounts/A.json", "account", ".json", {}),
        ("GET", "/Accounts/A/Things", "list", "", {}),
        ("POST", "/Accounts/A/Things.json", "create", ".json", {}),
        ("GET", "/Accounts/A/Things/x.json", "fetch", ".json", {"Name": "x"}),
        ("GET", "/Accounts/A/Things/x.wav", "media", ".wav", {"Name": "x"}),
        ("GET", "/Accounts/A/Things/x", "media", "", {"Name": "x"}),
        ("HEAD", "/Accounts/A/Things/x.wav", "size of media", ".wav", {"Name": "x"}),
        ("GET", "/Accounts/A/Things/x.flac", "media", "", {"Name": "x.flac"}),
        ("GET", "/Accounts/A/Things/x.json.json", "fetch", ".json", {"Name": "x.json"}),
        ("GET", "/Accounts/A/Things/.json", "media", "", {"Name": ".json"}),
        ("DELETE", "/Accounts/A/Things/x.wav", "delete", "", {"Name": "x.wav"}),
        ("GET", "/Accounts/A/Things/x.json/Parts", "parts", "", {"Name": "x.json"}),
        ("GET", "/Accounts/A/Things/a%2Fb/Parts/50%25 off.json", "part", ".json", {"Name": "a/b", "Part": "50% off"}),
        ("GET", "/Accounts/A/Things/a%252Fb", "media", "", {"Name": "a%2Fb"}),
        ("GET", "/Accounts/A/Things/two\nlines", "media", "", {"Name": "two\nlines"}),
    ],
)
def test_found(method: str, path: str, name: str, suffix: str, variables: dict[str, str]) -> None:
    route, found = ROUTES.find(method, path)
    assert (route.operation.name, route.suffix, found) == (name, suffix, {"AccountSid": "A", **variables})


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//Accounts/A",
        "/Accounts",
        "/Accounts/",
        "/Accounts//Things",
        "/Accounts/A/",
        "/Accounts/A/.json",
        "/Accounts/A/things",
        "/Accounts/A/Things/",
        "/Accounts/A/Things.wav",
        "/Accounts/A/Things//Parts",
        "/Accounts/A/Things/x/.json",
        "/Accounts/A/Things/x/Parts/y/z",
        "/Accounts/A/Other/x",
        "/Accounts/A/x/Things",
    ],
)
def test_there_is_nothing(path: str) -> None:
    with pytest.raises(NotFound):
        ROUTES.find("GET", path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/Accounts/A/Things.json", "GET, POST"),
        ("POST", "/Accounts/A/Things/x.json", "DELETE, GET"),
        ("DELETE", "/Accounts/A", "GET"),
        ("HEAD", "/Accounts/A.json", "GET"),
        ("HEAD", "/Accounts/A/Things/x.json", "DELETE, GET"),
    ],
)
def test_not_with_this_method(method: str, path: str, allowed: str) -> None:
    with pytest.raises(MethodNotAllowed, match=f"{method} is not allowed here, but {allowed}") as refused:
        ROUTES.find(method, path)
    assert (refused.value.allowed, refused.value.status) == (allowed, 405)


def test_names_and_variables_take_turns() -> None:
    with pytest.raises(ValueError, match="do not take turns"):
        Routes([operation("wrong", "GET", "/Things/{One}/{Other}")])


@pytest.mark.parametrize(
    "path", ["/2010-04-01", "/2010-04-01/", "/2010-04-01/Accounts/two%0Alines", "/2010-04-01/Nothing.json"]
)
async def test_everything_below_the_prefix_is_answered_as_twilio_does(desk: Desk, path: str) -> None:
    login = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT.sid, ACCOUNT.auth_token)}
    for headers, expected in ((login, (404, 20404)), ({}, (401, 20003))):
        async with aiohttp.ClientSession(headers=headers) as session, session.get(URL(desk.url + path, encoded=True)) as answer:
            assert (answer.status, (await answer.json())["code"]) == expected
