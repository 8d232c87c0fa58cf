import sys

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

import ari_conf


def test_without_the_sdk_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "twilio.rest", None)
    with pytest.raises(ImportError, match=r"pip install 'ari-conf\[client\]'"):
        ari_conf.client("http://127.0.0.1:8080", "AC" + "0" * 32, "token")


def test_the_token_goes_to_the_controller_whatever_host_the_sdk_has_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def request(_self: object, _method: str, url: str, *_arguments: object, **_named: object) -> Response:
        asked.append(url)
        return Response(200, '{"sid": "AC"}')

    monkeypatch.setattr(TwilioHttpClient, "request", request)
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    sid = "AC" + "0" * 32
    ari_conf.client("http://127.0.0.1:8080/", sid, "token").api.accounts(sid).fetch()
    assert asked == [f"http://127.0.0.1:8080/2010-04-01/Accounts/{sid}.json"]
