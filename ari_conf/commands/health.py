"""What the command ``ari-conf health`` does: a container's health check needs no other program."""

import http.client
import json
from typing import Any, Final

from ari_conf.health import counted
from ari_conf.settings import ServerSettings

from .rooms_things import ControllerError

ANSWER_SECONDS: Final = 4.0
"""How long the controller may take for an answer."""


def ask(server: ServerSettings, *, alive: bool) -> str:
    """Return in a sentence how the controller is that runs with these settings.

    Raises ``ControllerError`` if it takes no calls (if it does not even answer, with ``alive``).
    """
    if not server.port:
        raise ControllerError("the settings leave the port to the system; set [server] port, so that it can be asked there")
    where = f"{server.host}:{server.port}"
    try:
        status, body = _get(server, "/healthz" if alive else "/readyz")
        said = str(body["status"])
        if alive:
            return f"ari-conf on {where} is alive"
        going_on = f"{counted(int(body['calls']), 'call')} in {counted(int(body['conferences']), 'room')}"
    except OSError as error:
        raise ControllerError(f"no ari-conf answers on {where} ({error.strerror or error})") from error
    except (http.client.HTTPException, ValueError, TypeError, KeyError) as error:
        raise ControllerError(f"what answers on {where} is no ari-conf") from error
    if status != 200:
        raise ControllerError(f"ari-conf on {where} takes no calls, {said}: {going_on}")
    return f"ari-conf on {where} is {said}: {going_on}"


def _get(server: ServerSettings, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(server.near_host, server.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
