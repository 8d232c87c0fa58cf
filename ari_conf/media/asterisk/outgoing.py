"""Calls that we place: a channel is created, given its caller id and headers, and dialled."""

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import structlog

from ari_conf.clock import boot_id
from ari_conf.media.port import (
    CallAnswered,
    CallRinging,
    EngineError,
    EngineEvent,
    EngineUnavailableError,
    KnownCall,
    OutgoingCall,
    Unanswered,
)

from . import names
from .accounts import Accounts
from .dial_strings import DialString, DialStrings, caller_number
from .errors import AriRefusedError
from .leg import Leg
from .legs import Legs
from .link import AriLink
from .patience import Patience
from .placed import Placed
from .transport import REQUEST_TIMEOUT, JsonObject

log = structlog.get_logger(__name__)

FORMATS: Final = "ulaw,alaw,g722"
"""What is offered to those who are called: others, as Asterisk's own 192 kHz, would lift the rate of a whole room's mix."""

LONGEST_CALL: Final = 86_400
"""Seconds after which Asterisk ends a call that a lost controller does not end."""

_RINGS_UNTIL: Final = "ARI_CONF_RINGS_UNTIL"
"""The channel variable that says until when somebody waits for an answer: the machine's boot and its monotonic clock then."""

_DIALLED: Final = "ARI_CONF_DIALLED"
"""The channel variable that is set just before a channel is dialled; nothing else tells that, as long as nobody rings."""

_LATE: Final = 2.0
"""Seconds after which a call is ended that Asterisk was to end when nobody answers."""

_BEGINS_WITHIN: Final = 0.5
"""Seconds in which a channel that has been created is in our application."""

_STOP_SECONDS: Final = 0.5
"""How long a stopping engine waits for what is being removed."""


