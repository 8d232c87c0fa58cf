import asyncio
import itertools
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from ari_conf.private_asterisk import InstalledAsterisk, PrivateAsterisk, PrivateAsteriskError, run_foreground
from ari_conf.private_asterisk.ports import RTP_PORTS, PortReservation

from .caller import Caller
from .controller import Controller


def complaints(log: Path) -> list[str]:
    return [line for line in log.read_text().splitlines() if re.search(r"\b(WARNING|ERROR)\b", line)]


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def is_there(path: str) -> bool:
    return Path(path).exists()


async def until_ended(pid: int) -> None:
    """Return when the process is gone, within 15 s."""
    async with asyncio.timeout(15):
        # The parent of it is gone, so nobody is told of its end.
        while is_running(pid):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_it_answers_and_has_nothing_to_complain_about(installed: InstalledAsterisk) -> None:
    async with PrivateAsterisk(installed) as asterisk:
        async with Controller(asterisk) as controller:
            info = await controller.get("asterisk/info")
            assert info["system"]["version"].startswith(str(asterisk.version))
            endpoints = {endpoint["resource"] for endpoint in await controller.get("endpoints/PJSIP")}
            assert endpoints == {*asterisk.phone_passwords, "anonymous", "outgoing"}
        assert complaints(asterisk.log_path) == []


async def test_it_records_and_plays_its_sounds(installed: InstalledAsterisk) -> None:
    async with PrivateAsterisk(installed) as asterisk, Controller(asterisk) as controller:
        await controller.post("bridges/room?type=mixing,video_sfu")
        await controller.post("applications/ari_conf/subscription?eventSource=bridge:room")
        await controller.post("bridges/room/play?media=sound:beep")
        assert (await controller.next("PlaybackFinished"))["playback"]["state"] == "done"
        await controller.post("bridges/room/record?name=room&format=wav&maxDurationSeconds=1")
        assert (await controller.next("RecordingFinished"))["recording"]["state"] == "done"
        assert (asterisk.spool / "recording" / "room.wav").stat().st_size > 0


async def test_two_side_by_side(installed: InstalledAsterisk) -> None:
    async with PrivateAsterisk(installed) as one, PrivateAsterisk(installed) as other:
        assert one.sip_port != other.sip_port
        assert one.directory != other.directory
        assert one.ari_password != other.ari_password
        for asterisk in (one, other):
            async with Controller(asterisk) as controller:
                assert await controller.get("channels") == []
            assert complaints(asterisk.log_path) == []


async def test_nothing_is_left_of_it(installed: InstalledAsterisk) -> None:
    async with PrivateAsterisk(installed) as asterisk:
        pid, directory, sip_port = asterisk.pid, asterisk.directory, asterisk.sip_port
    assert not is_running(pid)
    assert not directory.exists()
    PortReservation("127.0.0.1", sip=sip_port).release()
    await asterisk.stop()


async def test_what_it_wrote_can_be_kept(installed: InstalledAsterisk, tmp_path: Path) -> None:
    async with PrivateAsterisk(installed, keep_dir=tmp_path / "kept"):
        pass
    assert (tmp_path / "kept" / "etc" / "pjsip.conf").exists()
    assert (tmp_path / "kept" / "log" / "messages.log").exists()


async def test_production_takes_phones_with_their_password_only(installed: InstalledAsterisk) -> None:
    async with PrivateAsterisk(installed, profile="production", phone_password="secret") as asterisk:
        assert set(asterisk.phone_passwords.values()) == {"secret"}
        async with Controller(asterisk) as controller:
            endpoints = {endpoint["resource"] for endpoint in await controller.get("endpoints/PJSIP")}
            assert endpoints == {*asterisk.phone_passwords, "outgoing"}
        for name in ("outgoing", "1001", "stranger"):
            async with Caller(asterisk.sip_host, asterisk.sip_port, "room", name=name) as caller:
                assert await caller.status() == 401


