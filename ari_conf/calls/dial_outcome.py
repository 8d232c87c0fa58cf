"""How a ``<Dial>`` went, as its action is told."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dialled:
    """``status`` is the ``DialCallStatus``; ``bridged`` whether the caller was connected; ``more`` other parameters."""

    status: str
    bridged: bool = False
    more: dict[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters for the action."""
        return {"DialCallStatus": self.status, "DialBridged": "true" if self.bridged else "false", **self.more}
