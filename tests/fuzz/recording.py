"""Makes the corpus of ARI events anew: ``python -m tests.fuzz.recording``.

Plays conferences on a private Asterisk and writes what it tells, one file for each, into ``corpus/ari_events``.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from unittest import mock

from ari_conf.media.asterisk.transport import AriTransport, JsonObject
from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed
from tests.stage import Stage, set_stage, who_hears_whom

from .target import HERE

_ROOM = '<Response><Dial><Conference waitUrl="">Room</Conference></Dial></Response>'
_MODERATED = (
    '<Response><Dial><Conference waitUrl="" record="record-from-start" participantLabel="{label}" '
    'statusCallback="/events" statusCallbackEvent="start end join leave speaker">Room</Conference></Dial></Response>'
)
_GATHER = '<Response><Gather numDigits="2" timeout="60"/></Response>'
_DIAL = '<Response><Dial answerOnBridge="true" record="record-from-answer-dual">{number}</Dial></Response>'

Story = Callable[[Stage], Awaitable[None]]


async def three_in_a_room(stage: Stage) -> None:
    ann, bob, cid = await stage.room("ann", "bob", "cid", twiml=_ROOM)
    await who_hears_whom([ann, bob, cid], {"ann": {"bob", "cid"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
    await ann.press("5")
    await bob.hang_up()


async def moderated_and_recorded(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=_MODERATED.format(label="customer"))
    (bob,) = await stage.room("bob", twiml=_MODERATED.format(label="agent"))
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})
    coach = _ROOM.replace("Conference ", f'Conference coach="{stage.controller.switchboard.calls[-1].sid}" ')
    (cid,) = await stage.room("cid", twiml=coach)
    await who_hears_whom([ann, bob, cid], {"ann": {"bob"}, "bob": {"ann", "cid"}, "cid": {"ann", "bob"}})
    ann.talk(on=False)
    await stage.request(lambda params: params.get("StatusCallbackEvent") == "participant-speech-stop")


async def digits(stage: Stage) -> None:
    (ann,) = await stage.room("ann", twiml=_GATHER)
    await ann.press("1")
    await ann.press("#")
    await ann.wait_ended()


async def dialled_and_answered(stage: Stage) -> None:
    bob = stage.phone("bob")
    rings = asyncio.create_task(bob.ringing())
    stage.answer(_DIAL.format(number=bob.number))
    ann = stage.phone("ann")
    dialling = asyncio.create_task(ann.dial("room"))
    await rings
    await bob.pick_up()
    await dialling
    await who_hears_whom([ann, bob], {"ann": {"bob"}, "bob": {"ann"}})


async def dialled_and_refused(stage: Stage) -> None:
    bob, ann = stage.phone("bob"), stage.phone("ann")
    rings = asyncio.create_task(bob.ringing())
    stage.answer(_DIAL.format(number=bob.number))
    dialling = asyncio.create_task(ann.dial("room"))
    await rings
    await bob.refuse()
    await asyncio.wait({dialling})
    dialling.exception()


STORIES: tuple[Story, ...] = (three_in_a_room, moderated_and_recorded, digits, dialled_and_answered, dialled_and_refused)


class _Scrubber:
    """Replaces what is different each time by numbers."""

    _CHANGING = re.compile(
        r"\b\d{10}\.\d+\b|\b(?:CA|CF|RE)[0-9a-f]{32}\b|\b[0-9a-f]{24,36}(?:-[0-9a-f-]+)?\b|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    )
    _TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+[+-]\d{4}")
    _PORT = re.compile(r"(127(?:\.|%2E)0(?:\.|%2E)0(?:\.|%2E)1(?::|%3A))\d+")

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def scrubbed(self, event: JsonObject) -> str:
        event["asterisk_id"] = "00:00:00:00:00:01"
        text = self._TIME.sub("2026-01-01T00:00:00.000+0000", json.dumps(event, ensure_ascii=False))
        return self._CHANGING.sub(self._name, self._PORT.sub(r"\g<1>5060", text))

    def _name(self, found: re.Match[str]) -> str:
        old = found[0]
        number = len(self._names) + 1
        kind = old[:2] if re.match("CA|CF|RE", old) else ""
        new = f"{kind}{number:032x}" if kind else (f"1767225600.{number}" if "." in old else f"sip-call-{number}")
        return self._names.setdefault(old, new)


async def record(asterisk: PrivateAsterisk, story: Story) -> list[str]:
    """Return the events of a story, one JSON text each."""
    scrubber, lines = _Scrubber(), list[str]()
    sort = AriTransport._sort

    def listening(transport: AriTransport, message: JsonObject) -> None:
        if message["type"] != "RESTResponse":
            lines.append(scrubber.scrubbed(dict(message)))
        sort(transport, message)

    with mock.patch.object(AriTransport, "_sort", listening):
        async with set_stage(asterisk) as stage:
            await story(stage)
    return lines


async def main() -> None:
    async with PrivateAsterisk(ensure_installed(print), keep_seconds=3) as asterisk:
        for story in STORIES:
            lines = await record(asterisk, story)
            (HERE / "corpus/ari_events" / f"{story.__name__}.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
