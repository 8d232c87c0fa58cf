"""``ari-conf check``: connects to everything the settings name, and says what is wrong and how to mend it."""

import asyncio
import contextlib
import os
from collections.abc import Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

from ari_conf.audio.speech import SpeechError, make_speech
from ari_conf.database import store_of
from ari_conf.health import HEALTHY
from ari_conf.media.asterisk import jitter_buffers
from ari_conf.media.asterisk.bridge import ALWAYS_SOFTMIX
from ari_conf.media.asterisk.errors import AriRefusedError
from ari_conf.media.asterisk.jitter_buffers import JitterBuffers
from ari_conf.media.asterisk.link import AriAddress, AriLink
from ari_conf.media.port import EngineError
from ari_conf.settings import AsteriskSettings, Settings
from ari_conf.sids import SidKind, new_sid
from ari_conf.store import Form, StoreError, plainly
from ari_conf.webhooks.network_rules import NetworkRules

NEEDED_MODULES: Final = (
    "app_stasis.so",
    "bridge_softmix.so",
    "res_ari_bridges.so",
    "res_ari_channels.so",
    "res_ari_events.so",
    "res_musiconhold.so",
    "res_stasis_playback.so",
    "res_stasis_snoop.so",
)

CONNECT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``what`` says what is right, or what is wrong and what helps."""

    ok: bool
    what: str


async def check_all(settings: Settings) -> list[Finding]:
    """Look at everything. Takes a few seconds at most; no call is made and nothing is changed."""
    counted = f"{_count(settings.numbers, 'number')}, {_count(settings.accounts, 'account')}"
    findings = [Finding(ok=True, what=f"the settings: {counted}")]
    findings.append(await _check_server(settings))
    findings.append(await _check_database(settings))
    findings.append(await asyncio.to_thread(_check_speech, settings))
    if settings.engine == "asterisk":
        findings += await _check_asterisk(settings.asterisk)
    rules = NetworkRules(settings.webhooks.private_addresses)
    of_numbers = ((number.voice_url, number.voice_fallback_url, number.status_callback) for number in settings.numbers)
    urls = {url for some in of_numbers for url in some if url}
    findings += await asyncio.gather(*(_check_webhook(url, rules) for url in sorted(urls)))
    return findings


def _count(things: Sized, name: str) -> str:
    return f"{len(things) or 'no'} {name}{'' if len(things) == 1 else 's'}"


async def _check_server(settings: Settings) -> Finding:
    host, port = settings.server.host, settings.server.port
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as error:
        if await _is_ari_conf(host, port):
            return Finding(ok=True, what=f"an ari-conf is running on {host}:{port}")
        what = f"[server] cannot listen on {host}:{port} ({error.strerror or error}); stop what does, or choose another address"
        return Finding(ok=False, what=what)
    server.close()
    await server.wait_closed()
    return Finding(ok=True, what=f"the address {host}:{port} is free for [server]")


async def _is_ari_conf(host: str, port: int) -> bool:
    """Tell whether what listens there answers as a controller does."""
    with contextlib.suppress(aiohttp.ClientError, TimeoutError, ValueError):
        timeout = aiohttp.ClientTimeout(CONNECT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(f"http://{host}:{port}/healthz") as answer:
            return answer.status == 200 and await answer.json() == HEALTHY
    return False


async def _check_database(settings: Settings) -> Finding:
    try:
        store = store_of(settings)
        try:
            if store.path is not None and (refusal := _cannot_be_written(store.path)):
                return Finding(ok=False, what=f"the database {store.where} {refusal}")
            if store.path is not None and not store.path.exists():
                return Finding(ok=True, what=f"there is no database at {store.where} yet; the first start makes it")
            form = await store.form()
        finally:
            await store.close()
    except (StoreError, SQLAlchemyError, OSError) as error:
        return Finding(ok=False, what=f"the database cannot be used: {plainly(error)}")
    if form is Form.NEWER:
        what = f"the database {store.where} is that of a newer version; install that version, or set another [database] url"
        return Finding(ok=False, what=what)
    return Finding(ok=True, what=f"the database {store.where} can be used")


def _cannot_be_written(database: Path) -> str:
    """Return what keeps SQLite from writing there, empty if nothing does. Raises OSError."""
    help_ = "mend its permissions, or let [database] url or [storage] folder name another place"
    if database.exists() and not os.access(database, os.W_OK):
        return f"cannot be written; {help_}"
    folder = next(folder for folder in database.parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return f"needs files beside it, and nothing can be written in {folder}; {help_}"
    return ""


def _check_speech(settings: Settings) -> Finding:
    """Speak a word."""
    try:
        spoken = make_speech(settings.speech.piper_model).speak("ready")
    except SpeechError as error:
        return Finding(ok=False, what=f"<Say> cannot speak: {error}")
    return Finding(ok=len(spoken) > 0, what=f"<Say> speaks with {settings.speech.piper_model or 'espeak-ng'}")


async def _check_asterisk(asterisk: AsteriskSettings) -> list[Finding]:
    # Under a name of its own, for the name in the settings would take its calls from a controller that is running.
    address = AriAddress(asterisk.url, asterisk.username, asterisk.password.get_secret_value(), f"{asterisk.app}-check")
    link = AriLink.for_requests(address)
    try:
        await link.connect()
    except EngineError as error:
        return [Finding(ok=False, what=str(error))]
    try:
        way = "over the events' socket" if link.rest_over_websocket else "over HTTP, which is slower"
        findings = [Finding(ok=True, what=f"Asterisk {link.version} at {asterisk.url} takes our requests {way}")]
        modules = {module["name"]: module["status"] for module in (await link.call("asterisk", "listModules")).json()}
        missing = [name for name in NEEDED_MODULES if modules.get(name) != "Running"]
        findings.append(
            Finding(ok=False, what=f"Asterisk lacks {', '.join(missing)}; load them in modules.conf")
            if missing
            else Finding(ok=True, what="Asterisk has every module that is needed")
        )
        findings.append(await _check_bridge(link))
        findings += await _check_jitter_buffers(link)
    except EngineError as error:
        return [*findings, Finding(ok=False, what=str(error))]
    else:
        return findings
    finally:
        await link.close()


async def _check_bridge(link: AriLink) -> Finding:
    bridge = f"ari_conf-check-{new_sid(SidKind.CONFERENCE)}"
    try:
        made = (await link.call("bridges", "createWithId", bridgeId=bridge, type=ALWAYS_SOFTMIX)).json()
        await link.call("bridges", "destroy", bridgeId=bridge)
    except AriRefusedError as error:
        return Finding(ok=False, what=f"no room can be made: {error}")
    if made["technology"] != "softmix":
        return Finding(ok=False, what=f"a room would be mixed by {made['technology']}; load bridge_softmix.so in modules.conf")
    return Finding(ok=True, what="a room can be made, and is mixed by softmix")


async def _check_jitter_buffers(link: AriLink) -> list[Finding]:
    match await jitter_buffers.look(link):
        case JitterBuffers.WORK:
            return []
        case JitterBuffers.SWITCHED_OFF:
            return [Finding(ok=True, what="callers get no jitter buffers, as Asterisk's configuration says")]
        case JitterBuffers.DO_HARM:
            return [Finding(ok=False, what=jitter_buffers.HARM)]


async def _check_webhook(url: str, rules: NetworkRules) -> Finding:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _reader, writer = await asyncio.open_connection(host, port)
        refusal = rules.refusal(writer.get_extra_info("peername")[0])
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    except TimeoutError:
        what = f"the application at {host}:{port} does not answer within {CONNECT_SECONDS:.0f} s; is a firewall in between?"
        return Finding(ok=False, what=what)
    except OSError as error:
        return Finding(
            ok=False, what=f"the application at {host}:{port} cannot be reached ({error.strerror or error}); is it running?"
        )
    except UnicodeError:
        return Finding(ok=False, what=f"the application's host cannot be {host}, which is no name of a host; correct the URL")
    if refusal:
        return Finding(ok=False, what=f"the application at {host}:{port} is not going to be asked, for its host has {refusal}")
    return Finding(ok=True, what=f"the application at {host}:{port} can be reached")
