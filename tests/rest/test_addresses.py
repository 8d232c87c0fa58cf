"""Whose request it is behind a reverse proxy, and who may say so."""

import base64
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from ari_conf.clock import VirtualClock
from ari_conf.rest.addresses import client_address
from ari_conf.rest.errors import RestError
from ari_conf.rest.gate import Gate, TooManyRequestsError
from tests.stage import ACCOUNT

TRUSTED = tuple(ip_network(text) for text in ("10.0.0.0/8", "127.0.0.1", "2001:db8:1::/48"))
PROXY = "10.0.0.1"
CLIENT = "203.0.113.7"


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ([CLIENT], CLIENT),
        ([f"192.0.2.66, {CLIENT}"], CLIENT),
        ([f"192.0.2.66,{CLIENT} ,\t10.9.9.9, 127.0.0.1"], CLIENT),
        (["192.0.2.66", CLIENT], CLIENT),
        ([CLIENT, "10.9.9.9"], CLIENT),
        ([f"{CLIENT}:4711"], CLIENT),
        ([f"::ffff:{CLIENT}"], CLIENT),
        ([f"[::ffff:{CLIENT}]:443"], CLIENT),
        ([f"{CLIENT}, [2001:db8:1::1]:443"], CLIENT),
        (["2001:db8::1"], "2001:db8::1"),
        (["[2001:db8::1]"], "2001:db8::1"),
        (["2001:DB8::1%eth0"], "2001:db8::1"),
        (["10.9.9.9"], "10.9.9.9"),
        ([], PROXY),
        ([""], PROXY),
        (["unknown"], PROXY),
        ([f"{CLIENT}, unknown, 10.9.9.9"], "10.9.9.9"),
        ([f"{CLIENT},"], PROXY),
        (["203.0.113.7:port"], PROXY),
        (["203.0.113.007"], PROXY),
        ([f'"{CLIENT}"'], PROXY),
        (["[2001:db8::1"], PROXY),
        (["[]"], PROXY),
        ([":80"], PROXY),
    ],
)
def test_what_a_trusted_proxy_says_is_believed_as_far_as_it_is_trusted(lines: list[str], address: str) -> None:
    assert client_address(PROXY, lines, TRUSTED) == address
    assert client_address(f"::ffff:{PROXY}", lines, TRUSTED) == address


@pytest.mark.parametrize("peer", ["203.0.113.99", "2001:db8:2::1", "", "no address"])
def test_who_is_no_trusted_proxy_is_itself(peer: str) -> None:
    assert client_address(peer, [CLIENT], TRUSTED) == peer
    assert client_address(PROXY, [CLIENT], ()) == PROXY


ADDRESSES = st.ip_addresses().map(str)
STRANGERS = st.ip_addresses().filter(lambda address: not any(address in network for network in TRUSTED)).map(str)
LINES = st.lists(st.lists(ADDRESSES | st.sampled_from([PROXY, "127.0.0.1", CLIENT]) | st.text(max_size=20)).map(", ".join))
PROXIES = st.lists(st.sampled_from([PROXY, "10.9.9.9", "2001:db8:1::5"]), max_size=3)


@given(STRANGERS, LINES, PROXIES)
def test_no_client_chooses_its_address(client: str, written: list[str], passed: list[str]) -> None:
    """The client writes what it likes, and each proxy adds whom it was asked by."""
    mapped = getattr(ip_address(client), "ipv4_mapped", None)
    if mapped is not None and any(mapped in network for network in TRUSTED):
        return
    told: Sequence[str] = [client, *passed]
    *added, peer = told
    for line in ([*written, ", ".join(added)], [", ".join([*written, *added])]) if added else (written,):
        assert ip_address(client_address(peer, line, TRUSTED)) == (mapped or ip_address(client))


def request_for(client: str, token: str) -> web.Request:
    login = base64.b64encode(f"{ACCOUNT.sid}:{token}".encode()).decode()
    headers = CIMultiDict([("Authorization", f"Basic {login}"), ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", client)])
    return make_mocked_request("GET", "/", headers=headers).clone(remote=PROXY)


def test_one_client_of_a_proxy_does_not_slow_another() -> None:
    gate = Gate([ACCOUNT], 1.0, 100.0, VirtualClock(), TRUSTED)
    with pytest.raises(RestError, match="20003"):
        gate.admit(request_for("203.0.113.66", "guess"))
    with pytest.raises(TooManyRequestsError):
        gate.admit(request_for("203.0.113.66", ACCOUNT.auth_token))
    assert gate.admit(request_for(CLIENT, ACCOUNT.auth_token)).account == ACCOUNT
