import pytest

from ari_conf.phones.sip_message import Address, Request, Response, SipParseError, Uri, parse

INVITE = (
    b"INVITE sip:Room%201234@pbx.example:5080;transport=udp SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKone;rport, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKtwo\r\n"
    b"Record-Route: <sip:p2;lr>,<sip:p1;lr>\r\n"
    b'f: "Doe, \\"Jo\\"" <sip:jo@pbx.example;x=1>;tag=a1\r\n'
    b"t: sip:room@pbx.example;tag=b2\r\n"
    b"i: abc@10.0.0.1\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"Subject: folded\r\n  over two lines\r\n"
    b"l: 4\r\n"
    b"\r\n"
    b"bodyand what does not belong to it"
)


def test_a_request_is_read_with_compact_forms_lists_and_folds() -> None:
    request = parse(INVITE)
    assert isinstance(request, Request)
    assert (request.method, request.call_id, request.cseq, request.branch) == (
        "INVITE",
        "abc@10.0.0.1",
        (7, "INVITE"),
        "z9hG4bKone",
    )
    assert len(request.headers.all("via")) == 2
    assert request.headers.all("Record-Route") == ["<sip:p2;lr>", "<sip:p1;lr>"]
    assert request.from_ == Address("sip:jo@pbx.example;x=1", 'Doe, "Jo"', {"tag": "a1"})
    assert request.to == Address("sip:room@pbx.example", "", {"tag": "b2"})
    assert request.headers["s"] == "folded over two lines"
    assert request.body == b"body"


def test_what_is_written_is_read_again() -> None:
    request = parse(INVITE)
    again = parse(request.encode())
    assert (list(again.headers), again.body) == (
        [item for item in request.headers if item[0] != "Content-Length"] + [("Content-Length", "4")],
        request.body,
    )


def test_a_reply_takes_over_what_names_the_transaction_and_tags_only_an_untagged_to() -> None:
    request = parse(INVITE)
    assert isinstance(request, Request)
    reply = parse(request.reply(180, "Ringing", tag="mine").encode())
    assert isinstance(reply, Response)
    assert (reply.status, reply.reason, reply.branch, reply.cseq) == (180, "Ringing", "z9hG4bKone", (7, "INVITE"))
    assert len(reply.headers.all("Via")) == 2
    assert reply.to.parameters["tag"] == "b2"
    first = parse(INVITE.replace(b";tag=b2", b""))
    assert isinstance(first, Request)
    assert first.reply(180, "Ringing", tag="mine").to.parameters["tag"] == "mine"


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        (Uri("pbx", user="Room 1234"), "sip:Room%201234@pbx"),
        (Uri("pbx", 5080, "#1@é"), "sip:%231%40%C3%A9@pbx:5080"),
        (Uri("[::1]", 5060, "a", parameters={"lr": ""}), "sip:a@[::1]:5060;lr"),
        (Uri("10.0.0.1"), "sip:10.0.0.1"),
    ],
)
def test_a_user_part_is_percent_encoded_and_decoded(uri: Uri, text: str) -> None:
    assert str(uri) == text
    assert Uri.parse(text) == uri


def test_a_display_name_with_quotes_survives() -> None:
    address = Address("sip:a@b", 'the "boss" \\ chief', {"tag": "x"})
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "datagram",
    [
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        INVITE.replace(b"l: 4", b"l: 400"),
        INVITE.replace(b"l: 4", b"l: four"),
        INVITE.replace(b"CSeq: 7 INVITE", b"no colon here"),
    ],
)
def test_what_is_no_sip_is_refused(datagram: bytes) -> None:
    with pytest.raises(SipParseError):
        parse(datagram)


def test_a_line_break_in_a_header_value_cannot_start_another_header() -> None:
    request = parse(INVITE)
    request.headers.add("Subject", "hello\r\nX-Evil: 1")
    assert parse(request.encode()).headers.get("X-Evil") is None
