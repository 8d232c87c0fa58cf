"""Queues: made, listed, fetched, changed and deleted."""

from typing import Annotated, Any, Final

from pydantic import Field

from ari_conf.calls.queues import QueueExistsError, QueueInUseError, Queues, RunningQueue
from ari_conf.clock import Clock
from ari_conf.queues import DEFAULT_MAX_SIZE, LARGEST_MAX_SIZE

from .errors import NotFound, RestCode, RestError
from .operation import Asked, Body, Listing, Operation
from .paging import Page, Paging, in_memory, paginate
from .parameters import Parameters, Wrong
from .reading import account_path, dated

ONE_QUEUE: Final = "/Queues/{QueueSid}"

FriendlyName = Annotated[str, Field(min_length=1, max_length=64), Wrong(RestCode.FRIENDLY_NAME)]
MaxSize = Annotated[int, Field(ge=1, le=LARGEST_MAX_SIZE)]


class QueueCreation(Parameters):
    """What a new queue is to be."""

    friendly_name: FriendlyName
    max_size: MaxSize = DEFAULT_MAX_SIZE


class QueueUpdate(Parameters):
    """What is to be different."""

    friendly_name: FriendlyName | None = None
    max_size: MaxSize | None = None


class QueueBody(Body):
    """A queue. ``average_wait_time`` is in seconds, of those who are in it now."""

    date_updated: str
    current_size: int
    friendly_name: str
    uri: str
    account_sid: str
    average_wait_time: int
    sid: str
    date_created: str
    max_size: int
    subresource_uris: dict[str, str]


class RestQueues:
    """The queues of an account, whether TwiML has made them or a client."""

    def __init__(self, queues: Queues, clock: Clock) -> None:
        self._queues = queues
        self._clock = clock

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        return [
            Operation(
                name="CreateQueue",
                method="POST",
                path="/Queues",
                handler=self.create,
                summary="Make a queue",
                answer=QueueBody,
                status=201,
                parameters=QueueCreation,
            ),
            Operation(
                name="ListQueue",
                method="GET",
                path="/Queues",
                handler=self.list,
                summary="List queues, the newest first",
                answer=Listing("queues", QueueBody),
                parameters=Paging,
            ),
            Operation(
                name="FetchQueue", method="GET", path=ONE_QUEUE, handler=self.fetch, summary="Fetch a queue", answer=QueueBody
            ),
            Operation(
                name="UpdateQueue",
                method="POST",
                path=ONE_QUEUE,
                handler=self.update,
                summary="Give a queue another name or size",
                answer=QueueBody,
                parameters=QueueUpdate,
            ),
            Operation(
                name="DeleteQueue",
                method="DELETE",
                path=ONE_QUEUE,
                handler=self.delete,
                summary="Delete a queue that is empty",
                status=204,
            ),
        ]

    async def create(self, asked: Asked[QueueCreation]) -> QueueBody:
        """Make a queue, unless the account has one of this name."""
        wanted = asked.parameters
        try:
            return self._body(self._queues.create(asked.account.sid, wanted.friendly_name, wanted.max_size))
        except QueueExistsError:
            raise _taken(wanted.friendly_name) from None

    async def list(self, asked: Asked[Paging]) -> Page:
        """Return a page of the account's queues."""
        source = in_memory(self._queues.of_account(asked.account.sid), _key, newest_first=True)
        return await paginate(asked.parameters, source, _key, self._body)

    async def fetch(self, asked: Asked[Parameters]) -> QueueBody:
        """Return a queue as it is now."""
        return self._body(find_queue(self._queues, asked))

    async def update(self, asked: Asked[QueueUpdate]) -> QueueBody:
        """Change a queue; who is in it stays."""
        running = find_queue(self._queues, asked)
        wanted = asked.parameters
        try:
            self._queues.modify(running, wanted.friendly_name, wanted.max_size)
        except QueueExistsError:
            raise _taken(wanted.friendly_name or "") from None
        return self._body(running)

    async def delete(self, asked: Asked[Parameters]) -> None:
        """Delete a queue in which nobody is, and which nobody waits for or is connected by."""
        running = find_queue(self._queues, asked)
        try:
            self._queues.remove(running)
        except QueueInUseError:
            message = f"Queue {running.queue.sid} is in use; it can be deleted when nobody is in it or connected by it."
            raise RestError(RestCode.CONFLICT, message, 409) from None

    def _body(self, running: RunningQueue) -> QueueBody:
        queue = running.queue
        path = f"{account_path(queue.account_sid)}/Queues/{queue.sid}"
        return QueueBody(
            date_updated=dated(running.updated_at),
            current_size=queue.current_size,
            friendly_name=queue.friendly_name,
            uri=f"{path}.json",
            account_sid=queue.account_sid,
            average_wait_time=queue.average_queue_time(self._clock.now()),
            sid=queue.sid,
            date_created=dated(queue.created_at),
            max_size=queue.max_size,
            subresource_uris={"members": f"{path}/Members.json"},
        )


def find_queue(queues: Queues, asked: Asked[Any]) -> RunningQueue:
    """Return the queue that the path names. Raises ``NotFound``."""
    running = queues.get(asked.account.sid, asked.path["QueueSid"])
    if running is None:
        raise NotFound
    return running


def _key(running: RunningQueue) -> tuple[float, str]:
    return running.queue.created_at, running.queue.sid


def _taken(friendly_name: str) -> RestError:
    return RestError(RestCode.CONFLICT, f"Another queue has the name {friendly_name!r}; choose another one.", 409)
