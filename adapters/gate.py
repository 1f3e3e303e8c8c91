"""The gate before a neighbour: it keeps calls away from one that does not answer, and is told how each call went."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from adapters.ports import NeighbourError


class Passage(NamedTuple):
    """A call that may go. ``ailing``: those before it failed; ``probe``: it is the one let through to see.

    ``call`` is its number among those under way, ``begun`` when it was let go, on the monotonic clock.
    """

    ailing: bool = False
    probe: bool = False
    call: int | None = None
    begun: float = 0.0


class Gate(Protocol):
    """Asked before each call, and told after it."""

    def admit(self) -> Passage:
        """Let a call go. Raises :class:`adapters.ports.ShutOff` while the neighbour is left in peace."""

    def told(self, passage: Passage, failure: NeighbourError | None) -> None:
        """How the call went. A neighbour that refuses something is well: ``failure.ailing`` says which are signs."""


class AlwaysOpen:
    """A gate that lets everything through and remembers nothing."""

    def admit(self) -> Passage:
        return Passage()

    def told(self, passage: Passage, failure: NeighbourError | None) -> None:
        return None
