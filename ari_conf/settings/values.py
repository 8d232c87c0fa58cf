"""The kinds of values that settings have, each with its check. What is wrong is said without the value: it may be secret."""

import re
import unicodedata
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, SecretStr
from yarl import URL

from ari_conf.passwords import PasswordHash
from ari_conf.sids import SidKind, is_sid


def _http_url(value: str) -> str:
    url = URL(value)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("this is no address that begins with http:// or https:// and a host")
    return value


def _empty_or_http_url(value: str) -> str:
    return _http_url(value) if value else value


def _without_password(value: str) -> str:
    if URL(value).user is not None or URL(value).password is not None:
        raise ValueError("a user and a password do not belong into this address; they are settings of their own")
    return value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
OptionalHttpUrl = Annotated[str, AfterValidator(_empty_or_http_url)]
UrlWithoutLogin = Annotated[HttpUrl, AfterValidator(_without_password)]


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(str(value))
    except ValueError as error:
        raise ValueError("this is no address and no network, such as 10.0.0.5, 10.0.0.0/8 or 2001:db8::/32") from error
    if network.prefixlen == 0:
        raise ValueError("these are all addresses there are, and a client could then name any as its own")
    return network


IpNetwork = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]


def dial_string(name: str) -> AfterValidator:
    """Return the check of a dial string, in which ``{name}`` stands once for what is dialled."""

    def check(value: str) -> str:
        if value.count(f"{{{name}}}") != 1 or value.count("{") != 1:
            raise ValueError(f"this has to contain {{{name}}} once, where that is to stand")
        return value

    return AfterValidator(check)


def _account_sid(value: str) -> str:
    if not is_sid(value, SidKind.ACCOUNT):
        raise ValueError("this is no account SID, which is AC and 32 characters of 0-9a-f")
    return value


AccountSid = Annotated[str, AfterValidator(_account_sid)]


def _key_sid(value: str) -> str:
    if not re.fullmatch(r"SK[0-9a-f]{32}", value):
        raise ValueError("this is no SID of an API key, which is SK and 32 characters of 0-9a-f")
    return value


ApiKeySid = Annotated[str, AfterValidator(_key_sid)]


LONGEST_NAME: Final = 64
"""Characters of the name of an operator."""


def _operator_name(value: str) -> str:
    name = unicodedata.normalize("NFC", value.strip())
    if not (name and name.isprintable() and len(name) <= LONGEST_NAME):
        raise ValueError(f"this is no name, which is 1 to {LONGEST_NAME} characters that can be printed")
    if re.fullmatch(r"(AC|SK)[0-9a-fA-F]{32}", name):
        raise ValueError("this is a SID, with which accounts log in; take a name")
    return name


OperatorName = Annotated[str, AfterValidator(_operator_name)]


def _hashed(value: SecretStr) -> SecretStr:
    PasswordHash.parse(value.get_secret_value())
    return value


HashedPassword = Annotated[SecretStr, AfterValidator(_hashed)]
