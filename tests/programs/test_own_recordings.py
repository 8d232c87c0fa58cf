"""Which URLs the controller logs itself in to: those of the account's own recordings, and no other."""

import pytest

from ari_conf.programs import OwnRecordings

OURS, TOKEN = "AC" + "1" * 32, "to/k:en"
THEIRS, THEIR_TOKEN = "AC" + "2" * 32, "other"
SID = "RE" + "a" * 32
BASE = "https://rooms.example/voice/2010-04-01/Accounts"


def url_of(account_sid: str, sid: str) -> str:
    return f"{BASE}/{account_sid}/Recordings/{sid}"


OWN = OwnRecordings(url_of, {OURS: TOKEN, THEIRS: THEIR_TOKEN})


@pytest.mark.parametrize("more", ["", ".wav", ".mp3", "?RequestedChannels=1", ".mp3?RequestedChannels=1"])
def test_a_recording_of_the_account_is_fetched_with_its_login(more: str) -> None:
    secured = f"https://{OURS}:to%2Fk%3Aen@{BASE.removeprefix('https://')}/{OURS}/Recordings/{SID}{more}"
    assert OWN.log_in(url_of(OURS, SID) + more, TOKEN) == secured


@pytest.mark.parametrize(
    ("url", "token"),
    [
        (url_of(OURS, SID), THEIR_TOKEN),
        (url_of(THEIRS, SID), TOKEN),
        (url_of("AC" + "3" * 32, SID), TOKEN),
        (url_of(OURS, SID).replace("rooms.example", "rooms.example.evil.example"), TOKEN),
        (url_of(OURS, SID).replace("https:", "http:"), TOKEN),
        (f"https://evil.example/?{url_of(OURS, SID)}", TOKEN),
        (url_of(OURS, SID) + ".json", TOKEN),
        (url_of(OURS, SID) + "/../../Calls.json", TOKEN),
        (url_of(OURS, SID) + "#@evil.example", TOKEN),
        (f"{BASE}/{OURS}/Calls.json", TOKEN),
        (url_of(OURS, SID).replace("https://", "https://me:sesame@"), TOKEN),
    ],
)
def test_nothing_else_gets_the_login(url: str, token: str) -> None:
    assert OWN.log_in(url, token) == url


def test_an_address_that_has_a_login_already_keeps_it() -> None:
    own = OwnRecordings(lambda _account, sid: f"http://me:sesame@host/{OURS}/Recordings/{sid}", {OURS: TOKEN})
    url = f"http://me:sesame@host/{OURS}/Recordings/{SID}"
    assert own.log_in(url, TOKEN) == url
