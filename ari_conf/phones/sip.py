"""A small SIP phone for tests and demos: it calls and is called, talks with a tone, and keeps what it hears."""

import asyncio
import re
import socket
import time
from collections.abc import Sequence
from functools import partial
from typing import Self

import numpy as np

from .bank import PhoneBank, shared_bank
from .incoming_call import IncomingCall
from .phone import Heard, Incoming
from .rtp import KEYS, RtpStream
from .sip_call import Caller, SipCall
from .sip_message import Request, SipParseError, Uri
from .timeline import RATE, Timeline
from .transactions import Endpoint, SipTransport

_LINGER = 5.0  # seconds for which a finished call still answers repeated messages: RFC 3261's T4
_JITTER = 0.08  # seconds that the last packets of a stretch may be late


class SipPhone:
    """A ``Phone`` over SIP and RTP (UDP, PCMU, 20 ms). All phones of a process share one thread beside the caller's.

    ``server`` is where its calls go, host and port. ``username`` and ``password`` answer a digest challenge. ``number`` is what
    it calls from, the user part of From, and where it can be called at ``bank.address``; without one it is the username, else
    the name in lower case. ``headers`` go with each call. ``amplitude`` is the tone's; with many
    phones talking at once make it small, since the mix clips at 1.0. ``jitter``, ``loss`` and ``sequence`` are those of
    ``RtpStream``. ``t1`` is SIP's first interval of repetition in seconds; a
    server that stays silent is given up after 64 of it. As a context manager it hangs up at the end.
    """

    def __init__(
        self,
        name: str,
        tone: float,
        *,
        server: Endpoint = ("127.0.0.1", 5060),
        username: str | None = None,
        password: str | None = None,
        number: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        amplitude: float = 0.2,
        jitter: float = 0.0,
        loss: float = 0.0,
        sequence: int | None = None,
        t1: float = 0.5,
        bank: PhoneBank | None = None,
    ) -> None:
        self.name = name
        self.tone = tone
        self._number = number or username or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "phone"
        self._caller = Caller(name, self._number, username, password, tuple(headers))
        self._server = server
        self._new_stream = partial(RtpStream, tone=tone, amplitude=amplitude, jitter=jitter, loss=loss, sequence=sequence)
        self._t1 = t1
        self._bank = bank or shared_bank()
        self._talking = True
        self._call: SipCall | IncomingCall | None = None
        self._rtp: RtpStream | None = None
        self._ended_at: float | None = None
        self._rings = asyncio.Event()
        self._bank.exchange.connect(self._number, self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()

    @property
    def number(self) -> str:
        """What it calls from, and what others dial to reach it."""
        return self._number

    @property
    def keys_heard(self) -> str:
        """The keys that the other side of the present call has pressed (telephone events), in order."""
        return "" if self._rtp is None else self._rtp.keys_heard

    @property
    def hears_ringing(self) -> bool:
        """Whether the other side of the call that is being dialled rings, or has rung (SIP 180)."""
        return isinstance(self._call, SipCall) and self._call.rings

    async def ringing(self) -> Incoming:
        """Wait until somebody calls, and return who; at once if it rings already."""
        return await self._bank.run(self._ringing())

    async def pick_up(self) -> None:
        """Answer the call that rings, and return when the caller's side has acknowledged that; already talking."""
        await self._bank.run(self._pick_up())

    async def refuse(self, status: int = 486) -> None:
        """Refuse the call that rings with this SIP status."""
        await self._bank.run(self._refuse(status))

    async def dial(self, to: str) -> None:
        """Call ``to``, a number, a name or a whole ``sip:`` URI, and return when it is answered, already talking.

        Raises ``CallRefusedError``: with the status of the refusal, 408 if nobody answers the INVITE, 487 after ``hang_up``.
        Cancelling this cancels the call.
        """
        await self._bank.run(self._dial(to))

    def talk(self, *, on: bool) -> None:
        """Send the tone, or silence."""
        self._talking = on
        if self._rtp is not None:
            self._rtp.talking = on

    async def hear(self, seconds: float) -> Heard:
        """Listen from now on for ``seconds`` of real time and return what was heard; silence where nothing came."""
        start = time.monotonic()
        await asyncio.sleep(start + seconds + _JITTER - time.monotonic())
        return self.heard(start, start + seconds)

    def heard(self, start: float, end: float) -> Heard:
        """Return what was heard from one moment to another (seconds, monotonic); silence where nothing came."""
        timeline, length = self._timeline, round((end - start) * RATE)
        if timeline is None:
            return Heard(np.zeros(length, dtype=np.int16), RATE)
        first = timeline.position(start)
        return Heard(timeline.samples(first, first + length), RATE)

    async def press(self, key: str) -> None:
        """Press one of ``0123456789*#`` as a telephone event; returns when it has been sent and a short pause has passed."""
        if len(key) != 1 or key not in KEYS:
            raise ValueError(f"a phone has no key {key!r}: press one of {KEYS}, one at a time")
        await self._bank.run(self._press(key))

    async def hang_up(self) -> None:
        """End the call, or stop dialling; does nothing if there is no call."""
        await self._bank.run(self._hang_up())

    async def wait_ended(self) -> None:
        """Return when the call is over, whoever ended it; at once if there is none."""
        await self._bank.run(self._wait_ended())

    def recording(self) -> Heard:
        """Return everything heard since the call was answered, up to now or to its end."""
        timeline = self._timeline
        if timeline is None:
            return Heard(np.zeros(0, dtype=np.int16), RATE)
        end = time.monotonic() if self._ended_at is None else self._ended_at
        return Heard(timeline.samples(0, timeline.position(end)), RATE)

    @property
    def _timeline(self) -> Timeline | None:
        return None if self._rtp is None else self._rtp.timeline

    async def _dial(self, to: str) -> None:
        if self._call is not None and not self._call.ended.is_set():
            raise RuntimeError(f"{self.name} is in a call already: hang up before dialling {to!r}")
        loop = asyncio.get_running_loop()
        host, port = self._server
        server: Endpoint = (await loop.getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM))[0][4][:2]  # type: ignore[assignment]
        target = Uri.parse(to) if to.startswith("sip:") else Uri(host, port, to)
        rtp = self._new_rtp(server)
        call = SipCall(self._caller, target, server, rtp, t1=self._t1)
        self._begin(call, rtp)
        await call.dial()

    def receive(self, transport: SipTransport, invite: Request, source: Endpoint) -> IncomingCall | None:
        """Let a call ring, in the thread of the bank; None if there is one already."""
        if self._call is not None and not self._call.ended.is_set():
            return None
        rtp = self._new_rtp(source)
        try:
            call = IncomingCall(transport, invite, source, rtp, self._number)
        except SipParseError:
            rtp.close()
            raise
        self._begin(call, rtp)
        self._rings.set()
        return call

    async def _ringing(self) -> Incoming:
        while True:
            self._rings.clear()
            if isinstance(self._call, IncomingCall) and self._call.rings:
                return self._call.incoming
            await self._rings.wait()

    async def _pick_up(self) -> None:
        await self._ringing_call().pick_up()

    async def _refuse(self, status: int) -> None:
        self._ringing_call().refuse(status)

    def _ringing_call(self) -> IncomingCall:
        if isinstance(self._call, IncomingCall) and self._call.rings:
            return self._call
        raise RuntimeError(f"{self.name} does not ring: nobody calls {self._number}")

    def _new_rtp(self, far_side: Endpoint) -> RtpStream:
        rtp = self._new_stream(_local_host(far_side))
        rtp.talking = self._talking
        return rtp

    def _begin(self, call: SipCall | IncomingCall, rtp: RtpStream) -> None:
        self._call, self._rtp, self._ended_at = call, rtp, None
        asyncio.get_running_loop().add_reader(rtp.socket, rtp.readable)
        self._bank.attach(rtp)
        self._bank.spawn(self._watch(call, rtp))

    async def _watch(self, call: SipCall | IncomingCall, rtp: RtpStream) -> None:
        """Stop the audio when the call is over, and the signalling a little later."""
        loop = asyncio.get_running_loop()

        def silence() -> None:
            self._bank.detach(rtp)
            if rtp.socket.fileno() >= 0:
                loop.remove_reader(rtp.socket)
            rtp.close()

        forget = self._bank.on_close(silence), self._bank.on_close(call.release)
        await call.ended.wait()
        if self._call is call:
            self._ended_at = time.monotonic()
        silence()
        await asyncio.sleep(_LINGER)
        call.release()
        for take_back in forget:
            take_back()

    async def _press(self, key: str) -> None:
        if self._call is None or self._rtp is None or self._call.ended.is_set():
            raise RuntimeError(f"{self.name} is in no call: dial before pressing {key!r}")
        await self._rtp.press(key)

    async def _hang_up(self) -> None:
        if self._call is not None:
            await self._call.hang_up()

    async def _wait_ended(self) -> None:
        if self._call is not None:
            await self._call.ended.wait()


def _local_host(server: Endpoint) -> str:
    """Return the address of this machine that ``server`` sees."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(server)
        host: str = probe.getsockname()[0]
        return host
