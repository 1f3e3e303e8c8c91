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
class _NotDone:
    """``reason`` is a sentence, ``cause`` a word to count failures by, ``status`` the HTTP status if there was one."""

    reason: str
    cause: str = field(default="", kw_only=True)
    status: int | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Later(_NotDone):
    """Nothing is wrong, or nothing was applied: try again after ``seconds`` (None: the usual backoff).

    ``failed`` tells a failure, which uses up the job's attempts, from plain waiting, which does not. ``waits_for`` is
    the neighbour whose answer would end the waiting.
    """

    seconds: float | None = None
    failed: bool = True
    waits_for: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Rejected(_NotDone):
    """Final: the neighbour or the data refuses this work, for this reason."""


@dataclass(frozen=True)
class Unknown(_NotDone):
    """A request left and no clear answer came: the next attempt asks by our reference before anything else."""

    waits_for: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Parked(_NotDone):
    """A person has to look: repeating would not help, or would not be safe."""


Outcome: TypeAlias = Done | Later | Rejected | Unknown | Parked

STATE_AFTER = {Done: "done", Later: "ready", Rejected: "rejected", Unknown: "unknown", Parked: "parked"}
_CAUSES = {Later: "waiting", Rejected: "not_acceptable", Unknown: "no_answer", Parked: "to_be_looked_at"}


def cause_of(outcome: Outcome) -> str | None:
    """The word to count an outcome by; None for work that is done."""
    return None if isinstance(outcome, Done) else outcome.cause or _CAUSES[type(outcome)]
