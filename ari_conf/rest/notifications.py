"""Notifications: what went wrong with an account's calls, listed and fetched."""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import Field
from sqlalchemy import Select, select

from ari_conf.calls import CallBook
from ari_conf.store import NotificationRow, Store
from ari_conf.store.tables import notifications
from ari_conf.twilio_codes import Level
from ari_conf.webhooks.voice_parameters import API_VERSION

from .calls import must_have_call
from .errors import NotFound
from .operation import Asked, Body, Listing, Operation
from .paging import Page, Paging, in_store, paginate
from .parameters import Parameters
from .reading import account_path, caught_up, dated
from .times import Day, Times

LOG_OF = {Level.ERROR.value: "0", Level.WARNING.value: "1"}
"""How Twilio writes the level."""


class NotificationFilters(Paging):
    """Which notifications are listed."""

    log: Literal["0", "1"] | None = None
    message_date: Day | None = None
    message_date_before: Annotated[Day | None, Field(alias="MessageDate<")] = None
    message_date_after: Annotated[Day | None, Field(alias="MessageDate>")] = None


class NotificationBody(Body):
    """A notification as it stands in a list. ``message_text`` is URL-encoded."""

    account_sid: str
    api_version: str = API_VERSION
    call_sid: str | None
    date_created: str
    date_updated: str
    error_code: str
    log: str
    message_date: str
    message_text: str
    more_info: str
    request_method: str | None
    request_url: str | None
    sid: str
    uri: str


class NotificationInstanceBody(NotificationBody):
    """A notification with the request that has shown what is wrong, and its answer, both URL-encoded."""

    request_variables: str
    response_headers: str
    response_body: str


class Notifications:
    """The notifications of an account, or of one of its calls."""

    def __init__(self, store: Store, book: CallBook) -> None:
        self._store = store
        self._book = book

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        return [
            Operation(
                name="ListNotification",
                method="GET",
                path="/Notifications",
                handler=self.list,
                summary="List what went wrong, the latest first",
                answer=Listing("notifications", NotificationBody),
                parameters=NotificationFilters,
            ),
            Operation(
                name="ListCallNotification",
                method="GET",
                path="/Calls/{CallSid}/Notifications",
                handler=self.list_of_call,
                summary="List what went wrong in a call, the latest first",
                answer=Listing("notifications", NotificationBody),
                parameters=NotificationFilters,
            ),
            Operation(
                name="FetchNotification",
                method="GET",
                path="/Notifications/{NotificationSid}",
                handler=self.fetch,
                summary="Fetch a notification, with the request and its answer",
                answer=NotificationInstanceBody,
            ),
            Operation(
                name="FetchCallNotification",
                method="GET",
                path="/Calls/{CallSid}/Notifications/{NotificationSid}",
                handler=self.fetch,
                summary="Fetch a notification of a call, with the request and its answer",
                answer=NotificationInstanceBody,
            ),
        ]

    async def list(self, asked: Asked[NotificationFilters]) -> Page:
        """Return a page of the account's notifications."""
        return await self._list(_wanted(asked), asked.parameters)

    async def list_of_call(self, asked: Asked[NotificationFilters]) -> Page:
        """Return a page of a call's notifications."""
        call_sid = asked.path["CallSid"]
        await must_have_call(self._store, self._book, asked.account.sid, call_sid)
        return await self._list(_wanted(asked).where(notifications.c.call_sid == call_sid), asked.parameters)

    async def fetch(self, asked: Asked[Parameters]) -> NotificationInstanceBody:
        """Return a notification; as one of a call only if it is that call's."""
        await caught_up(self._store)
        column = notifications.c
        statement = select(notifications).where(
            column.sid == asked.path["NotificationSid"], column.account_sid == asked.account.sid
        )
        if "CallSid" in asked.path:
            statement = statement.where(column.call_sid == asked.path["CallSid"])
        found = await self._store.rows(NotificationRow, statement)
        if not found:
            raise NotFound
        (row,) = found
        return NotificationInstanceBody(
            **dict(notification_body(row)),
            request_variables=row.request_variables,
            response_headers=row.response_headers,
            response_body=row.response_body,
        )

    async def _list(self, statement: Select[Any], paging: Paging) -> Page:
        await caught_up(self._store)
        column = notifications.c
        source = in_store(self._store, NotificationRow, statement, column.at, column.sid, newest_first=True)
        return await paginate(paging, source, lambda row: (row.at, row.sid), notification_body)


def notification_body(row: NotificationRow) -> NotificationBody:
    """Return a notification as it stands in a list."""
    at = dated(row.at)
    text = {"LogLevel": row.level.upper(), "Msg": row.message, "ErrorCode": row.code, "EmailNotification": "false"}
    return NotificationBody(
        account_sid=row.account_sid,
        call_sid=row.call_sid or None,
        date_created=at,
        date_updated=at,
        error_code=str(row.code),
        log=LOG_OF[row.level],
        message_date=at,
        message_text=urlencode(text),
        more_info=f"https://www.twilio.com/docs/errors/{row.code}",
        request_method=row.request_method or None,
        request_url=row.url or None,
        sid=row.sid,
        uri=f"{account_path(row.account_sid)}/Notifications/{row.sid}.json",
    )


def _wanted(asked: Asked[NotificationFilters]) -> Select[Any]:
    filters = asked.parameters
    days = Times(filters.message_date, filters.message_date_before, filters.message_date_after)
    statement = select(notifications).where(
        notifications.c.account_sid == asked.account.sid, *days.conditions(notifications.c.at)
    )
    if filters.log is None:
        return statement
    level = next(level for level, log in LOG_OF.items() if log == filters.log)
    return statement.where(notifications.c.level == level)
