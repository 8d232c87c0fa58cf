"""How a call goes on after each moment of ``moments``, if nothing was lost meanwhile."""

from collections.abc import Awaitable, Callable, Mapping

from tests.stage import Stage, who_hears_whom


async def two_talk(stage: Stage) -> None:
    ann, bob = stage.phones["ann"], stage.phones["bob"]
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    await bob.hang_up()
    assert (await stage.request(lambda params: "DialCallStatus" in params)).params["DialCallStatus"] == "completed"


async def bob_answers(stage: Stage) -> None:
    await stage.phones["bob"].pick_up()
    await two_talk(stage)


async def ann_is_asked_for_keys(stage: Stage) -> None:
    for key in "42#":
        await stage.phones["ann"].press(key)
    params = (await stage.request(lambda params: "Digits" in params)).params
    assert params["Digits"] in {"42", "142"}


async def ann_has_been_recorded(stage: Stage) -> None:
    await stage.phones["ann"].press("#")
    params = (await stage.request(lambda params: "RecordingUrl" in params and "Digits" in params)).params
    assert (params["Digits"], int(params["RecordingDuration"]) >= 1) == ("#", True)


async def an_agent_comes(stage: Stage) -> None:
    ann = stage.phones["ann"]
    (bob,) = await stage.room("bob", twiml="<Response><Dial><Queue>support</Queue></Dial></Response>")
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


AFTERWARDS: Mapping[str, Callable[[Stage], Awaitable[None]]] = {
    "gather_prompts": ann_is_asked_for_keys,
    "gather_keys": ann_is_asked_for_keys,
    "record": ann_has_been_recorded,
    "dial_rings": bob_answers,
    "dial_rings_unanswered": bob_answers,
    "dial_connected": two_talk,
    "queue_waits": an_agent_comes,
    "queue_talks": two_talk,
}
