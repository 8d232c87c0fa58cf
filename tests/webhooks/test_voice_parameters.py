import pytest

from ari_conf.webhooks import (
    CallStatus,
    Direction,
    VoiceCall,
    call_progress_parameters,
    sip_parameters,
    voice_parameters,
)


def test_an_inbound_call() -> None:
    call = VoiceCall(call_sid="CA1", account_sid="AC1", from_="1001", to="team", status=CallStatus.RINGING)
    assert voice_parameters(call) == {
        "CallSid": "CA1",
        "AccountSid": "AC1",
        "From": "1001",
        "To": "team",
        "Caller": "1001",
        "Called": "team",
        "CallStatus": "ringing",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
    }


def test_what_is_sent_only_when_it_is_known() -> None:
    call = VoiceCall(
        call_sid="CA1",
        account_sid="AC1",
        from_="1001",
        to="team",
        status=CallStatus.IN_PROGRESS,
        direction=Direction.OUTBOUND_DIAL,
        caller_name="Ada",
        forwarded_from="1002",
        parent_call_sid="CA0",
    )
    extra = {"CallerName": "Ada", "ForwardedFrom": "1002", "ParentCallSid": "CA0", "Direction": "outbound-dial"}
    assert extra.items() <= voice_parameters(call).items()


def test_more_parameters_take_no_standard_ones_place() -> None:
    call = VoiceCall(
        call_sid="CA1",
        account_sid="AC1",
        from_="client:ada",
        to="team",
        status=CallStatus.RINGING,
        more={"team": "blue", "AccountSid": "another"},
    )
    parameters = voice_parameters(call)
    assert (parameters["team"], parameters["AccountSid"]) == ("blue", "AC1")


@pytest.mark.parametrize(
    ("uri", "domain"),
    [
        ("sip:team@pbx.example", "pbx.example"),
        ("sip:team@pbx.example:5060", "pbx.example"),
        ("SIPS:team@[2001:db8::1]:5061;transport=tls", "[2001:db8::1]"),
        ("<sip:pbx.example>", "pbx.example"),
        ("sip:a;b=c@pbx.example?x=y", "pbx.example"),
        ("nonsense", ""),
    ],
)
def test_sip_domain(uri: str, domain: str) -> None:
    assert sip_parameters(uri, "1@h", "192.0.2.1", ()) == {
        "SipDomain": domain,
        "SipCallId": "1@h",
        "SipSourceIp": "192.0.2.1",
    }


def test_sip_headers() -> None:
    headers = [("X-Team", "blue"), ("X-Team", "red"), ("x-id", ""), ("Via", "no"), ("X-a b", "no"), ("X-Long", "a" * 1025)]
    parameters = sip_parameters("sip:h", "1", "::1", headers)
    assert {name: value for name, value in parameters.items() if name.startswith("SipHeader_")} == {
        "SipHeader_X-Team": "blue",
        "SipHeader_x-id": "",
    }
    many = sip_parameters("sip:h", "1", "::1", ((f"X-{number}", "") for number in range(1000)))
    assert len(many) == 53


def test_call_progress() -> None:
    assert call_progress_parameters(at=1521971599.4, sequence_number=0) == {
        "Timestamp": "Sun, 25 Mar 2018 09:53:19 +0000",
        "CallbackSource": "call-progress-events",
        "SequenceNumber": "0",
    }
    assert CallStatus.INITIATED.value == "initiated"


@pytest.mark.parametrize(("seconds", "minutes"), [(0, "0"), (1, "1"), (60, "1"), (61, "2")])
def test_the_progress_of_a_call_that_is_over(seconds: int, minutes: str) -> None:
    parameters = call_progress_parameters(at=0, sequence_number=3, call_duration=seconds, sip_response_code=486)
    assert (parameters["CallDuration"], parameters["Duration"]) == (str(seconds), minutes)
    assert (parameters["SequenceNumber"], parameters["SipResponseCode"]) == ("3", "486")
