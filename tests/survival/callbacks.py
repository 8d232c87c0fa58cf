"""What was told of conferences, looked at as an application does that keeps books."""

from collections import defaultdict
from collections.abc import Mapping

from tests.app_server import AppServer

Told = Mapping[str, str]


def told_once(app: AppServer, path: str = "/events") -> list[Told]:
    """Return the callbacks without those that came again; assert that what came again had its token and its content."""
    by_token: dict[str, Told] = {}
    for request in app.requests:
        if request.path == path:
            token = request.headers["I-Twilio-Idempotency-Token"]
            assert by_token.setdefault(token, request.params) == request.params
    return list(by_token.values())


def by_conference(app: AppServer) -> dict[str, list[Told]]:
    """Return the callbacks of each conference; assert that their sequence numbers are 1, 2, 3 and so on."""
    conferences: dict[str, list[Told]] = defaultdict(list)
    for params in told_once(app):
        conferences[params["ConferenceSid"]].append(params)
    for told in conferences.values():
        numbers = [int(params["SequenceNumber"]) for params in told]
        assert numbers == list(range(1, len(told) + 1)), numbers
    return conferences


def count(told: list[Told], event: str, label: str = "") -> int:
    """Return how often an event was told, of one participant if a label is given."""
    return sum(params["StatusCallbackEvent"] == event and params.get("ParticipantLabel", "") == label for params in told)
