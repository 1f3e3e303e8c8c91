"""The answers of both evaluators as columns of the same form, so that every person's can be compared."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from policies.compiled import CompiledNotice, Decisions
from policies.people import NO_DAY, Int32s, People

AS_OF: Final = date(2021, 10, 31)
"""The day asked about, after the last payment."""


@dataclass(frozen=True)
class Answers:
    """What both are asked for, a column each: outcomes by name, fen, days since 1970-01-01, area codes."""

    outcome: Any
    due: Any
    assisted: Any
    covered_from: Any
    refer_to: Any

    def differing(self, other: Answers) -> Any:
        """The rows in which anything differs."""
        names = self.__dataclass_fields__
        return np.flatnonzero(np.any([getattr(self, name) != getattr(other, name) for name in names], axis=0))


def ours(compiled: CompiledNotice, made: Decisions) -> Answers:
    """Our decisions as columns; money that is undetermined counts as none, as its outcome is compared too."""
    money = np.array([(one.due or 0, one.assisted_after or 0) for one in compiled.cells], np.int64)
    outcomes = np.array([one.outcome for one in compiled.cells])
    due, assisted = money[made.cell].T
    return Answers(outcomes[made.cell], due, assisted, made.starts_on, made.refer_to)


def theirs(people: People, pool: Int32s, paid: Int32s, times: int = 1) -> tuple[Answers, list[float]]:
    """OpenFisca's answers and the seconds of each run: its formulas only, all inputs being set before.

    Raises ``ImportError`` where the extra ``bench`` is not installed.
    """
    from worker.bench.policy import openfisca, openfisca_inputs  # noqa: PLC0415 (an extra: it may not be installed)

    system, seconds = openfisca_inputs.system(AS_OF), []
    for _ in range(times):
        asked = openfisca_inputs.simulation(system, people, pool, paid)
        begun = time.perf_counter()
        outcome, due, assisted, start, refer_to = (asked.calculate(one, openfisca.YEAR) for one in openfisca.ANSWERS)
        seconds.append(time.perf_counter() - begun)
    days = np.where(start == openfisca.NEVER, NO_DAY, start.astype("datetime64[D]").astype(np.int64))
    return Answers(outcome.decode_to_str(), due, assisted, days, refer_to), seconds
