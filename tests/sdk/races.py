"""Asking for several things at once."""

import asyncio
from collections.abc import Callable
from typing import Any

from twilio.base.exceptions import TwilioRestException

from tests.rest.desk import Desk
from tests.sdk.program import Meeting


async def at_once(desk: Desk, *calls: Callable[[], Any]) -> list[int]:
    """Ask for all of this at the same time; return 200 or the status of the refusal for each."""

    async def ask(call: Callable[[], Any]) -> int:
        try:
            await desk.ask(call)
        except TwilioRestException as refused:
            return int(refused.status) if refused.code else 500
        return 200

    return await asyncio.gather(*(ask(call) for call in calls))


async def gone(meeting: Meeting, name: str) -> None:
    """Wait until somebody is in the conference no more."""
    sid = meeting.sids[name]
    rooms = meeting.desk.stage.controller.rooms
    await meeting.desk.stage.until(lambda: not any(sid in one.participants for one in rooms.conferences))
    meeting.leaves(name)
