from collections.abc import AsyncIterator
from urllib.parse import unquote

import pytest

from ari_conf.phones.phone import Heard
from ari_conf.private_asterisk import InstalledAsterisk, PrivateAsterisk

from .caller import RATE, Caller
from .controller import Controller


@pytest.fixture
async def asterisk(installed: InstalledAsterisk) -> AsyncIterator[PrivateAsterisk]:
    async with PrivateAsterisk(installed, keep_seconds=2) as asterisk:
        yield asterisk


def call(asterisk: PrivateAsterisk, user: str) -> Caller:
    return Caller(asterisk.sip_host, asterisk.sip_port, user)


async def test_every_name_reaches_the_controller_once(asterisk: PrivateAsterisk) -> None:
    names = {
        "room-1": "room-1",
        "Room%201234": "Room 1234",
        "+15551234567": "+15551234567",
        "_room": "_room",
        "s": "s",
        "i": "i",
        "t": "t",
        "e": "e",
        "*97": "*97",
        "N": "N",
        "%24%7BEXTEN%7D": "${EXTEN}",
        "a,b": "a,b",
        "%C3%9Cber": "Über",
        "%E4%BD%A0%E5%A5%BD": "你好",
    }
    async with Controller(asterisk) as controller:
        for dialled, arrives in names.items():
            async with call(asterisk, dialled) as caller:
                started = await controller.next("StasisStart")
                assert started["channel"]["dialplan"]["exten"] == arrives
                assert started["channel"]["caller"]["number"] == "caller"
                assert started["channel"]["state"] == "Ring"
                await controller.hang_up(started["channel"]["id"])
                assert await caller.status() != 200
        # A hang-up that entered the application again would have come in place of the next call.
        async with call(asterisk, "last"):
            assert (await controller.next("StasisStart"))["channel"]["dialplan"]["exten"] == "last"


@pytest.mark.parametrize("name", ["h", "T"])
async def test_asterisks_own_names_are_no_rooms(asterisk: PrivateAsterisk, name: str) -> None:
    async with Controller(asterisk) as controller:
        async with call(asterisk, name) as caller:
            assert await caller.status() == 603
        async with call(asterisk, "room"):
            started = await controller.next("StasisStart")
            assert started["channel"]["dialplan"]["exten"] == "room"


async def test_a_call_that_the_controller_lets_go_ends(asterisk: PrivateAsterisk) -> None:
    async with Controller(asterisk) as controller, call(asterisk, "room") as caller:
        channel = (await controller.next("StasisStart"))["channel"]["id"]
        await controller.post(f"channels/{channel}/answer")
        assert await caller.status() == 200
        await controller.post(f"channels/{channel}/continue")
        await caller.wait_ended()
        assert await controller.get("channels") == []


async def test_without_a_controller_the_caller_hears_music_then_a_voice_and_is_hung_up(asterisk: PrivateAsterisk) -> None:
    async with call(asterisk, "room") as caller:
        assert await caller.status() == 200
        await caller.wait_ended()
        heard = caller.heard()
    log = asterisk.log_path.read_text()
    assert "im-sorry" not in log, "the announcement's sounds are missing"
    # Two seconds of music, then the four of the announcement.
    assert len(heard.samples) > 4 * RATE
    music, voice = heard.samples[RATE : 2 * RATE], heard.samples[-2 * RATE : -RATE]
    assert Heard(music, RATE).level > 0.005
    assert Heard(voice, RATE).level > 0.005


async def test_a_kept_call_goes_to_the_controller_when_it_is_back_and_the_music_ends(asterisk: PrivateAsterisk) -> None:
    async with call(asterisk, "room") as caller:
        assert await caller.status() == 200
        async with Controller(asterisk) as controller:
            started = await controller.next("StasisStart")
            assert started["channel"]["dialplan"]["exten"] == "room"
            assert started["channel"]["state"] == "Up"
            request = dict(pair.split("=") for pair in started["args"])
            assert unquote(request["to"]) == f"sip:room@{asterisk.sip_host}:{asterisk.sip_port}"
            # The music would be in the controller's way.
            await controller.post("bridges/room?type=mixing,video_sfu")
            await controller.post(f"bridges/room/addChannel?channel={started['channel']['id']}")
            await caller.hear(0.5)
            assert (await caller.hear(0.5)).level < 0.001


async def test_a_call_has_an_end_even_if_the_controller_forgets_it(asterisk: PrivateAsterisk) -> None:
    async with Controller(asterisk) as controller:
        await controller.post("asterisk/variable?variable=ARI_CONF_MAX_SECONDS&value=1")
        async with call(asterisk, "room") as caller:
            channel = (await controller.next("StasisStart"))["channel"]["id"]
            await controller.post(f"channels/{channel}/answer")
            assert await caller.status() == 200
            await caller.wait_ended()
        async with call(asterisk, "last"):
            assert (await controller.next("StasisStart"))["channel"]["dialplan"]["exten"] == "last"


async def test_asterisks_own_conference_can_be_dialled_in_development(asterisk: PrivateAsterisk) -> None:
    async with Controller(asterisk) as controller, call(asterisk, "confbridge-peer") as caller:
        assert await caller.status() == 200
        await caller.hear(0.2)
        (channel,) = await controller.get("channels")
        assert channel["dialplan"]["app_name"] == "ConfBridge"
        assert channel["dialplan"]["app_data"] == "peer,benchmark,benchmark_user"
