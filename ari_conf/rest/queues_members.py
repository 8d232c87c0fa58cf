"""Members of a queue: who waits, and taking somebody out of it."""

from typing import Annotated, Final

from ari_conf.calls.control import Control
from ari_conf.calls.queues import Queues, RunningQueue
from ari_conf.calls.requests import Source
from ari_conf.clock import Clock
from ari_conf.queues import Exit, Leave, Member

from .errors import NotFound, RestCode
from .operation import Asked, Body, Listing, Operation, Segment
from .paging import Page, Paging, in_memory, paginate
from .parameters import Method, Parameters, WebUrl, Wrong
from .queues import ONE_QUEUE, find_queue
from .reading import account_path, dated

FRONT: Final = "Front"
"""In the place of a Call SID: who has been in the queue for longest."""

_SEGMENTS: Final = {"CallSid": Segment("The member's Call SID, or Front", "^(CA[0-9a-fA-F]{32}|Front)$")}


class MemberUpdate(Parameters):
    """What a member is to run instead of waiting."""

    url: Annotated[WebUrl, Wrong(RestCode.URL)]
    method: Method = "POST"


class MemberBody(Body):
    """Somebody in a queue. ``position`` counts from 1, ``wait_time`` is in seconds."""

    queue_sid: str
    call_sid: str
    date_enqueued: str
    position: int
    uri: str
    wait_time: int


class QueueMembers:
    """Who is in a queue: who waits, and who is about to be connected."""

    def __init__(self, queues: Queues, control: Control, clock: Clock) -> None:
        self._queues = queues
        self._control = control
        self._clock = clock

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        one = f"{ONE_QUEUE}/Members/{{CallSid}}"
        return [
            Operation(
                name="ListMember",
                method="GET",
                path=f"{ONE_QUEUE}/Members",
                handler=self.list,
                summary="List who is in a queue, first come first",
                answer=Listing("queue_members", MemberBody),
                parameters=Paging,
            ),
            Operation(
                name="FetchMember",
                method="GET",
                path=one,
                handler=self.fetch,
                summary="Fetch somebody who is in a queue",
                answer=MemberBody,
                segments=_SEGMENTS,
            ),
            Operation(
                name="UpdateMember",
                method="POST",
                path=one,
                handler=self.update,
                summary="Take somebody out of a queue, to run a document instead",
                answer=MemberBody,
                parameters=MemberUpdate,
                segments=_SEGMENTS,
            ),
        ]

    async def list(self, asked: Asked[Paging]) -> Page:
        """Return a page of those who are in the queue."""
        running = find_queue(self._queues, asked)
        source = in_memory(running.queue.members, _key, newest_first=False)
        return await paginate(asked.parameters, source, _key, lambda member: self._body(running, member))

    async def fetch(self, asked: Asked[Parameters]) -> MemberBody:
        """Return somebody who is in the queue."""
        running = find_queue(self._queues, asked)
        return self._body(running, _find(running, asked.path["CallSid"]))

    async def update(self, asked: Asked[MemberUpdate]) -> MemberBody:
        """Redirect somebody who is in the queue; the answer tells the place that it had."""
        running = find_queue(self._queues, asked)
        member = _find(running, asked.path["CallSid"])
        before = self._body(running, member)
        source = Source(url=asked.parameters.url, method=asked.parameters.method)
        await self._control.redirect(asked.account.sid, member.call_sid, source)
        running.carry_out(Leave(member.call_sid, Exit.REDIRECTED))
        return before

    def _body(self, running: RunningQueue, member: Member) -> MemberBody:
        queue = running.queue
        return MemberBody(
            queue_sid=queue.sid,
            call_sid=member.call_sid,
            date_enqueued=dated(member.enqueued_at),
            position=queue.position(member.call_sid) or 0,
            uri=f"{account_path(queue.account_sid)}/Queues/{queue.sid}/Members/{member.call_sid}.json",
            wait_time=int(self._clock.now() - member.enqueued_at),
        )


def _find(running: RunningQueue, call_sid: str) -> Member:
    members = running.queue.members
    found = members[0] if members and call_sid == FRONT else None
    found = found or next((member for member in members if member.call_sid == call_sid), None)
    if found is None:
        raise NotFound
    return found


def _key(member: Member) -> tuple[float, str]:
    return float(member.ticket), member.call_sid
