"""The calls of an earlier life of the controller, gone on with where they were."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from ari_conf.accounts import Account
from ari_conf.conference import AudioPlan
from ari_conf.media.port import KnownCall, KnownRecording
from ari_conf.store import Store
from ari_conf.webhooks import CookieJar, Direction, document_again

from .call import Call
from .connection import TALKS_WITH, mix_of
from .control import Control
from .live import CALLS, DOCUMENTS, LiveDocument, revived
from .runner import Beginning, CallRunner, going_on
from .runners import Runners
from .session import Services

log = structlog.get_logger(__name__)

BeginningOf = Callable[[Call], Beginning | None]
"""Says what is done with a call that was not given a document yet; None if nobody knows."""


@dataclass(frozen=True, slots=True)
class _Revived:
    call: Call
    document: LiveDocument | None
    orphaned: bool
    """Its account is not configured any more."""


class Revival:
    """Goes on with calls: first ``read``, then the engine is started, then ``go_on``.

    Calls of accounts that are not configured any more are ended, and are in no room and no queue from then on.
    """

    def __init__(
        self,
        accounts: Mapping[str, Account],
        services: Services,
        runners: Runners,
        control: Control,
        beginning_of: BeginningOf,
    ) -> None:
        self._accounts = accounts
        self._services = services
        self._runners = runners
        self._control = control
        self._beginning_of = beginning_of
        self._revived: list[_Revived] = []

    async def read(self, store: Store) -> None:
        """Take the calls up that were kept, and let the engine know of them. Raises SQLAlchemy's errors.

        Rooms, queues and recordings have to be restored already.
        """
        services = self._services
        documents = await DOCUMENTS.read(store)
        for call_sid, live in (await CALLS.read(store)).items():
            account = self._accounts.get(live.account_sid)
            # Nothing is signed for a call that is only ended.
            call = revived(call_sid, live, account or Account(live.account_sid, ""))
            services.book.take_up(call)
            self._revived.append(_Revived(call, documents.get(call_sid), orphaned=account is None))
        recordings = services.recordings.known()
        known = [_known(one.call, recordings.pop(one.call.sid, ())) for one in self._revived]
        services.engine.remember(known, [recording for others in recordings.values() for recording in others])
        for call, other in self._talking():
            services.engine.apply(mix_of(call.sid, other.sid))
            # Also if one is over before the verb that connects them goes on.
            for one_of_them in (call, other):
                one_of_them.ended.add_done_callback(partial(self._part, call.sid))

    def go_on(self) -> None:
        """Serve the calls again. Those that ended meanwhile are told by the engine. Returns at once."""
        services = self._services
        talk = {call.sid for pair in self._talking() for call in pair}
        for one in self._revived:
            call = one.call
            if one.orphaned:
                self._runners.start(CallRunner(call, services, _hang_up))
                continue
            self._control.take_up(call)
            beginning = self._beginning(one)
            if beginning is not None:
                cookies = CookieJar(one.document.cookies) if one.document else None
                self._runners.start(CallRunner(call, services, beginning, cookies))
            elif call.sid not in talk:
                # Somebody's <Dial> has called it, and calls again.
                self._runners.start(CallRunner(call, services, _hang_up))
        orphans = [one.call for one in self._revived if one.orphaned]
        for account_sid, calls in Counter(call.account.sid for call in orphans).items():
            log.error("calls are ended, for their account is not configured any more", account_sid=account_sid, calls=calls)
        up = {call.sid for call in services.book.calls} - {call.sid for call in orphans}
        services.queues.keep_only(up)
        services.rooms.keep_only(up)
        if self._revived:
            log.info("the calls from before the start are gone on with", calls=len(self._revived))
        self._revived = []

    def _talking(self) -> list[tuple[Call, Call]]:
        """Return those who talk by a Dial, with whom."""
        book = self._services.book
        pairs = [(one.call, book.get(one.call.position.memory.get(TALKS_WITH, ""))) for one in self._revived]
        return [(call, other) for call, other in pairs if other is not None]

    def _part(self, call_sid: str, _ended: object) -> None:
        self._services.engine.apply(AudioPlan(call_sid, {}))

    def _beginning(self, one: _Revived) -> Beginning | None:
        call = one.call
        if call.origin is None:
            return None
        if call.position.in_document and one.document is not None:
            return going_on(document_again(one.document.url, one.document.text))
        return self._beginning_of(call)


def _known(call: Call, recordings: tuple[KnownRecording, ...]) -> KnownCall:
    return KnownCall(
        call_sid=call.sid,
        placed=call.direction is not Direction.INBOUND,
        answered=call.answered_at is not None,
        ringing=call.rings.done(),
        recordings=recordings,
    )


async def _hang_up(_session: object) -> None:
    """Do nothing with a call; what follows is its end."""
