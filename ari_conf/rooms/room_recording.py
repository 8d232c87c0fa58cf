"""The recording of a room: what is asked for, and the recording that is begun for it."""

from dataclasses import dataclass

from ari_conf.conference import Conference
from ari_conf.recordings import Recording, RecordingCallback, Source
from ari_conf.sids import SidKind, new_sid


@dataclass(frozen=True, slots=True)
class RoomRecording:
    """What ``<Conference>`` says of the recording; that of the first participant counts."""

    trim: bool = True
    callback: RecordingCallback | None = None
    event_callback_url: str | None = None


def new_recording(conference: Conference, wanted: RoomRecording, now: float) -> Recording:
    """Return a recording of the conference that begins now."""
    return Recording(
        sid=new_sid(SidKind.RECORDING),
        account_sid=conference.account_sid,
        source=Source.CONFERENCE,
        started_at=now,
        conference_sid=conference.sid,
        friendly_name=conference.friendly_name,
        trim=wanted.trim,
        callback=wanted.callback,
        event_callback_url=wanted.event_callback_url,
    )
