"""``ari-conf check``: connects to everything the settings name, and says what is wrong and how to mend it."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from ari_conf.media.asterisk.bridge import ALWAYS_SOFTMIX
from ari_conf.media.asterisk.errors import AriRefusedError
from ari_conf.media.asterisk.link import AriAddress, AriLink
from ari_conf.media.port import EngineError
from ari_conf.settings import AsteriskSettings, Settings
from ari_conf.sids import SidKind, new_sid

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
    findings = [
        Finding(ok=True, what=f"the settings: {len(settings.numbers)} numbers, {len(settings.accounts) or 'no'} accounts")
    ]
    findings.append(await _check_server(settings))
    if settings.engine == "asterisk":
        findings += await _check_asterisk(settings.asterisk)
    urls = {url for number in settings.numbers for url in (number.voice_url, number.voice_fallback_url) if url}
    findings += await asyncio.gather(*(_check_webhook(url) for url in sorted(urls)))
    return findings


async def _check_server(settings: Settings) -> Finding:
    host, port = settings.server.host, settings.server.port
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
    except OSError as error:
        what = f"[server] cannot listen on {host}:{port} ({error.strerror or error}); stop what does, or choose another address"
        return Finding(ok=False, what=what)
    server.close()
    await server.wait_closed()
    return Finding(ok=True, what=f"the address {host}:{port} is free for [server]")


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


async def _check_webhook(url: str) -> Finding:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _reader, writer = await asyncio.open_connection(host, port)
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
    return Finding(ok=True, what=f"the application at {host}:{port} can be reached")
