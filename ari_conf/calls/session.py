"""A call that is being served: what every verb needs of it, of its application and of its engine."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from ari_conf.clock import Clock, Pace
from ari_conf.media.port import MediaEngine, SoundFile
from ari_conf.notifications import Exchange, Notification, Notifications
from ari_conf.programs import ProgramPlayer, Prompter
from ari_conf.recordings import Recordings
from ari_conf.rooms import Rooms
from ari_conf.twilio_codes import Code, Level, TwilioError
from ari_conf.twiml import Problem, Prompt
from ari_conf.webhooks import (
    CookieJar,
    FetchedDocument,
    Ledger,
    WebhookClient,
    exchange_of,
    fetch_twiml,
    redacted,
    resolve,
    voice_parameters,
)

from . import choices
from .book import CallBook, gone
from .call import Call
from .diary import Diary
from .meanwhile import meanwhile
from .position import Asking
from .progress import described
from .queues import Queues
from .requests import Fallback

T = TypeVar("T")


class Next(Enum):
    """What comes after a verb, if no other document takes over."""

    VERB = auto()
    """The next verb of this document."""
    END = auto()
    """Nothing: the call is to be hung up, or nobody is there any more."""


Outcome = FetchedDocument | Next
"""What comes after a verb."""


@dataclass(frozen=True, slots=True)
class Services:
    """What all calls have in common. ``run_screening`` runs the document that somebody hears before being connected."""

    engine: MediaEngine
    rooms: Rooms
    queues: Queues
    recordings: Recordings
    book: CallBook
    notifications: Notifications
    webhooks: WebhookClient
    programs: ProgramPlayer
    ledger: Ledger
    clock: Clock
    run_screening: "Callable[[CallSession, FetchedDocument], Awaitable[Next]]"


class CallSession:
    """One call being served. Methods raise ``CallGoneError`` when the call is over."""

    def __init__(self, call: Call, services: Services, cookies: CookieJar | None = None) -> None:
        self.call = call
        self.services = services
        self.diary = Diary(call, services.ledger, services.clock)
        self.result: Mapping[str, str] = {}
        """What came of the verb that runs, as its action is told."""
        self.telling: set[asyncio.Task[None]] = set()
        self._cookies = cookies or CookieJar()
        # A document that redirects to itself would else keep the application and us busy for as long as the call lasts.
        self._pace = Pace(services.clock, at_once=choices.DOCUMENTS_AT_ONCE, seconds=choices.SECONDS_PER_DOCUMENT)

    def fall_back_to(self, fallback: Fallback) -> None:
        """Ask somebody else from now on if the application fails; an empty URL leaves it as it is."""
        if fallback.url:
            self.call.fallback = fallback
            self.diary.keep()

    @property
    def engine(self) -> MediaEngine:
        """What plays and mixes."""
        return self.services.engine

    @property
    def clock(self) -> Clock:
        """The clock that all waiting goes by."""
        return self.services.clock

    async def answer(self) -> None:
        """Answer the call, unless it has been answered."""
        if self.call.answered_at is None:
            await self.while_up(self._answer())
        elif self.call.ended.done():
            raise gone(self.call)

    async def _answer(self) -> None:
        await self.engine.answer(self.call.sid)
        # At once, not when whoever waits for it has a turn: a caller who hangs up meanwhile has been answered, too.
        if not self.call.ended.done():
            self.services.book.progress.answered(self.call)

    async def play(self, prompts: Sequence[Prompt], base: str, begun: Callable[[Prompt], None] | None = None) -> None:
        """Play prompts to the caller, one after the other; what cannot be had is noted and passed over.

        ``begun`` hears of each when its turn comes.
        """
        prompter = Prompter(self.services.programs, self.call.account.auth_token, self.report)
        await self.while_up(prompter.play(prompts, base, self.play_sound, self.press, begun))

    async def play_sound(self, sound: SoundFile) -> None:
        """Play a sound to the caller; return when it has been played."""
        await self.engine.play(self.call.sid, sound)

    async def press(self, digits: str) -> None:
        """Press keys at the caller's side."""
        await self.engine.send_digits(self.call.sid, digits)

    def report(self, problem: Problem, url: str, exchange: Exchange | None) -> None:
        """Note what is wrong with something that was to be heard."""
        self.notify(problem.code, problem.level, problem.message, url, exchange)

    @property
    def memory(self) -> Mapping[str, str]:
        """What the verb that runs has noted with ``remember``, also in an earlier life of the controller."""
        return self.call.position.memory

    def remember(self, **notes: str) -> None:
        """Note what the verb that runs is to find again if the controller is restarted."""
        self.diary.remember(**notes)

    def since(self, name: str) -> float:
        """Return when the verb that runs has begun with what ``name`` says, on the monotonic clock.

        That is now, or when it came here in an earlier life of the controller.
        """
        if name not in self.memory:
            self.remember(**{name: repr(self.clock.now())})
        return self.clock.monotonic() + float(self.memory[name]) - self.clock.now()

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await self.wait(deadline=self.clock.monotonic() + seconds)

    async def wait(self, *wanted: "asyncio.Future[Any]", deadline: float | None = None) -> None:
        """Wait until one of the futures is done, or until ``deadline`` on the monotonic clock."""
        timer = None
        if deadline is not None:
            timer = asyncio.create_task(self.clock.sleep_until(deadline), name=f"deadline of {self.call.sid}")
        waiting: set[asyncio.Future[Any]] = {self.call.ended, *wanted} | ({timer} if timer else set())
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if timer:
                timer.cancel()
        if self.call.ended.done():
            raise gone(self.call)

    async def while_up(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for ``work`` as long as the call lasts. If the call ends first, the work is cancelled."""
        async with meanwhile(work, f"work for {self.call.sid}") as task:
            await self.wait(task)
            return task.result()

    async def go_on(self, action: str | None, method: str, base: str, result: Mapping[str, str]) -> Outcome:
        """Give ``result`` to a verb's action, if there is one, and return what comes after the verb.

        If the call is over, the action is told and its answer means nothing any more; then CallGoneError is raised. Raises
        ``TwilioError`` if there is no document to be had.
        """
        self.result = result
        if self.call.ended.done():
            if action is not None:
                await self._tell(absolute(action, base), method, result)
            raise gone(self.call)
        if action is None:
            return Next.VERB
        return await self.fetch(absolute(action, base), method, result)

    async def fetch(self, url: str, method: str, more: Mapping[str, str] | None = None) -> FetchedDocument:
        """Ask the application for a document, and its fallback if that fails. Raises ``TwilioError``.

        Who asks too often waits.
        """
        self.diary.asks(Asking(url, method, more or {}))
        await self.while_up(self._pace.turn())
        try:
            return await self.while_up(self._fetch(url, method, more or {}))
        except TwilioError as error:
            fallback = self.call.fallback
            if not fallback.url:
                raise
            self.notify(error.code, Level.WARNING, f"the fallback is asked: {error.message}", url, exchange_of(error))
            reason = {"ErrorCode": str(int(error.code)), "ErrorUrl": url}
            return await self.while_up(self._fetch(fallback.url, fallback.method, reason))

    def given(self, fetched: FetchedDocument, method: str = "", *, runs: bool = True) -> FetchedDocument:
        """Note a document that the call is to run, or only was given, and what is wrong with it."""
        self.diary.document(fetched, method, self._cookies.kept, runs=runs)
        for problem in fetched.document.problems:
            self.notify(problem.code, problem.level, problem.message, fetched.url)
        return fetched

    def notify(self, code: Code, level: Level, message: str, url: str = "", exchange: Exchange | None = None) -> None:
        """Note what went wrong, for the application's author, with the request and the answer that have shown it."""
        call = self.call
        self.services.notifications.add(
            Notification(call.account.sid, call.sid, code, level, message, redacted(url), exchange=exchange)
        )

    def parameters(self) -> dict[str, str]:
        """Return the parameters that describe the call to its application, as it is now."""
        return voice_parameters(described(self.call))

    async def _fetch(self, url: str, method: str, more: Mapping[str, str], *, runs: bool = True) -> FetchedDocument:
        fetched = await fetch_twiml(
            self.services.webhooks,
            url,
            method=method,
            parameters=self.parameters() | dict(more),
            auth_token=self.call.account.auth_token,
            cookies=self._cookies,
        )
        return self.given(fetched, method, runs=runs)

    def tell_soon(self, url: str, method: str, result: Mapping[str, str]) -> None:
        """Tell an action while the call goes on elsewhere; what it answers means nothing."""
        task = asyncio.create_task(self._tell(url, method, result), name=f"telling an action of {self.call.sid}")
        self.telling.add(task)
        task.add_done_callback(self.telling.discard)

    async def _tell(self, url: str, method: str, result: Mapping[str, str]) -> None:
        try:
            await self._fetch(url, method, result, runs=False)
        except TwilioError as error:
            message = f"an action whose answer means nothing: {error.message}"
            self.notify(error.code, Level.WARNING, message, url, exchange_of(error))


def absolute(url: str, base: str) -> str:
    """Resolve a URL against that of its document. Raises ``TwilioError`` if there is nothing to resolve against."""
    resolved = resolve(base, url)
    if "://" not in resolved:
        raise TwilioError(
            Code.INVALID_URL,
            f"the URL {url!r} is relative, and this document came from no URL; write it with its scheme and host.",
        )
    return resolved
