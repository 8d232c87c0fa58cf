"""A conference that is led through commands as in real life: what the database is told of it, and what was so meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ari_conf.conference import Command, Conference, ConferenceStatus, RecordingState, handle, new_conference
from ari_conf.dashboard.timeline import Kept, Timeline, timeline
from ari_conf.dashboard.views import head
from ari_conf.rooms.journal import Journal
from ari_conf.rooms.live import Notes
from ari_conf.rooms.room_recording import RoomRecording
from ari_conf.store import EventRow, ParticipantRow, RecordingRow
from tests.rooms.house import Kept as Ledger


@dataclass(slots=True)
class Past:
    """``do`` carries out a command, a second after the one before. ``states`` are the conference after each, by the time."""

    state: Conference = field(
        default_factory=lambda: new_conference(sid="CF1", account_sid="AC1", friendly_name="Room", now=0.0)
    )
    now: float = 0.0
    ledger: Ledger = field(default_factory=Ledger)
    journal: Journal = field(init=False)
    states: dict[float, Conference] = field(default_factory=dict)
    recording: RecordingRow | None = None

    def __post_init__(self) -> None:
        self.journal = Journal(self.ledger, Notes(RoomRecording()))

    def do(self, *commands: Command) -> None:
        for command in commands:
            self.now += 1.0
            before = self.state
            self.state, events = handle(before, command, self.now)
            self.journal.note(before, self.state, command, events, self.now)
            self.states[self.now] = self.state
            self._record(before)

    def _record(self, before: Conference) -> None:
        if before.recording is RecordingState.OFF and self.state.recording is not RecordingState.OFF:
            self.recording = RecordingRow(
                sid="RE1",
                account_sid="AC1",
                source="Conference",
                status="in-progress",
                channels=1,
                track="both",
                started_at=self.now,
                created_at=self.now,
                updated_at=self.now,
                conference_sid="CF1",
            )
        if self.recording is not None and self.state.recording is not before.recording:
            status = {RecordingState.ON: "in-progress", RecordingState.PAUSED: "paused"}.get(self.state.recording, "completed")
            self.recording = replace(self.recording, status=status, updated_at=self.now)

    @property
    def events(self) -> list[EventRow]:
        return self.ledger.rows(EventRow)

    @property
    def stays(self) -> list[ParticipantRow]:
        latest: Mapping[tuple[str, float], ParticipantRow] = {
            (row.call_sid, row.joined_at): row for row in self.ledger.rows(ParticipantRow)
        }
        return list(latest.values())

    def timeline(self, events: Sequence[EventRow] | None = None) -> Timeline:
        """Return the timeline a second after the last command, made of these events, by default of all."""
        kept = Kept(
            participants=self.stays,
            calls={},
            recordings=[self.recording] if self.recording else [],
            events=self.events if events is None else events,
        )
        return timeline(head(self.state), kept, self.now + 1.0)

    @property
    def is_over(self) -> bool:
        return self.state.status is ConferenceStatus.COMPLETED
