"""Calls: placed, listed, fetched, redirected, ended, deleted."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import delete, select

from ari_conf.calls import CallBook, call_row
from ari_conf.calls.call import Call
from ari_conf.calls.control import Control
from ari_conf.calls.requests import ProgressCallback, Source
from ari_conf.store import CallRow, Store
from ari_conf.store.tables import calls, documents, verbs
from ari_conf.twilio_codes import Code

from .calls_body import CallBody, call_body
from .calls_creation import CreateCall, request_of
from .calls_list import CallFilters, as_over, key, wanted_calls
from .errors import NotFound, RestCode, RestError
from .operation import Asked, Listing, Operation
from .paging import Page, paginate
from .parameters import Method, Parameters, Twiml, WebUrl, Wrong
from .reading import caught_up


class CallUpdate(Parameters):
    """What a live call is to do from now on."""

    url: WebUrl | None = None
    method: Method = "POST"
    twiml: Twiml | None = None
    status: Literal["canceled", "completed"] | None = None
    fallback_url: WebUrl | None = None
    fallback_method: Method | None = None
    status_callback: Annotated[WebUrl | None, Wrong(RestCode.STATUS_CALLBACK)] = None
    status_callback_method: Method | None = None
    time_limit: Annotated[int | None, Field(ge=1, le=86_400)] = None


class Calls:
    """The calls of an account: those that are up from memory, the others from the store."""

    def __init__(self, store: Store, book: CallBook, control: Control) -> None:
        self._store = store
        self._book = book
        self._control = control

    def operations(self) -> list[Operation]:
        """Return what can be done."""
        one = "/Calls/{CallSid}"
        return [
            Operation(
                name="CreateCall",
                method="POST",
                path="/Calls",
                handler=self.create,
                summary="Call somebody, and run a document when the call is answered",
                answer=CallBody,
                status=201,
                parameters=CreateCall,
                begins_call=True,
            ),
            Operation(
                name="ListCall",
                method="GET",
                path="/Calls",
                handler=self.list,
                summary="List calls, the newest first",
                answer=Listing("calls", CallBody),
                parameters=CallFilters,
            ),
            Operation(name="FetchCall", method="GET", path=one, handler=self.fetch, summary="Fetch a call", answer=CallBody),
            Operation(
                name="UpdateCall",
                method="POST",
                path=one,
                handler=self.update,
                summary="Redirect a live call, end it, or change who is told of it",
                answer=CallBody,
                parameters=CallUpdate,
            ),
            Operation(
                name="DeleteCall",
                method="DELETE",
                path=one,
                handler=self.delete,
                summary="Forget a call that is over",
                status=204,
            ),
        ]

    async def create(self, asked: Asked[CreateCall]) -> CallBody:
        """Place a call; the answer does not wait for it to ring."""
        return call_body(call_row(await self._control.call(asked.account.sid, request_of(asked.parameters))))

    async def list(self, asked: Asked[CallFilters]) -> Page:
        """Return a page of the calls that the filters let through."""
        wanted = asked.parameters
        live = [call_row(call) for call in self._book.calls if call.account.sid == asked.account.sid]
        await caught_up(self._store)
        source = wanted_calls(self._store, live, asked.account.sid, wanted)
        return await paginate(wanted, source, key, call_body)

    async def fetch(self, asked: Asked[Parameters]) -> CallBody:
        """Return a call, live or over."""
        return call_body(await self._row(asked.account.sid, asked.path["CallSid"]))

    async def update(self, asked: Asked[CallUpdate]) -> CallBody:
        """Change a live call; one that is over is refused with 21220."""
        wanted, account_sid, call_sid = asked.parameters, asked.account.sid, asked.path["CallSid"]
        call = await self._live(account_sid, call_sid)
        if wanted.url is not None and wanted.twiml is not None:
            raise RestError(RestCode.INVALID_PARAMETER, "Give either Url or Twiml, not both.")
        if wanted.status is None and (wanted.url is not None or wanted.twiml is not None):
            # The only part that a live call may refuse comes first: then nothing else has been changed.
            await self._control.redirect(
                account_sid, call_sid, Source(url=wanted.url or "", method=wanted.method, twiml=wanted.twiml or "")
            )
        if wanted.time_limit is not None:
            self._control.limit(account_sid, call_sid, wanted.time_limit)
        if wanted.fallback_url is not None or wanted.fallback_method is not None:
            self._control.fall_back_to(account_sid, call_sid, wanted.fallback_url, wanted.fallback_method)
        self._control.report_to(account_sid, call_sid, _progress(call.progress, wanted))
        if wanted.status == "completed":
            await self._control.complete(account_sid, call_sid)
        elif wanted.status == "canceled":
            await self._control.cancel(account_sid, call_sid)
        return call_body(call_row(call))

    async def delete(self, asked: Asked[Parameters]) -> None:
        """Remove a call that is over, with the documents it has run; its recordings and notifications stay."""
        call_sid = asked.path["CallSid"]
        await self._row(asked.account.sid, call_sid)
        if self._book.get(call_sid) is not None:
            raise RestError(RestCode.NOT_OVER_YET, "Cannot delete this resource before it is complete", 409)
        await caught_up(self._store)
        async with self._store.connect() as connection:
            for table, key in ((documents, documents.c.call_sid), (verbs, verbs.c.call_sid), (calls, calls.c.sid)):
                await connection.execute(delete(table).where(key == call_sid))
            await connection.commit()

    async def _row(self, account_sid: str, call_sid: str) -> CallRow:
        live = live_call(self._book, account_sid, call_sid)
        return call_row(live) if live is not None else await find_call(self._store, account_sid, call_sid)

    async def _live(self, account_sid: str, call_sid: str) -> Call:
        live = live_call(self._book, account_sid, call_sid)
        if live is not None:
            return live
        await find_call(self._store, account_sid, call_sid)
        raise RestError(Code.CALL_STATE, "Call is not in-progress. Cannot redirect.")


def _progress(before: ProgressCallback | None, wanted: CallUpdate) -> ProgressCallback | None:
    """Return where a call's progress is told from now on; a method alone is for the URL that there is."""
    if wanted.status_callback is not None:
        new = ProgressCallback(wanted.status_callback, wanted.status_callback_method or "POST")
        return new if before is None else replace(new, events=before.events)
    if before is not None and wanted.status_callback_method is not None:
        return replace(before, method=wanted.status_callback_method)
    return before


def live_call(book: CallBook, account_sid: str, call_sid: str) -> Call | None:
    """Return a call that is up, if it is the account's."""
    live = book.get(call_sid)
    return live if live is not None and live.account.sid == account_sid else None


async def must_have_call(store: Store, book: CallBook, account_sid: str, call_sid: str) -> None:
    """Raise ``NotFound`` unless this is a call of the account, live or over."""
    if live_call(book, account_sid, call_sid) is None:
        await find_call(store, account_sid, call_sid)


async def find_call(store: Store, account_sid: str, call_sid: str) -> CallRow:
    """Return a call of the account from the store. Raises ``NotFound``."""
    await caught_up(store)
    found = await store.rows(CallRow, select(calls).where(calls.c.sid == call_sid, calls.c.account_sid == account_sid))
    if not found:
        raise NotFound
    return as_over(found[0])
