"""What happens on a stage, and what /metrics tells of it."""

import re
from pathlib import Path

import aiohttp

from ari_conf import __version__
from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.conference import ConferenceSettings, Participant
from ari_conf.media.local import LocalEngine
from ari_conf.media.port import EngineBack, EngineLost
from ari_conf.private_asterisk import PrivateAsterisk
from ari_conf.rooms import Caller
from ari_conf.settings import DashboardSettings, ServerSettings, Settings
from tests.app_server import ClosedPort
from tests.stage import ACCOUNT, Stage, set_stage

from .reading import Reading, fetched, reading, until_told

CALLBACKS = 'statusCallback="/events" statusCallbackEvent="start end join leave"'
ROOM = f"<Response><Dial><Conference {CALLBACKS}>room</Conference></Dial></Response>"
WAITING = "<Response><Dial><Conference startConferenceOnEnter='false'>room</Conference></Dial></Response>"


def participants(stage: Stage) -> int:
    return sum(len(conference.participants) for conference in stage.controller.rooms.conferences)


async def test_who_joins_and_leaves_is_told() -> None:
    async with set_stage(None) as stage:
        (ann,) = await stage.room("ann", twiml=WAITING)
        await stage.until(lambda: participants(stage) == 1)
        told = await reading(stage.controller)
        assert told.value("ari_conf_active_conferences", status="init") == 1
        assert told.value("ari_conf_active_participants", state="waiting") == 1
        assert told.value("ari_conf_conferences_started_total") == 0

        (bob,) = await stage.room("bob", twiml=ROOM)
        await stage.until(lambda: participants(stage) == 2)
        told = await reading(stage.controller)
        assert told.value("ari_conf_joins_total") == 2
        assert told.value("ari_conf_active_calls", direction="inbound", status="in-progress") == 2
        assert told.value("ari_conf_active_conferences", status="init") == 0
        assert told.value("ari_conf_active_conferences", status="in-progress") == 1
        assert told.value("ari_conf_active_participants", state="heard") == 2
        assert told.value("ari_conf_webhook_duration_seconds_count", kind="document", outcome="success") == 2
        told = await until_told(stage, "ari_conf_arrival_to_room_seconds_count", 2)
        assert told.value("ari_conf_join_to_audio_seconds_count") == 2

        await stage.clock.let_pass(60.0)
        await ann.hang_up()
        await bob.hang_up()
        await stage.until(lambda: not stage.controller.rooms.conferences)
        told = await reading(stage.controller)
        assert told.sum("ari_conf_active_participants") == told.sum("ari_conf_active_calls") == 0
        assert told.value("ari_conf_calls_begun_total", direction="inbound") == 2
        assert told.value("ari_conf_calls_ended_total", direction="inbound", status="completed") == 2
        assert told.value("ari_conf_leaves_total", reason="participant_hung_up") == 2
        assert told.value("ari_conf_conferences_ended_total", reason="last-participant-left") == 1
        for duration in ("call_duration_seconds_sum", "participant_duration_seconds_sum"):
            assert 2 * 60 <= told.sum(f"ari_conf_{duration}") < 2 * 70
        assert 60 <= told.value("ari_conf_conference_duration_seconds_sum") < 70


async def test_who_goes_through_something_first_says_nothing_of_how_long_the_way_into_a_room_takes() -> None:
    async with set_stage(None) as stage:
        await stage.room("ann", twiml=ROOM.replace("<Dial>", '<Pause length="5"/><Dial>'))
        await stage.until(lambda: participants(stage) == 1)
        told = await until_told(stage, "ari_conf_join_to_audio_seconds_count", 1)
        assert told.value("ari_conf_arrival_to_room_seconds_count") == 0


