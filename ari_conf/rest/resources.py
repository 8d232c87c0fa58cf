"""Every resource that is served, and what each of them needs."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ari_conf.calls import CallBook, Control, Queues
from ari_conf.clock import Clock
from ari_conf.recordings import Recordings
from ari_conf.rooms import Rooms
from ari_conf.settings import RestSettings
from ari_conf.store import Store
from ari_conf.webhooks import Outbox

from .accounts import Accounts
from .callbacks import Callbacks
from .calls import Calls
from .conferences import Conferences
from .documents import Documents
from .events import Events
from .media import RecordingMedia
from .media_files import MediaFiles
from .notifications import Notifications
from .operation import Answer, Asked, Operation
from .participants import Participants
from .queues import RestQueues
from .queues_members import QueueMembers
from .reading import caught_up
from .recordings import AccountRecordings
from .recordings_below import CallRecordings, ConferenceRecordings
from .recordings_live import LiveRecordings
from .recordings_store import StoredRecordings


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What the REST API is an interface to. ``recordings_folder`` has the files of finished recordings."""

    settings: RestSettings
    clock: Clock
    store: Store
    outbox: Outbox
    rooms: Rooms
    control: Control
    calls: CallBook
    queues: Queues
    recordings: Recordings
    recordings_folder: Path


def operations(backend: Backend) -> list[Operation]:
    """Return all operations; one that changes something answers when the change is kept."""
    conferences = Conferences(backend.rooms, backend.store, backend.settings)
    found = [
        *conferences.operations(),
        *Participants(conferences, backend.rooms, backend.control).operations(),
        *Events(conferences, backend.store).operations(),
        *Calls(backend.store, backend.calls, backend.control).operations(),
        *Documents(backend.store, backend.calls).operations(),
        *_recordings(backend, conferences),
        *Notifications(backend.store, backend.calls).operations(),
        *Callbacks(backend.store, backend.outbox).operations(),
        *RestQueues(backend.queues, backend.clock).operations(),
        *QueueMembers(backend.queues, backend.control, backend.clock).operations(),
        *Accounts(backend.clock).operations(),
    ]
    return [operation if operation.asks_by_query else _kept(operation, backend.store) for operation in found]


def _kept(operation: Operation, store: Store) -> Operation:
    """Let an operation answer when what it has changed is in the store, so that it is not lost with the process."""
    handler = operation.handler

    async def handle(asked: Asked[Any]) -> Answer:
        answer = await handler(asked)
        await caught_up(store)
        return answer

    return replace(operation, handler=handle)


def _recordings(backend: Backend, conferences: Conferences) -> list[Operation]:
    stored = StoredRecordings(backend.store, backend.clock)
    files = MediaFiles(backend.recordings_folder)
    live = LiveRecordings(stored, backend.recordings, files)
    return [
        *AccountRecordings(stored, live, backend.recordings.url_of).operations(),
        *RecordingMedia(stored, files).operations(),
        *ConferenceRecordings(stored, live, conferences).operations(),
        *CallRecordings(stored, live, backend.store, backend.calls, backend.recordings).operations(),
    ]
