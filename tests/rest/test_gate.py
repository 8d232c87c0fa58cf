"""Who may come in, and how often."""

import base64

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from pydantic import ValidationError

from ari_conf.accounts import Account, accounts_of
from ari_conf.clock import VirtualClock
from ari_conf.rest.buckets import MANY_BUCKETS, Buckets
from ari_conf.rest.errors import RestError
from ari_conf.rest.gate import Gate, TooManyRequestsError
from ari_conf.settings import Settings
from tests.rest.desk import Desk
from tests.stage import ACCOUNT

OTHER = "AC" + "9" * 32
KEY = "SK" + "1" * 32
NORA = Account(OTHER, "noras token", {KEY: "the secret"})


def request_from(*login: str, address: str = "192.0.2.1") -> web.Request:
    headers = {"Authorization": f"Basic {base64.b64encode(':'.join(login).encode()).decode()}"} if login else {}
    return make_mocked_request("GET", "/", headers=headers).clone(remote=address)


def gate(rate: float = 1.0, burst: float = 1000.0, clock: VirtualClock | None = None) -> Gate:
    return Gate([ACCOUNT, NORA], rate, burst, clock or VirtualClock())


def test_the_token_and_the_keys_open() -> None:
    assert gate().admit(request_from(ACCOUNT.sid, ACCOUNT.auth_token)).account == ACCOUNT
    login = gate().admit(request_from(KEY, "the secret"))
    assert (login.account, login.by_token) == (NORA, False)


@pytest.mark.parametrize(
    "login",
    [
        (),
        ("",),
        ("x", ""),
        (ACCOUNT.sid,),
        (ACCOUNT.sid, ""),
        (ACCOUNT.sid, "wrong"),
        (OTHER, ACCOUNT.auth_token),
        (KEY, "noras token"),
    ],
)
def test_nothing_else_does(login: tuple[str, ...]) -> None:
    with pytest.raises(RestError) as refused:
        gate().admit(request_from(*login))
    assert (refused.value.code, refused.value.status) == (20003, 401)


@pytest.mark.parametrize("header", ["basic {}", "BASIC {}", "Basic  {}", "Basic {} "])
def test_a_login_that_is_written_unusually(header: str) -> None:
    login = base64.b64encode(f"{KEY}:the secret".encode()).decode()
    request = make_mocked_request("GET", "/", headers={"Authorization": header.format(login)}).clone(remote="192.0.2.1")
    assert gate().admit(request).account == NORA


@pytest.mark.parametrize(("first", "then"), [(ACCOUNT, NORA), (NORA, ACCOUNT)])
def test_a_login_opens_only_where_it_is_known(first: Account, then: Account) -> None:
    request = request_from(first.sid, first.auth_token)
    assert Gate([first], 1.0, 1000.0, VirtualClock()).admit(request).account == first
    changed = Account(first.sid, f"{first.auth_token}, changed")
    for without in ([then], [changed, then]):
        with pytest.raises(RestError, match="20003"):
            Gate(without, 1.0, 1000.0, VirtualClock()).admit(request)


@pytest.mark.parametrize("header", ["Bäsic", "Basic", "Basic !!!", "Basic /w==", "Bearer abc", ""])
def test_a_header_that_is_none(header: str) -> None:
    request = make_mocked_request("GET", "/", headers={"Authorization": header}).clone(remote="192.0.2.1")
    with pytest.raises(RestError):
        gate().admit(request)


async def test_too_many_requests_of_an_account_wait_for_the_next_token() -> None:
    clock = VirtualClock()
    full = gate(rate=2.0, burst=3.0, clock=clock)
    for address in "123":
        full.admit(request_from(OTHER, "noras token", address=address))
    with pytest.raises(TooManyRequestsError) as refused:
        full.admit(request_from(KEY, "the secret", address="4"))
    assert (refused.value.code, refused.value.status, refused.value.seconds) == (20429, 429, 1)
    full.admit(request_from(ACCOUNT.sid, ACCOUNT.auth_token, address="5"))
    await clock.let_pass(0.5)
    full.admit(request_from(OTHER, "noras token", address="6"))


