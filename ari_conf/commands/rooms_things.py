"""What the commands about rooms speak of: resources of the REST API, and why something cannot be done."""

from collections.abc import Mapping
from typing import Any

Thing = Mapping[str, Any]
"""A resource as the REST API answers it."""


class ControllerError(Exception):
    """The controller refuses, or there is none; the text says why and what helps."""


def number_of(caller: Thing) -> str:
    """Return the number of a participant: of who has called, or was called."""
    return str(caller["from" if caller["direction"] == "inbound" else "to"])
