"""Plays sounds: to a call outside the mix, to one participant over the mix, to a whole room."""

import contextlib
import itertools
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from ari_conf.conference import Apart
from ari_conf.media.port import CallGoneError, EngineError, Sound, SoundFile

from . import names
from .errors import GONE, AriRefusedError
from .leg import Leg
from .link import AriLink
from .patience import Patience
from .playback import Outcome, Playback, Playbacks
from .room import RoomMixer
from .snoops import Snoops
from .sounds import Sounds


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where a sound is played: ``post`` asks Asterisk for a playback of an id, ``among`` are the playbacks there.

    ``leg`` is the call that it is for, if it is for one.
    """

    new_id: Callable[[], str]
    post: Callable[[str], Awaitable[None]]
    among: set[Playback]
    leg: Leg | None = None
    prepare: Callable[[], Awaitable[None]] | None = None
    on_over: Callable[[], None] | None = None


class Player:
    """Methods raise as those of the port do. ``rooms`` are all rooms by the SID of their mix."""

    def __init__(
        self,
        link: AriLink,
        patience: Patience,
        sounds: Sounds,
        playbacks: Playbacks,
        snoops: Snoops,
        rooms: Mapping[str, RoomMixer],
    ) -> None:
        self._link = link
        self._patience = patience
        self._sounds = sounds
        self._playbacks = playbacks
        self._snoops = snoops
        self._rooms = rooms
        self._numbers = itertools.count(1)

    async def to_call(self, leg: Leg, sound: Sound | SoundFile) -> None:
        """Play to a call that is in no mix, until that changes."""
        if self.is_to_be_in_mix(leg):
            return
        media = self._sounds.media(sound)

        def new_id() -> str:
            return names.playback(self._link.address.app, leg.channel_id, next(self._numbers))

        async def post(playback_id: str) -> None:
            await self._post(leg.channel_id, playback_id, media)

        def on_over() -> None:
            room = self._room_of(leg)
            if room is not None:
                room.resume()  # what it hears else does not go on by itself

        await self._play(media, _Stage(new_id, post, leg.plays, leg, lambda: self.settled(leg), on_over))

    async def to_participant(self, leg: Leg, sound: SoundFile) -> None:
        """Play over what a participant hears in the mix, until it leaves that.

        Played on the participant's own channel, it would take the place of its voice for the others.
        """
        await self.settled(leg)
        if not self.is_to_be_in_mix(leg):
            return
        media = self._sounds.media(sound)
        snoop = await self._patience.until_done(
            lambda: self._snoops.make(leg, "whisper", leg.call_sid, spy="none", whisper="out")
        )

        async def post(playback_id: str) -> None:
            await self._post(snoop.id, playback_id, media)

        try:
            if self.is_to_be_in_mix(leg):
                await self._play(media, _Stage(self._new_id, post, leg.whispers, leg))
        finally:
            self._snoops.remove_soon(snoop)

    async def to_room(self, room: RoomMixer, sound: Sound | SoundFile) -> None:
        """Play to everybody in a room's mix."""
        await room.settled()
        if not room.bridge.exists:
            return
        media = self._sounds.media(sound)

        async def post(playback_id: str) -> None:
            with _started_or_gone():
                await room.bridge.play(playback_id, media)

        try:
            await self._play(media, _Stage(self._new_id, post, room.plays))
        except CallGoneError:
            return
        except EngineError:
            # Asterisk lets a sound fail when the last one who hears it goes.
            if not room.deserted:
                raise

    async def settled(self, leg: Leg) -> None:
        """Wait until the plan for a call is in force."""
        room = self._room_of(leg)
        if room is not None:
            await room.settled()

    def is_to_be_in_mix(self, leg: Leg) -> bool:
        """Tell whether a plan has a call in a mix."""
        room = self._room_of(leg)
        return room is not None and not isinstance(room.placement(leg.call_sid), Apart)

    async def _post(self, channel_id: str, playback_id: str, media: str) -> None:
        with _started_or_gone():
            await self._link.call("channels", "playWithId", channelId=channel_id, playbackId=playback_id, media=media)

    async def _play(self, media: str, stage: _Stage) -> None:
        outcome = await self._attempt(stage)
        if outcome is Outcome.FAILED and self._sounds.by_url:
            # Two at once that Asterisk has to fetch for the first time can be in each other's way there (its issue 1689).
            outcome = await self._attempt(stage)
        if outcome is Outcome.FAILED:
            raise EngineError(
                f"Asterisk could not play {media}; it has to share the sounds folder with ari_conf and be allowed to read "
                "there, or to reach [asterisk] media_url"
            )

    async def _attempt(self, stage: _Stage) -> Outcome:
        playback_id = stage.new_id()
        outcome = await self._playbacks.run(
            playback_id,
            lambda: self._patience.until_done(lambda: stage.post(playback_id)),
            stage.among,
            prepare=stage.prepare,
            on_over=stage.on_over,
        )
        leg = stage.leg
        if leg is not None and (outcome is Outcome.CALL_ENDED or (outcome is Outcome.FAILED and leg.hanging_up)):
            raise CallGoneError(f"call {leg.call_sid} has ended")
        return outcome

    def _new_id(self) -> str:
        # Not a number, which a sound could have that an earlier life of ours has left playing to the room.
        return names.ours(self._link.address.app, f"play-{secrets.token_hex(8)}")

    def _room_of(self, leg: Leg) -> RoomMixer | None:
        return next((room for room in self._rooms.values() if room.placement(leg.call_sid) is not None), None)


@contextlib.contextmanager
def _started_or_gone() -> Iterator[None]:
    """Take 409 as a start; raise ``CallGoneError`` if there is nothing to play to.

    409: it plays already, for the answer to the same request was lost; or the call's end is about to be told.
    """
    try:
        yield
    except AriRefusedError as error:
        if error.status in GONE - {409}:
            raise CallGoneError(f"there is nobody to play to: {error}") from error
        if error.status != 409:
            raise
