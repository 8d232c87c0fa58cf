from ari_conf.webhooks import CallStatus, Direction, VoiceCall, voice_parameters


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
