"""Which operation a request asks for: found with one or two looks into a dictionary, however many operations there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .errors import MethodNotAllowed, NotFound
from .operation import Operation

_ACCOUNT: Final = "/Accounts/{AccountSid}"

_FORMAT: Final = ".json"
"""A suffix wherever it can be one: what else could be asked for with it in a variable is not looked for."""

_Shape = tuple[str | int, ...]
"""What paths to the same have in common: the suffix, how many segments there are, and the names among them."""


@dataclass(frozen=True, slots=True)
class Route:
    """An operation as it is asked for with ``suffix``, and the names of the variables of its path."""

    operation: Operation
    suffix: str
    variables: tuple[str, ...]

    @property
    def path(self) -> str:
        """The path after the prefix, with the names of the variables."""
        return f"{_ACCOUNT}{self.operation.path}{self.suffix}"


class Routes:
    """The routes of ``operations``, in whose paths names and variables take turns: ``/Calls/{CallSid}/Notifications``."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._routes: dict[_Shape, dict[str, Route]] = {}
        for operation in operations:
            _, *segments = (_ACCOUNT + operation.path).split("/")
            names, variables = segments[::2], tuple(one.strip("{}") for one in segments[1::2])
            if "{" in "".join(names):
                raise ValueError(f"in {operation.path} names and variables do not take turns")
            for suffix in operation.suffixes:
                shape: _Shape = (suffix, len(segments), *names)
                self._routes.setdefault(shape, {}).setdefault(operation.method, Route(operation, suffix, variables))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route, and the variables, of a path after the prefix, of which ``%2F`` and ``%25`` are not decoded yet.

        Raises ``NotFound``, or ``MethodNotAllowed`` if there is something else at this path.
        """
        segments = path.split("/")[1:]
        if not (segments and all(segments)):
            raise NotFound
        allowed: set[str] = set()
        last, dot, suffix = segments[-1].rpartition(".")
        # What looks like a suffix may be a part of the last variable.
        for end, ending in ((last, dot + suffix), (segments[-1], "")):
            if not end:
                continue
            segments[-1] = end
            found = self._routes.get((ending, len(segments), *segments[::2]), {})
            if method in found:
                route = found[method]
                return route, dict(zip(route.variables, map(_unquoted, segments[1::2]), strict=True))
            allowed |= found.keys()
            if found and ending == _FORMAT:
                break
        if allowed:
            raise MethodNotAllowed(method, allowed)
        raise NotFound


def _unquoted(variable: str) -> str:
    return variable.replace("%2F", "/").replace("%25", "%") if "%" in variable else variable
