"""What is described is what is done: random requests after the description get answers as described."""

import asyncio
import sys
from pathlib import Path

from ari_conf.app import Controller
from ari_conf.clock import RealClock
from ari_conf.media.local import LocalEngine
from ari_conf.phones.virtual import VirtualPhone
from ari_conf.settings import ROOM_OF_THE_DIALLED_NAME, NumberSettings, RestSettings, StorageSettings
from tests.app_server import AppServer
from tests.rest.desk import Desk
from tests.stage import ACCOUNT, NUMBERS, TONES, settings_for, until

EXAMPLES = "3"
"""Random requests for each operation, besides those that try each border of each field."""

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"

CONFIG = """
[parameters]
"path.AccountSid" = "{account}"
"path.ConferenceSid" = "{kept}"
"path.CallSid" = "{caller}"
[[operations]]
include-operation-id = "UpdateConference"
parameters = {{ "path.ConferenceSid" = "{ended}" }}
[[operations]]
include-operation-id = "DeleteParticipant"
parameters = {{ "path.CallSid" = "{kicked}" }}
[[operations]]
include-operation-id = ["UpdateCall", "DeleteCall"]
parameters = {{ "path.CallSid" = "{ended_call}" }}
"""


async def test_the_description_needs_no_login_and_has_every_operation(desk: Desk) -> None:
    status, _, described = await desk.raw("GET", "/openapi.json", login=None)
    assert (status, described["openapi"]) == (200, "3.1.0")
    participants = described["paths"]["/2010-04-01/Accounts/{AccountSid}/Conferences/{ConferenceSid}/Participants.json"]
    assert set(participants) == {"get", "post"}
    form = participants["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]["$ref"]
    fields = described["components"]["schemas"][form.rpartition("/")[2]]
    assert set(fields["required"]) == {"From", "To"}
    assert fields["properties"]["Timeout"]["maximum"] == 600
    words = {
        name: one["properties"]["Status"]["enum"]
        for name, one in described["components"]["schemas"].items()
        if "RecordingUpdate" in name
    }
    assert words == {
        "RecordingUpdate": ["paused", "in-progress", "stopped"],
        "ConferenceRecordingUpdate": ["paused", "in-progress"],
    }
    names = [one["operationId"] for path in described["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))


async def test_random_requests_are_answered_as_described(tmp_path: Path) -> None:
    clock = RealClock()
    engine = LocalEngine(clock, recordings=StorageSettings().raw_recordings)
    async with AppServer() as app:
        settings = settings_for(app, NumberSettings(twiml=ROOM_OF_THE_DIALLED_NAME))
        settings = settings.model_copy(update={"rest": RestSettings(rate=1e6, burst=1e6)})
        async with Controller(settings, (ACCOUNT,), engine, clock=clock) as controller:
            phones = [VirtualPhone(engine, name, tone, number=NUMBERS[name]) for name, tone in TONES.items()]
            for phone, room in zip(phones, ("kept", "kept", "kept", "ended", "ended"), strict=True):
                await phone.dial(room)
            await until(lambda: sum(len(one.participants) for one in controller.rooms.conferences) == len(phones))
            kept, ended = controller.rooms.conferences
            config = tmp_path / "schemathesis.toml"
            names = dict(zip(("caller", "kicked"), kept.participants, strict=False))
            names |= {"ended_call": next(iter(ended.participants)), "kept": kept.sid, "ended": ended.sid}
            config.write_text(CONFIG.format(account=ACCOUNT.sid, **names))
            code, told = await _schemathesis(f"http://127.0.0.1:{controller.port}/openapi.json", config)
            for phone in phones:
                await phone.hang_up()
    assert code == 0, told


async def _schemathesis(url: str, config: Path) -> tuple[int, str]:
    arguments = ["--auth", f"{ACCOUNT.sid}:{ACCOUNT.auth_token}", "--checks", CHECKS, "--phases", "coverage,fuzzing"]
    arguments += ["--max-examples", EXAMPLES, "--generation-deterministic", "--no-color", "--request-timeout", "10"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", url, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=config.parent,
    )
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode(errors="replace")
