import asyncio
import sys
from dataclasses import replace

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

import ari_conf
from tests.rest.neighbours import house

SID = "AC" + "0" * 32


def test_without_the_sdk_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "twilio.rest", None)
    with pytest.raises(ImportError, match=r"pip install 'ari-conf\[client\]'"):
        ari_conf.client("http://127.0.0.1:8080", SID, "token")


def test_the_token_goes_to_the_controller_whatever_host_the_sdk_has_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def request(_self: object, _method: str, url: str, *_arguments: object, **_named: object) -> Response:
        asked.append(url)
        return Response(200, '{"sid": "AC"}')

    monkeypatch.setattr(TwilioHttpClient, "request", request)
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    ari_conf.client("http://127.0.0.1:8080/", SID, "token").api.accounts(SID).fetch()
    assert asked == [f"http://127.0.0.1:8080/2010-04-01/Accounts/{SID}.json"]


def test_a_key_needs_its_account() -> None:
    with pytest.raises(ValueError, match="account_sid"):
        ari_conf.client("http://127.0.0.1:8080", "SK" + "0" * 32, "secret")


async def test_a_key_opens_its_account_and_is_not_shown_the_token() -> None:
    async with house() as both:
        owner = both.other
        account = owner.account
        ((key, secret),) = account.api_keys.items()

        client = ari_conf.client(owner.url, key, secret, account_sid=account.sid)
        fetched = await asyncio.to_thread(client.api.v2010.account.fetch)
        assert (fetched.sid, fetched.auth_token) == (account.sid, None)
        (running,) = await asyncio.to_thread(client.conferences.list, status="in-progress")
        assert running.sid == owner.has["/Conferences/{ConferenceSid}"]

        by_key = replace(owner, login=(key, secret))
        assert [(await one.asks("GET", ".json"))[1]["auth_token"] for one in (by_key, owner)] == [None, account.auth_token]
