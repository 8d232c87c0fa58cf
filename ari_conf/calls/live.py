"""Calls that are up, as they are kept for a later life of the controller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

from ari_conf.accounts import Account
from ari_conf.live import Keeper
from ari_conf.store import LiveRow
from ari_conf.webhooks import CallStatus, Direction

from .call import Call
from .position import Origin, Position
from .requests import NO_FALLBACK, Fallback, ProgressCallback


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCall:
    """What ``Call`` says of a call that is up."""

    account_sid: str
    from_: str
    to: str
    created_at: float
    direction: Direction
    status: CallStatus
    status_unanswered: CallStatus
    parent_call_sid: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    progress: ProgressCallback | None = None
    answered_at: float | None = None
    events_told: int = 0
    origin: Origin | None = None
    position: Position = field(default_factory=Position)
    fallback: Fallback = NO_FALLBACK
    time_limit: float | None = None


_SHARED: Final = tuple(one.name for one in fields(LiveCall) if one.name != "account_sid")
"""What both have, under the same names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDocument:
    """The document that a call runs: where it came from, as it came, and the cookies that its hosts have set so far."""

    url: str
    text: str
    cookies: Sequence[tuple[str, str]] = ()


CALLS: Final = Keeper("call", LiveCall)
DOCUMENTS: Final = Keeper("document", LiveDocument)


def live_rows(call: Call) -> list[LiveRow]:
    """Return what keeps the call as it is now, or lets it be forgotten when it is over."""
    if call.ended_at is not None:
        return [CALLS.over(call.sid), DOCUMENTS.over(call.sid)]
    return [CALLS.row(call.sid, _live(call))]


def revived(call_sid: str, live: LiveCall, account: Account) -> Call:
    """Return a call that was kept."""
    call = Call(sid=call_sid, account=account, **{name: getattr(live, name) for name in _SHARED})
    if live.status is CallStatus.RINGING:
        call.rings.set_result(None)
    if live.answered_at is not None:
        call.answered.set_result(None)
    return call


def _live(call: Call) -> LiveCall:
    return LiveCall(account_sid=call.account.sid, **{name: getattr(call, name) for name in _SHARED})
