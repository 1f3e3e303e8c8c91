"""The bulk evaluator: the same decisions as ``policies.assess``, for a column of people at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np

from policies.people import Int32s, People


@dataclass(frozen=True, slots=True)
class Template:
    """What all people of one cell share: the answer without ``case`` and without the days of cover.

    ``digest`` is the SHA-256 hex digest of the answer's canonical JSON, stable between processes and runs. Amounts are
    fen and ``None`` where the outcome is undetermined.
    """

    cell: int
    digest: str
    answer: dict[str, Any]
    outcome: str
    due: int | None
    sponsor_due: int | None
    assisted_after: int | None
    channel: str | None
    dated: bool
    """Whether cover has days: then ``starts_on``/``ends_on`` of the person hold them."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """One decision a person: ``cell`` numbers a ``Template``; days count from 1970-01-01, ``NO_DAY`` where undated."""

    cell: Int32s
    starts_on: Int32s
    ends_on: Int32s


class CompiledNotice(Protocol):
    """A notice with local parameters for one pooling area, ready to decide in bulk. Cells only ever grow."""

    @property
    def cells(self) -> list[Template]:
        """Every template met so far; position = cell number."""

    def assess(self, people: People, as_of: date, paid_on: Int32s | date | None = None) -> Decisions:
        """Decide all people; ``paid_on`` one day for all, one day a person (int32 days), or ``None`` for ``as_of``."""

    def template(self, cell: int) -> dict[str, Any]:
        """The JSON-ready answer of a cell, without ``case`` and with ``benefit`` lacking its two days."""

    def answer(self, decisions: Decisions, row: int, case: str | None = None) -> dict[str, Any]:
        """The complete answer of one person, equal to what ``policies.assess`` answers for the same facts."""

    def payable_until(self, people: People, as_of: date) -> Int32s:
        """Last day from ``as_of`` on which paying is still decided the same in money, channel and outcome."""


def compile_notice(notice: Any, local: Any, pooling_area: str) -> CompiledNotice:
    """Compile a loaded notice and its local parameters (or ``None``) for enrolment in ``pooling_area``."""
    raise NotImplementedError(f"compiling is not built yet ({notice}, {local}, {pooling_area}, {np.int32})")