async def test_a_restart_keeps_ports_and_passwords(installed: InstalledAsterisk) -> None:
    async with PrivateAsterisk(installed) as asterisk:
        pid, url, sip_port = asterisk.pid, asterisk.ari_url, asterisk.sip_port
        async with Controller(asterisk) as controller:
            started = (await controller.get("asterisk/info"))["status"]["startup_time"]
        await asterisk.restart()
        assert (asterisk.ari_url, asterisk.sip_port) == (url, sip_port)
        assert asterisk.pid != pid
        async with Controller(asterisk) as controller:
            assert (await controller.get("asterisk/info"))["status"]["startup_time"] != started


async def test_it_comes_back_after_a_crash(installed: InstalledAsterisk) -> None:
    async with PrivateAsterisk(installed) as asterisk:
        pid = asterisk.pid
        await asterisk.kill()
        assert not is_running(pid)
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(f"{asterisk.ari_url}/ari/asterisk/info")
        await asterisk.restart()
        async with Controller(asterisk) as controller:
            assert await controller.get("channels") == []


async def test_it_dies_with_its_parent_even_when_that_is_killed(installed: InstalledAsterisk) -> None:
    program = (
        "import asyncio\n"
        "from ari_conf.private_asterisk import PrivateAsterisk, ensure_installed\n"
        "async def main():\n"
        "    async with PrivateAsterisk(ensure_installed(lambda step: None)) as asterisk:\n"
        "        print(asterisk.pid, asterisk.directory, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert parent.stdout is not None
    pid, directory = (await parent.stdout.readline()).split()
    assert is_running(int(pid))
    parent.kill()
    await parent.wait()
    await until_ended(int(pid))
    # The next one to start clears up, though not within the first minute.
    left = os.fsdecode(directory)
    os.utime(left, (0, 0))
    async with PrivateAsterisk(installed):
        assert not is_there(left)


async def test_a_port_that_is_taken_is_named(installed: InstalledAsterisk) -> None:
    async with PrivateAsterisk(installed) as asterisk:
        with pytest.raises(PrivateAsteriskError, match=f"Port {asterisk.sip_port} for SIP is in use"):
            await PrivateAsterisk(installed, sip_port=asterisk.sip_port).start()


async def test_an_asterisk_that_ends_at_once_shows_the_end_of_its_log(installed: InstalledAsterisk) -> None:
    broken = replace(installed, command=("/bin/sh", "-c", "echo cannot load; exit 3"))
    with pytest.raises(PrivateAsteriskError, match="ended with status 3; the end of its log:\ncannot load"):
        await PrivateAsterisk(broken).start()


async def test_reservations_do_not_overlap() -> None:
    reservations = [PortReservation("127.0.0.1", calls=calls) for calls in (200, 200, 201, 500)]
    ranges = [(reservation.ports.rtp_first, reservation.ports.rtp_last) for reservation in reservations]
    for reservation in reservations:
        reservation.release()
    sizes = [last + 1 - first for first, last in ranges]
    assert sizes[:2] == [RTP_PORTS, RTP_PORTS]
    assert sizes[2] >= 402
    assert sizes[3] >= 1000
    assert all(last < first for (_, last), (first, _) in itertools.pairwise(sorted(ranges)))


async def test_in_the_foreground_it_says_how_to_reach_it_and_ends_when_asked(installed: InstalledAsterisk) -> None:
    asterisk = PrivateAsterisk(installed, phone_password="secret")
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("log"):
            os.kill(os.getpid(), signal.SIGTERM)

    await run_foreground(asterisk, say)
    text = "\n".join(said)
    assert re.search(r"SIP +127\.0\.0\.1:\d+ \(UDP\)", text)
    assert "account 1005  password secret" in text
    assert re.search(r"ARI +http://127\.0\.0\.1:\d+\n  user ari_conf  password \S+", text)
    assert re.search(r"log +/\S+/messages\.log", text)


async def test_in_the_foreground_an_end_by_itself_is_an_error(installed: InstalledAsterisk) -> None:
    asterisk = PrivateAsterisk(installed)

    def say(line: str) -> None:
        if line.startswith("log"):
            os.kill(asterisk.pid, signal.SIGKILL)

    with pytest.raises(PrivateAsteriskError, match="Asterisk has ended by itself"):
        await run_foreground(asterisk, say)