class Outgoing:
    """The calls that we have placed. ``tell`` is told when they ring and when somebody answers; ``legs`` tell their end."""

    def __init__(
        self, link: AriLink, patience: Patience, legs: Legs, dial_strings: DialStrings, tell: Callable[[EngineEvent], None]
    ) -> None:
        self._link = link
        self._patience = patience
        self._legs = legs
        self._dial_strings = dial_strings
        self._tell = tell
        self._accounts = Accounts(link)
        self._chores: set[asyncio.Task[None]] = set()

    async def place(self, call: OutgoingCall) -> None:
        """Begin to dial. Raises ``EngineError``; then nothing is told of the call."""
        what = self._dial_strings.of(call.to)
        app = self._link.address.app
        placed = Placed(asyncio.get_running_loop().create_future())
        if call.username:
            like = self._dial_strings.endpoint_of_uris()
            account = names.account(app, call.call_sid)
            what = DialString(f"PJSIP/{account}/{what.uri}", what.headers, what.uri)
        leg = Leg(call.call_sid, names.outgoing(app, call.call_sid), placed=placed)
        self._legs.add(leg)
        try:
            if call.username:
                self._soon(lambda: self._remove_when_over(leg, account))
                await self._patience.until_done(lambda: self._accounts.make(account, like, call.username, call.password))
            await self._patience.until_done(lambda: self._create(leg, placed, what, call))
            await self._dial(leg, placed, call)
        except BaseException as error:
            told = leg.ended.is_set()
            self._legs.forget(leg)
            self._soon(lambda: self._hang_up(leg.channel_id))
            if not (told and isinstance(error, EngineError)):
                raise
        else:
            if leg.ended.is_set():  # somebody has hung up, possibly before there was a channel
                self._soon(lambda: self._hang_up(leg.channel_id))

    def remember(self, call: KnownCall) -> Leg:
        """Return a call that an earlier life of ours has placed; how far it is, is seen by ``compare``."""
        started: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        placed = Placed(started, created=True, asked=True, ringing=call.ringing)
        return Leg(call.call_sid, names.outgoing(self._link.address.app, call.call_sid), call.answered, placed=placed)

    def on_start(self, channel_id: str) -> None:
        """Asterisk has told that a channel of ours is in our application."""
        leg = self._legs.by_channel.get(channel_id)
        if leg is not None and leg.placed is not None and not leg.placed.started.done():
            leg.placed.started.set_result(True)

    def on_dial(self, leg: Leg, status: str) -> None:
        """Asterisk has told how far it is."""
        if status in {"RINGING", "PROGRESS"}:
            self._on_state(leg, "Ringing")
        elif status == "ANSWER":
            self._on_state(leg, "Up")

    def compare(self, channels: Mapping[str, JsonObject]) -> None:
        """Find out, after a gap, how far calls have come that have not ended meanwhile."""
        for leg in self._legs:
            placed, channel = leg.placed, channels.get(leg.channel_id)
            if placed is None:
                continue
            if channel is None:
                if placed.created and not placed.started.done():
                    # Asterisk lets go of a channel that is to enter an application while nobody is connected to it.
                    placed.started.set_result(False)
                continue
            self.on_start(leg.channel_id)
            self._on_state(leg, channel["state"])
            placed.sip_call_id = channel.get("protocol_id", "")
            if placed.asked and not placed.dialling:
                placed.dialling = True
                if not leg.answered:
                    self._soon(partial(self._go_on, leg, placed))

    @property
    def channel_ids(self) -> set[str]:
        """The channels of the calls."""
        return {leg.channel_id for leg in self._legs if leg.placed is not None}

    @property
    def to_be_dialled(self) -> set[str]:
        """Those of them that need not be there yet."""
        return {leg.channel_id for leg in self._legs if leg.placed is not None and not leg.placed.asked}

    async def clear_away(self) -> None:
        """Remove what an earlier life of ours has left beside channels, as soon as nobody needs it any more."""
        legs = {names.account(self._link.address.app, leg.call_sid): leg for leg in self._legs}
        for account in await self._accounts.made():
            if account in legs:
                self._soon(partial(self._remove_when_over, legs[account], account))
            else:
                await self._accounts.remove(account)

    async def stop(self) -> None:
        """Stop looking after the calls, but see what is being removed to its end."""
        if self._chores:
            _, late = await asyncio.wait(self._chores, timeout=_STOP_SECONDS)
            for chore in late:
                chore.cancel()

    async def _create(self, leg: Leg, placed: Placed, what: DialString, call: OutgoingCall) -> None:
        """Create the channel and return when it can be dialled; may be repeated."""
        if leg.ended.is_set():
            return
        variables = {
            "TIMEOUT(absolute)": str(LONGEST_CALL),
            # What the other side is connected with stands in From; "i" keeps that from being told to it once more.
            "CONNECTEDLINE(num,i)": caller_number(call.caller_id),
            _RINGS_UNTIL: f"{boot_id()}/{time.monotonic() + call.timeout:.3f}",
            **{f"PJSIP_HEADER(add,{name})": value for name, value in what.headers},
        }
        try:
            answer = await self._link.call(
                "channels",
                "create",
                endpoint=what.endpoint,
                app=self._link.address.app,
                channelId=leg.channel_id,
                formats=FORMATS,
                variables=variables,
            )
            placed.created = True
            placed.sip_call_id = answer.json().get("protocol_id", "")
        except AriRefusedError as error:
            if error.status != 409:  # 409: it is there already, for the answer to the same request was lost
                raise EngineError(
                    f"Asterisk cannot dial {what.endpoint.rpartition('~')[2]}: is there such an endpoint in pjsip.conf, "
                    f"and is the phone registered? ({error.status})"
                ) from error
            await self._look_for(leg, placed)
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT):
                begun = await asyncio.shield(placed.started)
        except TimeoutError as error:
            raise EngineError(f"Asterisk has not begun a call within {REQUEST_TIMEOUT:g} s; its log may say why") from error
        if not begun:
            placed.created, placed.started = False, asyncio.get_running_loop().create_future()
            await self._create(leg, placed, what, call)

    async def _look_for(self, leg: Leg, placed: Placed) -> None:
        """Take a channel that is there already for begun: that may have been told while nobody listened."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_BEGINS_WITHIN):
                await asyncio.shield(placed.started)
                return
        with contextlib.suppress(AriRefusedError):
            await self._link.call("channels", "get", channelId=leg.channel_id)
            self.on_start(leg.channel_id)

    async def _dial(self, leg: Leg, placed: Placed, call: OutgoingCall) -> None:
        if leg.ended.is_set():
            return
        placed.asked = True
        seconds = max(1, math.ceil(call.timeout))
        placed.rings_until = asyncio.get_running_loop().time() + seconds
        try:
            await self._ask_to_dial(leg, seconds)
            placed.dialling = True
        except EngineUnavailableError:
            log.warning("whether a call is dialled is seen when Asterisk is back", call_sid=leg.call_sid)

    async def _ask_to_dial(self, leg: Leg, seconds: int) -> None:
        try:
            await self._link.call("channels", "setChannelVar", channelId=leg.channel_id, variable=_DIALLED, value="1")
            await self._link.call("channels", "dial", channelId=leg.channel_id, timeout=str(seconds))
        except AriRefusedError as error:
            if not await leg.ends_soon():
                raise EngineError(f"Asterisk does not dial: {error}") from error

    async def _go_on(self, leg: Leg, placed: Placed) -> None:
        """Dial, if no request for that has come to Asterisk yet, and see to it that the call ends in time if nobody answers."""
        boot, _, moment = (await self._variable(leg, _RINGS_UNTIL)).partition("/")
        left = float(moment or 0) - time.monotonic() if boot == boot_id() else 0.0
        placed.rings_until = asyncio.get_running_loop().time() + left
        if not await self._variable(leg, _DIALLED):
            try:
                await self._ask_to_dial(leg, max(1, math.ceil(left)))
            except EngineUnavailableError:
                raise
            except EngineError as error:
                log.warning("a call cannot be dialled", call_sid=leg.call_sid, cause=str(error))
                placed.ending = Unanswered.FAILED
                await self._hang_up(leg.channel_id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(placed.rings_until + _LATE):
                await leg.ended.wait()
        if not leg.answered:
            placed.ending = placed.ending or Unanswered.NO_ANSWER
            await self._hang_up(leg.channel_id)

    async def _variable(self, leg: Leg, variable: str) -> str:
        try:
            answer = await self._link.call("channels", "getChannelVar", channelId=leg.channel_id, variable=variable)
        except AriRefusedError:
            return ""
        return str(answer.json()["value"])

    def _on_state(self, leg: Leg, state: str) -> None:
        if leg.placed is None or leg.answered:
            return
        if state == "Ringing" and not leg.placed.ringing:
            leg.placed.ringing = True
            self._tell(CallRinging(leg.call_sid))
        elif state == "Up":
            leg.answered = True
            self._tell(CallAnswered(leg.call_sid))

    async def _remove_when_over(self, leg: Leg, account: str) -> None:
        await leg.ended.wait()
        await self._accounts.remove(account)

    async def _hang_up(self, channel_id: str) -> None:
        with contextlib.suppress(AriRefusedError):
            await self._link.call("channels", "hangup", channelId=channel_id)

    def _soon(self, chore: Callable[[], Awaitable[None]]) -> None:
        """Do something without waiting; while the connection is lost, it is done when that is back."""
        task = asyncio.create_task(self._unless_in_vain(chore), name="outgoing call")
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _unless_in_vain(self, chore: Callable[[], Awaitable[None]]) -> None:
        with contextlib.suppress(EngineUnavailableError):
            await self._patience.until_done(chore)
