"""What happens in rooms, for the log: one line for each event."""

import structlog

from ari_conf.conference import (
    AnnouncementDue,
    AnnouncementEnded,
    BeepDue,
    Conference,
    ConferenceEnded,
    ConferenceEvent,
    ConferenceStarted,
    JoinRefused,
    ParticipantHoldChanged,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantModified,
    ParticipantMuteChanged,
    ParticipantSpeechChanged,
    Refused,
)
from ari_conf.webhooks import redacted

log = structlog.get_logger(__name__)


def log_event(conference: Conference, event: ConferenceEvent) -> None:  # noqa: C901 (one line for each kind)
    """Write one line; who talks and what beeps is for debugging."""
    about = log.bind(conference_sid=conference.sid, room=conference.friendly_name)
    match event:
        case ParticipantJoined():
            about.info("participant joined", call_sid=event.participant.call_sid, participants=len(conference.participants))
        case ParticipantLeft():
            about.info("participant left", call_sid=event.participant.call_sid, reason=event.reason.value)
        case ParticipantMuteChanged() | ParticipantHoldChanged() | ParticipantModified():
            participant = event.participant
            about.info(
                "participant changed",
                call_sid=participant.call_sid,
                muted=participant.muted,
                hold=participant.hold,
                coaching=participant.coached,
            )
        case ParticipantSpeechChanged():
            about.debug("participant talks", call_sid=event.participant.call_sid, talking=event.talking)
        case ConferenceStarted():
            about.info("conference started")
        case ConferenceEnded():
            about.info("conference ended", reason=event.reason.value)
        case AnnouncementDue():
            about.info("announcement", call_sid=event.call_sid, url=redacted(event.program.url or ""))
        case AnnouncementEnded():
            about.info("announcement over", failure=event.failure)
        case BeepDue():
            about.debug("beep")
        case JoinRefused():
            about.warning("participant refused", call_sid=event.call_sid, code=event.code, cause=event.message)
        case Refused():
            about.warning("command refused", code=event.code, cause=event.message)