async def test_callbacks_are_told_by_what_became_of_them() -> None:
    async with set_stage(None) as stage:
        await stage.room("ann", "bob", twiml=ROOM)
        await stage.callbacks(3)
        await stage.until(lambda: stage.controller.outbox.owed == 0)
        told = await reading(stage.controller)
        assert told.value("ari_conf_callbacks_total", kind="conference", outcome="delivered") == 3
        assert told.value("ari_conf_callback_delivery_seconds_count", kind="conference") == 3
        assert told.value("ari_conf_webhook_duration_seconds_count", kind="callback", outcome="success") == 3
        assert told.value("ari_conf_outbox_callbacks") == told.value("ari_conf_outbox_oldest_age_seconds") == 0
        with ClosedPort() as nobody:
            await stage.room("cid", twiml=ROOM.replace("/events", f"{nobody}/events").replace(">room<", ">other<"))
            await stage.until(lambda: stage.controller.outbox.owed > 0)
            await stage.clock.let_pass(1.0)
            told = await reading(stage.controller)
            assert told.value("ari_conf_outbox_callbacks") > 0
            assert told.value("ari_conf_outbox_oldest_age_seconds") >= 1.0
            await stage.hang_up_all()


async def test_what_goes_wrong_is_told_by_its_code() -> None:
    async with set_stage(None) as stage:
        await stage.room("ann", twiml="this is <no TwiML")
        await stage.until(lambda: bool(stage.controller.notifications.of_account(ACCOUNT.sid)))
        told = await reading(stage.controller)
        assert told.value("ari_conf_notifications_total", code="12100", level="error") == 1


async def test_who_waits_in_a_queue_is_told() -> None:
    async with set_stage(None) as stage:
        await stage.room("ann", "bob", twiml="<Response><Enqueue>support</Enqueue></Response>")
        await stage.until(lambda: [queue.current_size for queue in stage.controller.queues.queues] == [2])
        await stage.clock.let_pass(30.0)
        told = await reading(stage.controller)
        assert told.value("ari_conf_queued_calls") == 2
        assert 30 <= told.value("ari_conf_queue_oldest_wait_seconds") < 40


async def test_how_the_controller_is_is_told() -> None:
    async with set_stage(None) as stage:
        told = await reading(stage.controller)
        assert [told.value(f"ari_conf_{name}") for name in ("ready", "engine_connected", "database_up", "clock_ok")] == [1] * 4
        stage.controller.engine.events.put_nowait(EngineLost("somebody pulled the plug"))
        await stage.until(lambda: not stage.controller.switchboard.connected)
        told = await reading(stage.controller)
        assert (told.value("ari_conf_ready"), told.value("ari_conf_engine_connected")) == (0, 0)
        assert told.value("ari_conf_engine_lost_total") == 1
        stage.controller.engine.events.put_nowait(EngineBack(1.0))
        await stage.until(lambda: stage.controller.switchboard.connected)
        told = await reading(stage.controller)
        assert (told.value("ari_conf_ready"), told.value("ari_conf_engine_connected")) == (1, 1)
        assert told.value("ari_conf_event_lag_seconds_count", queue="calls") == 2
        assert told.sum("ari_conf_build_info", version=__version__, engine="asterisk") == 1
        assert told.value("process_resident_memory_bytes") > 0


async def test_rest_requests_are_told_and_a_method_of_a_strangers_own_choice_is_not() -> None:
    async with set_stage(None) as stage:
        url = f"http://127.0.0.1:{stage.controller.port}/2010-04-01/Accounts/{ACCOUNT.sid}/Calls.json"
        async with aiohttp.ClientSession() as session:
            for method in ("GET", "PROPFIND"):
                async with session.request(method, url):
                    pass
        told = await reading(stage.controller)
        assert told.value("ari_conf_rest_request_duration_seconds_count", method="GET", status="4xx") == 1
        assert told.value("ari_conf_rest_request_duration_seconds_count", method="other", status="4xx") == 1


async def test_recordings_are_told() -> None:
    twiml = ROOM.replace(">room<", ' record="record-from-start">room<')
    async with set_stage(None) as stage:
        await stage.room("ann", "bob", twiml=twiml)
        await stage.until(lambda: participants(stage) == 2)
        told = await reading(stage.controller)
        assert told.value("ari_conf_active_recordings", status="in-progress") == 1
        await stage.clock.let_pass(3.0)
        await stage.hang_up_all()
        await stage.until(lambda: not stage.controller.recordings.busy)
        told = await reading(stage.controller)
        assert told.sum("ari_conf_active_recordings") == 0
        assert told.value("ari_conf_recordings_finished_total", status="completed") == 1
        assert told.value("ari_conf_recording_duration_seconds_sum") >= 3