def test_who_guesses_is_soon_refused_even_with_the_right_token() -> None:
    guessed = gate(burst=300.0)
    for _ in range(3):
        with pytest.raises(RestError, match="20003"):
            guessed.admit(request_from(OTHER, "guess"))
    with pytest.raises(TooManyRequestsError):
        guessed.admit(request_from(OTHER, "noras token"))
    guessed.admit(request_from(OTHER, "noras token", address="192.0.2.2"))


def test_one_network_of_ipv6_has_one_bucket() -> None:
    full = gate(burst=2.0)
    for address in ("2001:db8::1", "2001:db8::2"):
        full.admit(request_from(OTHER, "noras token", address=address))
    with pytest.raises(TooManyRequestsError):
        full.admit(request_from(ACCOUNT.sid, ACCOUNT.auth_token, address="2001:db8::3"))
    full.admit(request_from(ACCOUNT.sid, ACCOUNT.auth_token, address="2001:db8:0:1::1"))


async def test_full_buckets_are_forgotten_and_empty_ones_are_not() -> None:
    clock = VirtualClock()
    buckets = Buckets(1.0, 5.0, clock)
    assert buckets.take("empty", 1000.0)
    for number in range(MANY_BUCKETS):
        assert buckets.take(str(number))
    await clock.let_pass(10.0)
    assert buckets.take("one more")
    assert len(buckets._buckets) == 2
    assert not buckets.take("empty")


async def test_api_keys_come_from_the_settings() -> None:
    configured = Settings.model_validate(
        {"accounts": [{"sid": OTHER, "auth_token": "noras token", "api_keys": [{"sid": KEY, "secret": "the secret"}]}]}
    )
    (account,), made = await accounts_of(configured)
    assert (account, made) == (NORA, False)
    assert "secret" not in repr(account)
    assert "the secret" not in repr(configured)


@pytest.mark.parametrize("keys", [[("SK1", "x")], [(KEY, "")], [(KEY, "x"), (KEY, "y")]])
def test_api_keys_that_are_none(keys: list[tuple[str, str]]) -> None:
    given = [{"sid": sid, "secret": secret} for sid, secret in keys]
    with pytest.raises(ValidationError):
        Settings.model_validate({"accounts": [{"sid": OTHER, "auth_token": "t", "api_keys": given}]})


async def test_answers_to_strangers(desk: Desk) -> None:
    status, headers, body = await desk.raw("GET", "/Conferences.json", login=None)
    assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="Twilio API"')
    assert body == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }
    assert (await desk.raw("GET", "/nothing-here", login=None))[0] == 401


async def test_an_account_does_not_see_another(desk: Desk) -> None:
    await desk.room("ann", "bob")
    other = desk.client.api.v2010.accounts(OTHER)
    assert await desk.refusal(other.fetch) == (404, 20404)
    assert await desk.refusal(other.conferences(desk.conference.sid).fetch) == (404, 20404)


def test_guesses_from_everywhere_are_slowed_and_do_not_shut_the_own_client_out() -> None:
    guessed = gate(burst=1_000_000.0)
    guessed.admit(request_from(OTHER, "noras token", address="192.0.2.1"))
    refused = 0
    for number in range(200):
        with pytest.raises(RestError) as error:
            guessed.admit(request_from(OTHER, f"guess {number}", address=f"198.51.100.{number}"))
        refused += error.value.status == 429
    assert refused == 150
    with pytest.raises(TooManyRequestsError):
        guessed.admit(request_from(OTHER, "noras token", address="203.0.113.1"))
    assert guessed.admit(request_from(OTHER, "noras token", address="192.0.2.1")).account == NORA
    assert guessed.admit(request_from(KEY, "the secret", address="203.0.113.1")).account == NORA
