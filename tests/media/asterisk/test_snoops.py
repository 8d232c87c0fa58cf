"""Snoop channels without an Asterisk: what becomes of one whose request is refused."""

from typing import Any, cast

import pytest

from ari_conf.media.asterisk.errors import AriRefusedError
from ari_conf.media.asterisk.leg import Leg
from ari_conf.media.asterisk.link import AriAddress, AriLink
from ari_conf.media.asterisk.snoops import Snoops
from ari_conf.media.port import CallGoneError
from tests.stage import leaves_no_task


class _NoSuchChannel:
    """A link to an Asterisk that knows no channel."""

    address = AriAddress("http://127.0.0.1:1", "user", "password", "app")

    async def call(self, resource: str, operation: str, **_parameters: Any) -> None:
        raise AriRefusedError("POST", f"{resource}/{operation}", 404, "Channel not found")


async def test_a_snoop_on_a_call_that_has_just_ended_leaves_nothing_behind() -> None:
    async with leaves_no_task():  # which also fails for an error that nobody has looked at
        snoops = Snoops(cast("AriLink", _NoSuchChannel()))
        with pytest.raises(CallGoneError):
            await snoops.make(Leg("CA1", "channel-1"), "coach", "CA2", spy="both", whisper="out")
