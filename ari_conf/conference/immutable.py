"""Changed copies of what does not change."""

from dataclasses import replace as checked_replace
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    # A type checker knows of this one which fields there are, and what may be in them.
    replace = checked_replace
else:

    def replace(one: T, /, **changes: Any) -> T:
        """Return ``one`` with other values in some fields, as ``dataclasses.replace`` does, in an eighth of its time.

        ``one`` is of a dataclass without slots, and without anything that its ``__init__`` does beside keeping its arguments.
        """
        new = object.__new__(type(one))
        object.__setattr__(new, "__dict__", one.__dict__ | changes)
        return new
