"""The moments in the life of a call at which something may happen, each brought about with phones."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from ari_conf.phones.phone import AUDIBLE, CallablePhone, Phone
from tests.calls.by_ear import sound, until_jingle
from tests.stage import DEADLINE, Stage, until_heard, who_hears_whom

HOLD: Final = "<Response><Pause length='60'/></Response>"
ENQUEUE: Final = "<Response><Enqueue action='/after' waitUrl='{}'>support</Enqueue></Response>"
AGENT: Final = "<Response><Dial action='/after'><Queue url='{}'>support</Queue></Dial></Response>"

Bring = Callable[[Stage], Awaitable[list[Phone]]]
"""Brings a moment about; returns those whose calls have been answered then."""


async def begun(stage: Stage, name: str, twiml: str) -> CallablePhone:
    """Let somebody call who need not be answered."""
    stage.answer(twiml)
    phone = stage.phone(name)
    dialling = asyncio.create_task(phone.dial("room"), name=f"dialling {name}")
    dialling.add_done_callback(lambda done: done.cancelled() or done.exception())
    await stage.until(lambda: bool(stage.app.params("/voice")))
    return phone


async def rung(phone: CallablePhone) -> None:
    async with asyncio.timeout(DEADLINE):
        await phone.ringing()


async def asked(stage: Stage) -> list[Phone]:
    stage.app.hold("/voice", HOLD)
    phone = stage.phone("ann")
    dialling = asyncio.create_task(phone.dial("room"))
    dialling.add_done_callback(lambda done: done.cancelled() or done.exception())
    await stage.until(lambda: bool(stage.app.params("/voice")))
    return []


async def pause_before_answer(stage: Stage) -> list[Phone]:
    await begun(stage, "ann", HOLD)
    return []


async def play(stage: Stage) -> list[Phone]:
    (ann,) = await stage.room("ann", twiml="<Response><Play loop='0'>/jingle</Play></Response>")
    await until_jingle(ann)
    return [ann]


async def gather_prompts(stage: Stage) -> list[Phone]:
    (ann,) = await stage.room("ann", twiml="<Response><Gather action='/after'><Play>/jingle</Play></Gather></Response>")
    await until_jingle(ann)
    return [ann]


async def gather_keys(stage: Stage) -> list[Phone]:
    (ann,) = await stage.room("ann", twiml="<Response><Gather action='/after' timeout='60'/></Response>")
    await ann.press("1")
    return [ann]


async def action_asked(stage: Stage) -> list[Phone]:
    stage.app.hold("/after", HOLD)
    (ann,) = await stage.room("ann", twiml="<Response><Gather action='/after' numDigits='1'/></Response>")
    await ann.press("1")
    await stage.until(lambda: bool(stage.app.params("/after")))
    return [ann]


async def record(stage: Stage) -> list[Phone]:
    twiml = "<Response><Record action='/after' playBeep='false' recordingStatusCallback='/status'/></Response>"
    (ann,) = await stage.room("ann", twiml=twiml)
    await ann.hear(1.5)
    return [ann]


async def dial_rings(stage: Stage) -> list[Phone]:
    bob = stage.phone("bob")
    (ann,) = await stage.room("ann", twiml=f"<Response><Dial action='/after'>{bob.number}</Dial></Response>")
    await rung(bob)
    return [ann]


async def dial_rings_unanswered(stage: Stage) -> list[Phone]:
    bob = stage.phone("bob")
    await begun(stage, "ann", f"<Response><Dial action='/after' answerOnBridge='true'>{bob.number}</Dial></Response>")
    await rung(bob)
    return []


async def screening(stage: Stage) -> list[Phone]:
    stage.answer("<Response><Play loop='0'>/jingle</Play></Response>", "/screen")
    bob = stage.phone("bob")
    dial = f"<Dial action='/after'><Number url='/screen'>{bob.number}</Number></Dial>"
    (ann,) = await stage.room("ann", twiml=f"<Response>{dial}</Response>")
    await rung(bob)
    await bob.pick_up()
    await until_jingle(bob)
    return [ann, bob]


async def dial_connected(stage: Stage) -> list[Phone]:
    bob = stage.phone("bob")
    twiml = f"<Response><Dial action='/after' record='record-from-answer'>{bob.number}</Dial></Response>"
    (ann,) = await stage.room("ann", twiml=twiml)
    await rung(bob)
    await bob.pick_up()
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    return [ann, bob]


async def room_waits(stage: Stage) -> list[Phone]:
    (ann,) = await stage.room("ann", twiml="<Response><Dial><Conference waitUrl='/music'>Room</Conference></Dial></Response>")
    await until_jingle(ann)
    return [ann]


async def room_talks(stage: Stage) -> list[Phone]:
    ann, bob = await stage.room("ann", "bob", twiml="<Response><Dial><Conference>Room</Conference></Dial></Response>")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    return [ann, bob]


async def queue_waits(stage: Stage) -> list[Phone]:
    (ann,) = await stage.room("ann", twiml=ENQUEUE.format("/music"))
    await until_jingle(ann)
    return [ann]


async def queue_gathers(stage: Stage) -> list[Phone]:
    stage.answer("<Response><Gather><Play>/jingle</Play></Gather></Response>", "/menu")
    (ann,) = await stage.room("ann", twiml=ENQUEUE.format("/menu"))
    await until_jingle(ann)
    return [ann]


async def agent_waits(stage: Stage) -> list[Phone]:
    (bob,) = await stage.room("bob", twiml=AGENT.format(""))
    await until_heard([bob], lambda heard: heard["bob"].amplitude(480.0) > AUDIBLE)
    return [bob]


async def agents_document(stage: Stage) -> list[Phone]:
    (ann,) = await stage.room("ann", twiml=ENQUEUE.format(""))
    (bob,) = await stage.room("bob", twiml=AGENT.format("/music"))
    await until_jingle(ann)
    return [ann, bob]


async def queue_talks(stage: Stage) -> list[Phone]:
    (ann,) = await stage.room("ann", twiml=ENQUEUE.format(""))
    (bob,) = await stage.room("bob", twiml=AGENT.format(""))
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    return [ann, bob]


MOMENTS: Final[Mapping[str, Bring]] = {
    bring.__name__: bring
    for bring in (
        asked,
        pause_before_answer,
        play,
        gather_prompts,
        gather_keys,
        action_asked,
        record,
        dial_rings,
        dial_rings_unanswered,
        screening,
        dial_connected,
        room_waits,
        room_talks,
        queue_waits,
        queue_gathers,
        agent_waits,
        agents_document,
        queue_talks,
    )
}


async def brought_about(stage: Stage, moment: str) -> list[Phone]:
    """Bring a moment about; return those whose calls have been answered."""
    stage.app.voice["/jingle"] = sound(60.0)
    stage.answer("<Response><Play loop='0'>/jingle</Play></Response>", "/music")
    return await MOMENTS[moment](stage)
