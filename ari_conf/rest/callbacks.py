"""Callbacks: which are owed, delivered or given up, with how that went; and sent again. This resource is ours."""

from typing import Any, Final, Literal

from sqlalchemy import Select, select

from ari_conf.store import DeliveryRow, Store
from ari_conf.store.tables import deliveries
from ari_conf.webhooks import CannotSendAgainError, Outbox, callback_event, redacted

from .errors import NotFound, RestCode, RestError
from .operation import Asked, Body, Listing, Operation, Segment
from .paging import Key, Page, Paging, in_store, paginate
from .parameters import CallSid, ConferenceSid, Parameters
from .reading import caught_up

_TOKEN: Final = Segment("The callback's idempotency token", "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class CallbackFilters(Paging):
    """Which callbacks are listed; a conference's are those of its recordings too, a call's those of its own progress."""

    state: Literal["owed", "delivered", "given-up"] | None = None
    conference_sid: ConferenceSid | None = None
    call_sid: CallSid | None = None


class CallbackUpdate(Parameters):
    """What is to happen to a callback."""

    status: Literal["owed"]


class CallbackBody(Body):
    """A callback as it stands in a list. Times are in seconds since 1970, ``seconds`` is how long the last attempt took."""

    token: str
    account_sid: str
    kind: str
    lane: str
    conference_sid: str | None
    call_sid: str | None
    recording_sid: str | None
    event: str
    url: str
    method: str
    state: str
    attempts: int
    created_at: float
    next_at: float | None
    ended_at: float | None
    http_status: int | None
    error_code: int | None
    error: str
    seconds: float | None


class CallbackInstanceBody(CallbackBody):
    """A callback with the parameters that it carries."""

    parameters: dict[str, str]


class Callbacks:
    """The callbacks of an account."""

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self._store = store
        self._outbox = outbox

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        one, segments = "/Callbacks/{CallbackToken}", {"CallbackToken": _TOKEN}
        return [
            Operation(
                name="ListCallback",
                method="GET",
                path="/Callbacks",
                handler=self.list,
                parameters=CallbackFilters,
                summary="List callbacks, the newest first (not in Twilio's API)",
                answer=Listing("callbacks", CallbackBody),
            ),
            Operation(
                name="FetchCallback",
                method="GET",
                path=one,
                handler=self.fetch,
                summary="Fetch a callback, with its parameters (not in Twilio's API)",
                answer=CallbackInstanceBody,
                segments=segments,
            ),
            Operation(
                name="UpdateCallback",
                method="POST",
                path=one,
                handler=self.update,
                parameters=CallbackUpdate,
                summary="Send a callback again that was delivered or given up (not in Twilio's API)",
                answer=CallbackInstanceBody,
                segments=segments,
            ),
        ]

    async def list(self, asked: Asked[CallbackFilters]) -> Page:
        """Return a page of the account's callbacks."""
        await self._caught_up()
        column = deliveries.c
        source = in_store(self._store, DeliveryRow, _wanted(asked), column.created_at, column.token, newest_first=True)
        return await paginate(asked.parameters, source, _key, callback_body)

    async def fetch(self, asked: Asked[Parameters]) -> CallbackInstanceBody:
        """Return a callback."""
        return _instance(await self._find(asked))

    async def update(self, asked: Asked[CallbackUpdate]) -> CallbackInstanceBody:
        """Owe a callback again, with the same token; refused with 20409 if it is owed anyway."""
        row = await self._find(asked)
        try:
            return _instance(await self._outbox.send_again(row.token))
        except CannotSendAgainError as error:
            raise RestError(RestCode.CONFLICT, str(error), 409) from error

    async def _caught_up(self) -> None:
        self._outbox.write_results()
        await caught_up(self._store)

    async def _find(self, asked: Asked[Any]) -> DeliveryRow:
        await self._caught_up()
        column = deliveries.c
        wanted = select(deliveries).where(column.token == asked.path["CallbackToken"], column.account_sid == asked.account.sid)
        found = await self._store.rows(DeliveryRow, wanted)
        if not found:
            raise NotFound
        return found[0]


def callback_body(row: DeliveryRow) -> CallbackBody:
    """Return a callback as it stands in a list."""
    return CallbackBody(**callback_fields(row))


def callback_fields(row: DeliveryRow) -> dict[str, Any]:
    """Return the fields of a ``CallbackBody``."""
    parameters = row.parameters
    return {
        "token": row.token,
        "account_sid": row.account_sid,
        "kind": row.kind,
        "lane": row.lane,
        "conference_sid": parameters.get("ConferenceSid"),
        "call_sid": parameters.get("CallSid"),
        "recording_sid": parameters.get("RecordingSid"),
        "event": callback_event(parameters),
        "url": redacted(row.url),
        "method": row.method,
        "state": row.state,
        "attempts": row.attempts,
        "created_at": row.created_at,
        "next_at": row.next_at,
        "ended_at": row.ended_at,
        "http_status": row.http_status,
        "error_code": row.error_code,
        "error": row.error,
        "seconds": row.seconds,
    }


def _instance(row: DeliveryRow) -> CallbackInstanceBody:
    return CallbackInstanceBody(**callback_fields(row), parameters=dict(row.parameters))


def _wanted(asked: Asked[CallbackFilters]) -> Select[Any]:
    filters, column = asked.parameters, deliveries.c
    statement = select(deliveries).where(column.account_sid == asked.account.sid)
    if filters.state is not None:
        statement = statement.where(column.state == filters.state)
    for lane in (filters.conference_sid, filters.call_sid):
        if lane is not None:
            statement = statement.where(column.lane == lane)
    return statement


def _key(row: DeliveryRow) -> Key:
    return row.created_at, row.token
