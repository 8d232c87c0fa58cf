"""A coach: hears all that the coached participant says and hears, and is heard by that participant alone.

The coach is not in the room's bridge but in one of its own, with a snoop channel that spies on the coached participant's
channel and whispers into it. What a snoop hears is taken before anything is whispered, so a coach hears neither itself nor
other coaches.
"""

from collections.abc import Callable, Collection, Mapping

from ari_conf.media.port import CallGoneError

from . import names
from .bridge import Bridge
from .leg import Leg
from .link import AriLink
from .snoops import Snoop, Snoops


class Coach:
    """One coach's own bridge and snoop channel, made when they are needed.

    ``on_lost`` is called when the snoop has ended and another may be needed.
    """

    def __init__(self, link: AriLink, snoops: Snoops, leg: Leg, on_lost: Callable[[], None]) -> None:
        self.leg = leg
        self._app = link.address.app
        self._snoops = snoops
        self._on_lost = on_lost
        self._bridge = Bridge(link, names.coach_bridge(link.address.app, leg.call_sid))
        self._snoop: Snoop | None = None

    @property
    def bridge_id(self) -> str:
        """The coach's own bridge."""
        return self._bridge.id

    async def coach(self, coached: Leg) -> bool:
        """Bring the coach to the ear of ``coached``, who is in the mix; if that call has ended, leave the coach alone.

        Return whether that is all: if not, what was there has been destroyed by somebody else, and this is to be repeated.
        """
        if self._snoop is not None and (self._snoop.ended or self._snoop.target != coached.channel_id):
            await self._remove_snoop()
        try:
            if self._snoop is None:
                self._snoop = await self._snoops.make(coached, "coach", self.leg.call_sid, spy="both", whisper="out")
                self._snoop.on_ended = self._on_lost
        except CallGoneError:
            return True
        await self._bridge.make()
        missing = [] if self._snoop.bridge_id == self._bridge.id else [self._snoop.id]
        if self.leg.bridge_id != self._bridge.id:
            await self.leg.key_up()
            missing.append(self.leg.channel_id)
        there = await self._bridge.add(missing)
        if self._snoop.id in there:
            self._snoop.bridge_id = self._bridge.id
        if self.leg.channel_id in there:
            self.leg.bridge_id = self._bridge.id
        if not self._bridge.exists:
            self._snoop.bridge_id = self.leg.bridge_id = None
        elif self._snoop.bridge_id is None:  # it is ending, as one does that was made just before we were cut off
            await self._remove_snoop()
            return False
        return self._bridge.exists

    async def stop(self) -> None:
        """Take the coach out, and leave nothing behind."""
        await self._remove_snoop()
        if self.leg.bridge_id == self._bridge.id:
            await self._bridge.remove(self.leg.channel_id)
            self.leg.bridge_id = None
        await self._bridge.destroy()

    def compare(self, bridges: Mapping[str, list[str]]) -> None:
        """Take over which bridges there are."""
        self._bridge.exists = self._bridge.id in bridges

    def take_over(self, coached: Leg, channel_ids: Collection[str], bridges: Mapping[str, list[str]]) -> None:
        """Go on with what an earlier life of ours has left for this coach and that same participant."""
        prefix = names.snoop_prefix(self._app, "coach", self.leg.call_sid, coached.call_sid)
        found = [channel_id for channel_id in channel_ids if channel_id.startswith(prefix)]
        # One that is in the bridge is heard; another was to take its place, or has been left by an interrupted attempt.
        found.sort(key=lambda channel_id: channel_id in bridges.get(self._bridge.id, ()), reverse=True)
        if found:
            self._snoop = self._snoops.take_over(found[0], coached.channel_id)
            self._snoop.on_ended = self._on_lost

    async def _remove_snoop(self) -> None:
        snoop, self._snoop = self._snoop, None
        if snoop is not None:
            await self._snoops.remove(snoop)
