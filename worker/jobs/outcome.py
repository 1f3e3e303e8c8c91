"""What an attempt at a job can come to: a closed set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Done:
    """The work is finished; ``facts`` are figures worth keeping (rows, fen, counts)."""

    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Later:
    """Nothing is wrong, or nothing was applied: try again after ``seconds`` (None: the usual backoff).

    ``failed`` tells a failure, which uses up the job's attempts, from plain waiting, which does not.
    """

    reason: str
    seconds: float | None = None
    failed: bool = True


@dataclass(frozen=True)
class Rejected:
    """Final: the neighbour or the data refuses this work, for this reason."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """A request left and no clear answer came: the next attempt asks by our reference before anything else."""

    reason: str


@dataclass(frozen=True)
class Parked:
    """A person has to look: repeating would not help, or would not be safe."""

    reason: str


Outcome: TypeAlias = Done | Later | Rejected | Unknown | Parked

STATE_AFTER = {Done: "done", Later: "ready", Rejected: "rejected", Unknown: "unknown", Parked: "parked"}
