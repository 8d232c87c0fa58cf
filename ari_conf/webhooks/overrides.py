"""Connection overrides: what stands in the fragment of a URL (``#rc=2&rp=ct,5xx&rt=3000``) changes how it is requested.

Times are in milliseconds there. The fragment is neither sent nor signed. Names that are not known mean nothing.
"""

from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl

from ari_conf.twilio_codes import Code
from ari_conf.webhooks.errors import WebhookError
from ari_conf.webhooks.policy import HttpPolicy, RetryOn
from ari_conf.webhooks.urls import redacted

_LIMITS: Final = {
    "ct": ("connect_timeout", 100, 10_000, 1000),
    "rt": ("read_timeout", 100, 15_000, 1000),
    "tt": ("total_timeout", 100, 15_000, 1000),
    "rc": ("retries", 0, 5, 1),
}
"""The field of ``HttpPolicy``, the least and the largest value, and how many of its unit make one of the policy's."""

_POLICIES: Final = {kind.value: frozenset({kind}) for kind in RetryOn if kind is not RetryOn.BROKEN} | {
    "all": frozenset(RetryOn)
}

EDGES: Final = frozenset({"ashburn", "dublin", "frankfurt", "roaming", "sao-paulo", "singapore", "sydney", "tokyo", "umatilla"})
"""Twilio's edge locations. There are none here, so any of them may be named and makes no difference."""
_INTERCONNECT: Final = "-ix"


def overridden(policy: HttpPolicy, url: str) -> HttpPolicy:
    """Return ``policy`` with the overrides of ``url``.

    Twilio has no code for a number that is out of its range or none at all: the former is brought into the range, the latter
    means nothing. ``sni`` means nothing either, since the name of the host is always told in the TLS handshake.
    Raises ``WebhookError`` for what Twilio has a code for, 11243 (``rp``), 11240 and 11242 (``e``): nothing is requested then.
    """
    _, mark, fragment = url.partition("#")
    if not mark:
        return policy
    given = dict(parse_qsl(fragment, keep_blank_values=True))
    changes: dict[str, Any] = {}
    for name, (field, least, largest, unit) in _LIMITS.items():
        value = given.get(name, "")
        if value.isascii() and value.isdigit():
            # Longer ones are out of any range; int() refuses very long ones.
            number = min(max(int(value[:9]), least), largest)
            changes[field] = number if unit == 1 else number / unit
    if "rp" in given:
        changes["retry_on"] = _retry_on(given["rp"], url)
    if "e" in given:
        _check_edges(given["e"], url)
    return replace(policy, **changes) if changes else policy


def _retry_on(value: str, url: str) -> frozenset[RetryOn]:
    words = value.split(",")
    for word in words:
        if word not in _POLICIES:
            raise WebhookError(
                Code.OVERRIDE_RETRY_POLICY,
                f'{redacted(url)} has "{redacted(word)}" as a retry policy (rp) in its fragment; use {", ".join(_POLICIES)}.',
                url,
            )
    return frozenset[RetryOn]().union(*(_POLICIES[word] for word in words))


def _check_edges(value: str, url: str) -> None:
    for edge in value.split(","):
        if edge in EDGES:
            continue
        known = f"use {', '.join(sorted(EDGES))}, or leave it out"
        code = Code.OVERRIDE_INTERCONNECT if edge.endswith(_INTERCONNECT) else Code.OVERRIDE_EDGE
        raise WebhookError(code, f'{redacted(url)} has the edge location (e) "{redacted(edge)}" in its fragment; {known}.', url)
