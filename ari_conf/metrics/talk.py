"""What happens to calls, rooms and recordings, counted."""

import asyncio
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Histogram

from ari_conf.calls import Call, CallBook
from ari_conf.clock import Clock
from ari_conf.conference import (
    Conference,
    ConferenceEnded,
    ConferenceEvent,
    ConferenceStarted,
    JoinRefused,
    ParticipantJoined,
    ParticipantLeft,
    ReasonConferenceEnded,
    ReasonParticipantLeft,
)
from ari_conf.recordings import FINISHED, Recording
from ari_conf.rooms import Rooms
from ari_conf.twiml import CallProgressEvent
from ari_conf.webhooks import Direction

from .registry import STEP, TALK


class CallMeter:
    """What becomes of calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._begun = Counter("ari_conf_calls_begun", "Calls that have come or were placed.", ["direction"], registry=registry)
        self._ended = Counter(
            "ari_conf_calls_ended", "Calls that are over, by their last status.", ["direction", "status"], registry=registry
        )
        self._duration = Histogram(
            "ari_conf_call_duration_seconds",
            "How long calls last, from their answer; those that nobody has answered are left out.",
            ["direction"],
            registry=registry,
            buckets=TALK,
        )
        for direction in Direction:
            self._begun.labels(direction.value)
            self._duration.labels(direction.value)

    def on_progress(self, call: Call, event: CallProgressEvent) -> None:
        """Note what has become of a call."""
        direction = call.direction
        if event is CallProgressEvent.COMPLETED:
            self._ended.labels(direction.value, call.status.value).inc()
            if call.answered_at is not None and call.ended_at is not None:
                self._duration.labels(direction.value).observe(max(0.0, call.ended_at - call.answered_at))
        elif event is (CallProgressEvent.RINGING if direction is Direction.INBOUND else CallProgressEvent.INITIATED):
            self._begun.labels(direction.value).inc()


class RoomMeter:
    """What happens in rooms."""

    def __init__(self, registry: CollectorRegistry, calls: CallBook, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._joined_at: dict[str, float] = {}
        self._started = Counter("ari_conf_conferences_started", "Conferences in which waiting is over.", registry=registry)
        self._ended = Counter("ari_conf_conferences_ended", "Conferences that are over.", ["reason"], registry=registry)
        self._joins = Counter("ari_conf_joins", "Calls that were let into a room.", registry=registry)
        self._refused = Counter(
            "ari_conf_joins_refused", "Calls that were not, by Twilio's error code.", ["code"], registry=registry
        )
        self._leaves = Counter("ari_conf_leaves", "Participants who have left a room.", ["reason"], registry=registry)
        self._duration = Histogram(
            "ari_conf_conference_duration_seconds",
            "How long conferences last, from their first participant on.",
            registry=registry,
            buckets=TALK,
        )
        self._stay = Histogram(
            "ari_conf_participant_duration_seconds",
            "How long participants stay in a room.",
            registry=registry,
            buckets=TALK,
        )
        self._to_room = Histogram(
            "ari_conf_arrival_to_room_seconds",
            "From a call's arrival until it is in its room, for callers whose first verb is the <Dial>.",
            registry=registry,
            buckets=STEP,
        )
        self._to_audio = Histogram(
            "ari_conf_join_to_audio_seconds",
            "From the decision that a call joins until it hears the room, or its waiting music.",
            registry=registry,
            buckets=STEP,
        )
        for left in ReasonParticipantLeft:
            self._leaves.labels(left.value)
        for ended in ReasonConferenceEnded:
            self._ended.labels(ended.value)

    def take_up(self, rooms: Rooms) -> None:
        """Know since when those are there whom an earlier life has let in."""
        for conference in rooms.conferences:
            self._joined_at.update(rooms.journal_of(conference.sid).joined_at)

    def on_event(self, conference: Conference, event: ConferenceEvent) -> None:
        """Note what has happened in a room."""
        match event:
            case ParticipantJoined():
                self._joins.inc()
                self._joined_at[event.participant.call_sid] = event.at
            case ParticipantLeft():
                self._leaves.labels(event.reason.value).inc()
                joined_at = self._joined_at.pop(event.participant.call_sid, None)
                if joined_at is not None:
                    self._stay.observe(max(0.0, event.at - joined_at))
            case ConferenceStarted():
                self._started.inc()
            case ConferenceEnded():
                self._ended.labels(event.reason.value).inc()
                self._duration.observe(max(0.0, event.at - conference.created_at))
            case JoinRefused():
                self._refused.labels(str(event.code)).inc()

    def on_joined(self, call_sid: str, settled: "asyncio.Future[None]") -> None:
        """Note when a call that joins hears what it is to hear."""
        call = self._calls.get(call_sid)
        direct = (
            call is not None
            and call.direction is Direction.INBOUND
            and (call.position.documents, call.position.verbs) == (1, 1)
        )
        arrived_at = call.created_at if call is not None and direct else None
        settled.add_done_callback(partial(self._in_room, self._clock.now(), arrived_at))

    def _in_room(self, joined_at: float, arrived_at: float | None, settled: "asyncio.Future[None]") -> None:
        if settled.cancelled():
            return
        now = self._clock.now()
        self._to_audio.observe(max(0.0, now - joined_at))
        if arrived_at is not None:
            self._to_room.observe(max(0.0, now - arrived_at))


class RecordingMeter:
    """What becomes of recordings."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._finished = Counter("ari_conf_recordings_finished", "Recordings that are finished.", ["status"], registry=registry)
        self._duration = Histogram(
            "ari_conf_recording_duration_seconds",
            "How long finished recordings are; those with nothing in them are left out.",
            registry=registry,
            buckets=TALK,
        )

    def on_changed(self, recording: Recording) -> None:
        """Note a recording if it is finished now."""
        if recording.status not in FINISHED:
            return
        self._finished.labels(recording.status.value).inc()
        if recording.duration:
            self._duration.observe(recording.duration)