async def test_the_database_is_told() -> None:
    async with set_stage(None) as stage:
        await stage.room("ann", twiml=ROOM)
        await stage.until(lambda: participants(stage) == 1)
        await stage.controller.store.flush()
        assert (await reading(stage.controller)).value("ari_conf_database_write_duration_seconds_count") > 0


async def test_a_later_life_knows_since_when_they_are_there() -> None:
    async with set_stage(None) as stage:
        ann, _ = await stage.room("ann", "bob", twiml=ROOM)
        await stage.until(lambda: participants(stage) == 2)
        await stage.clock.let_pass(100.0)
        await stage.stop()
        await stage.restart()
        await stage.until(lambda: participants(stage) == 2)
        await ann.hang_up()
        await stage.until(lambda: participants(stage) == 1)
        told = await reading(stage.controller)
        assert told.value("ari_conf_joins_total") == 0
        assert told.value("ari_conf_participant_duration_seconds_sum") >= 100


async def test_two_controllers_of_one_process_count_for_themselves(tmp_path: Path) -> None:
    databases = (f"sqlite:///{tmp_path}/{number}.db" for number in range(2))
    settings = [Settings.model_validate({"server": {"port": 0}, "database": {"url": url}}) for url in databases]
    one, other = (Controller(own, (ACCOUNT,), LocalEngine(RealClock())) for own in settings)
    async with one, other:
        one.rooms.join(Caller(ACCOUNT.sid, {}), "room", Participant("CA1"), ConferenceSettings())
        assert (await reading(one)).value("ari_conf_joins_total") == 1
        assert (await reading(other)).value("ari_conf_joins_total") == 0


async def test_names_are_as_prometheus_wants_them_and_nothing_names_a_call_a_number_or_an_address() -> None:
    async with set_stage(None) as stage:
        await stage.room("ann", "bob", twiml=ROOM)
        await stage.until(lambda: participants(stage) == 2)
        status, headers, text = await fetched(stage.controller)
        assert status == 200
        assert headers["Content-Type"].startswith("text/plain; version=")
        told = Reading(text)
        values = {value for family in told.families for sample in family.samples for value in sample.labels.values()}
        assert [value for value in values if re.search(r"[A-Z]{2}[0-9a-f]{32}|1555|^room$|/|127\.", value)] == []
        ours = [family for family in told.families if family.name.startswith("ari_conf_")]
        assert len(ours) > 30
        for family in ours:
            assert family.documentation.endswith(".")
            if family.type == "histogram":
                assert family.name.endswith("_seconds")
        assert "_created" not in text


async def test_where_nobody_may_read_them_there_is_no_page_and_nothing_is_measured() -> None:
    settings = Settings(server=ServerSettings(port=0, metrics="off"), dashboard=DashboardSettings(enabled=False))
    async with Controller(settings, (ACCOUNT,), LocalEngine(RealClock())) as controller:
        assert (await fetched(controller))[0] == 404
        assert controller.rooms.observers == [controller.control._on_room_event]
        assert controller.engine.events.on_taken == []


async def test_what_asterisk_is_asked_and_tells_is_told(asterisk: PrivateAsterisk) -> None:
    async with set_stage(asterisk) as stage:
        await stage.room("ann", twiml=ROOM)
        await until_told(stage, "ari_conf_arrival_to_room_seconds_count", 1)
        await stage.hang_up_all()
        await stage.until(lambda: not stage.controller.switchboard.calls)
        told = await reading(stage.controller)
        assert told.value("ari_conf_ari_request_duration_seconds_count", operation="channels.answer") == 1
        assert told.value("ari_conf_event_lag_seconds_count", queue="ari") >= 2
