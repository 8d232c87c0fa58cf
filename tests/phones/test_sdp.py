import pytest

from ari_conf.phones.sdp import LocalAudio, answer, offer, parse_sdp
from ari_conf.phones.sip_message import SipParseError

HERE = LocalAudio("127.0.0.1", 4000, 1, 1)


def test_an_offer_says_where_and_how_we_listen() -> None:
    audio = parse_sdp(offer(HERE))
    assert (audio.host, audio.port, audio.events, audio.direction, audio.listens) == ("127.0.0.1", 4000, 101, "sendrecv", True)


def test_an_answer_has_as_many_media_as_its_offer_and_mirrors_the_direction() -> None:
    theirs = parse_sdp(
        b"v=0\r\nc=IN IP4 10.0.0.9\r\nm=video 6000 RTP/AVP 96\r\na=inactive\r\n"
        b"m=audio 5000 RTP/AVP 9 0 96\r\nc=IN IP4 10.0.0.8\r\na=rtpmap:96 telephone-event/8000\r\na=sendonly\r\n"
    )
    assert (theirs.host, theirs.port, theirs.events, theirs.listens) == ("10.0.0.8", 5000, 96, False)
    text = answer(HERE, theirs).decode()
    assert [line for line in text.split("\r\n") if line.startswith("m=")] == [
        "m=video 0 RTP/AVP 96",
        "m=audio 4000 RTP/AVP 0 96",
    ]
    assert parse_sdp(text.encode()).direction == "recvonly"


@pytest.mark.parametrize("body", [b"", b"v=0\r\nc=IN IP4 10.0.0.9\r\nm=audio 5000 RTP/AVP 8\r\n"])
def test_no_pcmu_is_an_error(body: bytes) -> None:
    with pytest.raises(SipParseError):
        parse_sdp(body)


def test_nobody_listens_at_address_zero() -> None:
    assert not parse_sdp(b"c=IN IP4 0.0.0.0\r\nm=audio 5000 RTP/AVP 0\r\n").listens
