"""Which recordings are not finished, and what state they are in."""

import asyncio
from collections.abc import Set as AbstractSet

from ari_conf.media.port import KnownRecording
from ari_conf.twilio_codes import Code, TwilioError

from .live import Live
from .recording import RUNNING, Recording, RecordingStatus


class Register:
    """Recordings that are not finished, by their SIDs, and by the names that the engine knows them by as long as they run."""

    def __init__(self) -> None:
        self._live: dict[str, Live] = {}
        self._by_name: dict[str, Live] = {}

    @property
    def busy(self) -> bool:
        """Whether any recording is not finished yet."""
        return bool(self._live)

    @property
    def unfinished(self) -> list[Recording]:
        """Those that have begun and are not finished yet, of all accounts."""
        return [live.recording for live in self._live.values() if live.begun]

    def get(self, sid: str) -> Recording | None:
        """Return a recording that is not finished yet; None for all others."""
        live = self._live.get(sid)
        return live.recording if live is not None and live.begun else None

    def running(self, account_sid: str, *, conference_sid: str | None = None, call_sid: str | None = None) -> list[Recording]:
        """Return the account's recordings (of this conference, of this call) that run or are paused, the oldest first."""
        return [
            live.recording
            for live in self._live.values()
            if live.begun
            and live.recording.status in RUNNING
            and live.recording.account_sid == account_sid
            and conference_sid in {None, live.recording.conference_sid}
            and call_sid in {None, live.recording.call_sid}
        ]

    def current(self, account_sid: str, *, conference_sid: str | None = None, call_sid: str | None = None) -> Recording:
        """Return the only recording that ``running`` returns, which ``Twilio.CURRENT`` means.

        Raises ``TwilioError`` (16114) if there is none, or more than one.
        """
        found = self.running(account_sid, conference_sid=conference_sid, call_sid=call_sid)
        if len(found) != 1:
            what = conference_sid or call_sid or account_sid
            raise TwilioError(
                Code.RECORDING_STATE,
                f"{len(found)} recordings of {what} are running; name the one that you mean by its SID."
                if found
                else f"No recording of {what} is running.",
            )
        return found[0]

    def finishing(self, sid: str) -> "asyncio.Future[Recording] | None":
        """Return what is done, with the recording, when it is finished; None if it is."""
        live = self._live.get(sid)
        return live.finished if live is not None else None

    def known(self) -> dict[str, tuple[KnownRecording, ...]]:
        """Return the recordings whose end the engine has not told, by the Call SID, or Conference SID, of what they are."""
        known: dict[str, tuple[KnownRecording, ...]] = {}
        for live in self._by_name.values():
            recording = live.recording
            one = KnownRecording(name=live.name, dual=recording.channels == 2)
            of = recording.conference_sid or recording.call_sid or ""
            known[of] = (*known.get(of, ()), one)
        return known

    def _in_state(self, sid: str, fitting: AbstractSet[RecordingStatus], wanted: str) -> Live:
        live = self._live.get(sid)
        if live is None or not live.begun:
            raise TwilioError(Code.RECORDING_STATE, f"Recording {sid} is not running (any more), and cannot be {wanted}.")
        status = live.recording.status
        if status not in fitting:
            raise TwilioError(Code.RECORDING_STATE, f"Recording {sid} is {status.value}, and cannot be {wanted}.")
        return live
