"""A running controller as the commands for rooms see it: over its REST API, with nothing but an address and an account."""

import base64
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp
from yarl import URL

from ari_conf.accounts import Account
from ari_conf.settings import Settings

from .existing import chosen_accounts, settings_of
from .rooms_things import ControllerError, Thing, number_of

ANSWER_SECONDS: Final = 10.0
"""How long the controller may take for an answer."""

UP: Final = "queued", "ringing", "in-progress"
"""The statuses of calls that are not over, in their order, so that a call which goes on meanwhile is in the next list."""

_START: Final = "start one with `ari-conf serve`, or say with --url where it is"


class RunningController:
    """Asks the controller at ``url`` in the name of ``account``. What cannot be done raises ``ControllerError``."""

    def __init__(self, session: aiohttp.ClientSession, url: URL, account: Account) -> None:
        self._session = session
        self._account = account
        self.url = url

    def path(self, below: str) -> str:
        """Return the path of what is ``below`` the account."""
        return f"/2010-04-01/Accounts/{self._account.sid}{below}"

    async def condition(self) -> Thing:
        """Return how it is, as ``/readyz`` tells, whether it takes calls or not."""
        _, body = await self._answer("GET", "/readyz")
        if "status" not in body:
            raise ControllerError(self._no_controller())
        return body

    async def queues(self) -> list[Thing]:
        """Return the queues, the newest first."""
        return await self._list("/Queues.json?PageSize=1000", "queues")

    async def calls(self, *statuses: str) -> dict[str, Thing]:
        """Return the calls that have one of these statuses, by SID; of one that changes meanwhile, the last one counts."""
        calls: dict[str, Thing] = {}
        for status in statuses:
            listed = await self._list(f"/Calls.json?Status={status}&PageSize=1000", "calls")
            calls |= {call["sid"]: call for call in listed}
        return calls

    async def rooms(self) -> list[Thing]:
        """Return the conferences that are waiting or in progress, by name."""
        # One may start in between: then it is in both lists, and the second one is right.
        found = {
            conference["sid"]: conference
            for status in ("init", "in-progress")
            for conference in await self._list(f"/Conferences.json?Status={status}&PageSize=1000", "conferences")
        }
        return sorted(found.values(), key=lambda conference: (conference["friendly_name"], conference["sid"]))

    async def room(self, name: str) -> Thing:
        """Return the running conference of this name, or SID."""
        rooms = await self.rooms()
        for conference in rooms:
            if name in {conference["friendly_name"], conference["sid"]}:
                return conference
        others = ", ".join(conference["friendly_name"] for conference in rooms)
        raise ControllerError(f"there is no room {name}; " + (f"there are: {others}" if rooms else "no room is running"))

    async def participants(self, room: Thing) -> list[Thing]:
        """Return the participants of a room, the first one first."""
        found = await self._list(f"/Conferences/{room['sid']}/Participants.json?PageSize=1000", "participants")
        return found[::-1]

    async def callers(self, room: Thing) -> list[Thing]:
        """Return the same, each with ``from``, ``to`` and ``direction`` of its call; without whose call has just ended."""
        participants = await self.participants(room)
        if not participants:
            return []
        joined = all(participant["status"] == "connected" for participant in participants)
        calls = await self.calls(*UP[-1:] if joined else UP)
        return [
            {**participant, **{name: calls[participant["call_sid"]][name] for name in ("from", "to", "direction")}}
            for participant in participants
            if participant["call_sid"] in calls
        ]

    async def participant(self, room: Thing, who: str) -> Thing:
        """Return the participant who has this label, Call SID or, if nobody else has it, number."""
        for participant in await self.participants(room):
            if who in {participant["call_sid"], participant["label"]}:
                return participant
        participants = await self.callers(room)
        same = [participant for participant in participants if number_of(participant) == who]
        if len(same) == 1:
            return same[0]
        if same:
            sids = ", ".join(participant["call_sid"] for participant in same)
            raise ControllerError(f"several in {room['friendly_name']} have the number {who}; name one by the Call SID: {sids}")
        others = ", ".join(participant["label"] or number_of(participant) for participant in participants) or "nobody"
        raise ControllerError(f"there is no {who} in {room['friendly_name']}; there is: {others}")

    async def post(self, path: str, form: Mapping[str, str]) -> Thing:
        """Send a form to a path, and return the answer."""
        return await self._ask("POST", path, data=form)

    async def delete(self, path: str) -> None:
        """Delete what is at a path."""
        await self._ask("DELETE", path)

    async def _list(self, below: str, key: str) -> list[Thing]:
        found: list[Thing] = []
        following: str | None = self.path(below)
        while following:
            page = await self._ask("GET", following)
            if key not in page:
                raise ControllerError(self._no_controller())
            found += page[key]
            following = page["next_page_uri"]
        return found

    async def _ask(self, method: str, path: str, **more: Any) -> Thing:
        status, body = await self._answer(method, path, **more)
        if status >= 300 and "message" not in body:
            raise ControllerError(self._no_controller())
        if status == 401:
            raise ControllerError(
                f"the controller at {self.url} does not let in account {self._account.sid} with its auth token; "
                "use the settings that it was started with, or choose with --account"
            )
        if status >= 300:
            raise ControllerError(f"the controller refuses: {body['message']} ({body.get('code')})")
        return body

    async def _answer(self, method: str, path: str, **more: Any) -> tuple[int, Thing]:
        try:
            async with self._session.request(method, URL(f"{self.url}{path}", encoded=True), **more) as answer:
                status = answer.status
                body = {} if status == 204 else await answer.json(content_type=None)
        except TimeoutError as error:
            raise ControllerError(f"the controller at {self.url} has not answered within {ANSWER_SECONDS:.0f} s") from error
        except aiohttp.ClientConnectionError as error:
            raise ControllerError(f"there is no controller at {self.url} ({error}); {_START}") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise ControllerError(self._no_controller()) from error
        if not isinstance(body, dict):
            raise ControllerError(self._no_controller())
        return status, body

    def _no_controller(self) -> str:
        return f"what answers at {self.url} is no controller; {_START}"


@contextlib.asynccontextmanager
async def running_controller(config: Path | None, url: str | None, account: str | None) -> AsyncIterator[RunningController]:
    """Yield the controller of the settings, or the one at ``url``, for the first account or the one with this SID."""
    settings = settings_of(config)
    where = _url(settings, url)
    chosen, *_ = await chosen_accounts(settings, account)
    login = f"{chosen.sid}:{chosen.auth_token}"
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"},
        timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
    ) as session:
        yield RunningController(session, where, chosen)


def _url(settings: Settings, given: str | None) -> URL:
    server = settings.server
    if not given and not server.public_url and not server.port:
        raise ControllerError("the settings leave the port to the system; say with --url where the controller is")
    text = given or server.public_url or str(URL.build(scheme="http", host=server.near_host, port=server.port))
    try:
        url = URL(text.rstrip("/")).with_user(None)
    except ValueError as error:
        raise ControllerError("the URL of the controller cannot be read; it is like http://127.0.0.1:8080") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise ControllerError("the URL of the controller begins with http:// or https:// and a host")
    return url
