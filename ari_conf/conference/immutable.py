"""Values that do not change, and changed copies of them, made quickly: each event in a room makes several."""

from dataclasses import dataclass
from dataclasses import replace as checked_replace
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

T = TypeVar("T")

_new = object.__new__
_set = object.__setattr__


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Make a class a dataclass with slots whose fields do not change.

    The type checker alone sees to that: where a frozen dataclass would, making one takes three times as long.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


if TYPE_CHECKING:
    # A type checker knows of this one which fields there are, and what may be in them.
    replace = checked_replace
else:

    def replace(one: T, /, **changes: Any) -> T:
        """Return ``one`` with other values in some fields, as ``dataclasses.replace`` does, in an eighth of its time.

        ``one`` is of a dataclass without slots, and without anything that its ``__init__`` does beside keeping its arguments.
        """
        new = _new(type(one))
        _set(new, "__dict__", one.__dict__ | changes)
        return new
