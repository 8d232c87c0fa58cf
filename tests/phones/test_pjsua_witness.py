"""A SIP stack that is not ours calls the same rooms: what our own phone hears is not our own phone's doing."""

import importlib.util

import pytest

from ari_conf.phones.phone import CallRefusedError
from ari_conf.private_asterisk import PrivateAsterisk
from tests.pjsua_phone import PjsuaPhone
from tests.stage import NUMBERS, TONES, Stage, set_stage, until_heard, who_hears_whom, within_deadline

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pjsua2") is None, reason="pjsua2 has wheels for Python 3.11 and no later"
)

ROOM = "<Response><Dial hangupOnStar='true'><Conference>Room</Conference></Dial></Response>"


def pjsua(stage: Stage, name: str, *, password: str | None = None, codec: str = "PCMU") -> PjsuaPhone:
    """Return a phone of account 1001, which hangs up before the stage is left."""
    asterisk = stage.asterisk
    assert asterisk is not None
    phone = PjsuaPhone(
        name,
        TONES[name],
        server=(asterisk.sip_host, asterisk.sip_port),
        username="1001",
        password=password or asterisk.phone_passwords["1001"],
        codec=codec,
    )
    stage.guests.append(phone)
    return phone


@pytest.mark.parametrize("codec", ["PCMU", "G722"])
async def test_it_and_our_own_phone_hear_each_other_and_not_themselves(asterisk: PrivateAsterisk, codec: str) -> None:
    async with set_stage(asterisk) as stage:
        stage.answer(ROOM)
        ann, bob = pjsua(stage, "ann", codec=codec), stage.phone("bob")
        await ann.dial("room")
        await bob.dial("room")
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        assert [request.params["From"] for request in stage.app.requests] == ["1001", NUMBERS["bob"]]
        ann.talk(on=False)
        await until_heard([bob], lambda heard: not heard["bob"].hears(ann.tone))


async def test_a_wrong_password_is_refused(asterisk: PrivateAsterisk) -> None:
    async with set_stage(asterisk) as stage:
        stage.answer(ROOM)
        with pytest.raises(CallRefusedError) as refused:
            await pjsua(stage, "ann", password="wrong").dial("room")
        assert refused.value.status == 401
        assert stage.app.requests == []


async def test_star_leaves_the_room(asterisk: PrivateAsterisk) -> None:
    async with set_stage(asterisk) as stage:
        stage.answer(ROOM)
        ann, bob = pjsua(stage, "ann"), stage.phone("bob")
        await ann.dial("room")
        await bob.dial("room")
        await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
        await ann.press("*")
        await within_deadline(ann.wait_ended())
        await who_hears_whom([bob], {"bob": set()})
