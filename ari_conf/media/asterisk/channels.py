"""Which channels Asterisk has."""

import contextlib

import structlog

from . import names
from .errors import AriRefusedError
from .link import AriLink
from .shapes import CALLER, listed, sound_among
from .transport import JsonObject

log = structlog.get_logger(__name__)


async def list_channels(link: AriLink) -> list[JsonObject]:
    """Return all channels; those of our application alone, if one of them keeps Asterisk from listing them all.

    One that is not as it should be is left out. A dialled name that is not UTF-8 is written into no event, and spoils the list
    of channels as long as the call is there. Raises ``EngineError``.
    """
    try:
        channels = listed(await link.call("channels", "list"), CALLER, "channel")
    except AriRefusedError as error:
        if error.status < 500:
            raise
        channels = await _one_by_one(link)
    return channels


def callers_among(channels: list[JsonObject], app: str) -> list[JsonObject]:
    """Return the channels of callers that are in our application now."""
    return [one for one in channels if not names.is_ours(app, one["id"]) and _is_in_application(one, app)]


def _is_in_application(channel: JsonObject, app: str) -> bool:
    dialplan = channel["dialplan"]
    return bool(dialplan.get("app_name") == "Stasis" and dialplan.get("app_data", "").split(",")[0] == app)


async def _one_by_one(link: AriLink) -> list[JsonObject]:
    """Look at each channel alone, and end those that Asterisk cannot describe."""
    channels = []
    for channel_id in (await link.call("applications", "get", applicationName=link.address.app)).json()["channel_ids"]:
        try:
            channels.append((await link.call("channels", "get", channelId=channel_id)).json())
        except (AriRefusedError, ValueError) as error:  # an error status, or success with an empty body
            log.warning("a call that Asterisk cannot describe is ended", channel=channel_id, cause=str(error))
            with contextlib.suppress(AriRefusedError):
                await link.call("channels", "hangup", channelId=channel_id)
    return sound_among(channels, CALLER, "channel")
