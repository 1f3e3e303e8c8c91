"""People who paid in another area first, by mistake: from which day their cover here counts (待遇自首次缴费起算)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from sqlalchemy import Connection, text

from policies.people import NO_DAY
from worker.database.arrays import array
from worker.dues.settled import Settled
from worker.law import Decided, Law
from worker.roster.facts import Facts, to_days

_FIRST = text(
    "SELECT enrolment_id, min(first_paid_on) AS first FROM handoff WHERE enrolment_id = ANY(CAST(:ids AS bigint[]))"
    " AND kind = 'wrong_area' AND side = 'intended' AND state = 'completed' GROUP BY enrolment_id"
)


def first_payments(connection: Connection, enrolment_ids: Sequence[int]) -> dict[int, date]:
    """The day of the first payment, by enrolment, of those who came by a wrong-area case that is complete."""
    rows = connection.execute(_FIRST, {"ids": array(enrolment_ids)})
    return {row.enrolment_id: row.first for row in rows}


def counted_from_first(
    connection: Connection, law: Law, facts: Facts, people: Sequence[Settled], decided: Decided, today: date
) -> Decided:
    """The same decisions with the earlier cover where somebody's first payment was made in another area."""
    first = first_payments(connection, facts.enrolment_ids)
    if not first:
        return decided
    places = [at for at, enrolment in enumerate(facts.enrolment_ids) if enrolment in first]
    days = to_days([first[facts.enrolment_ids[at]] for at in places])
    asked = to_days([people[at].asked_on for at in places])
    earlier = law.assess_first_paid(facts.chosen(places).people, today, days, asked)
    starts, ends = np.copy(decided.starts_on), np.copy(decided.ends_on)
    own = starts[places]
    better = (earlier.starts_on != NO_DAY) & ((own == NO_DAY) | (earlier.starts_on < own))
    starts[places] = np.where(better, earlier.starts_on, own)
    ends[places] = np.where(better, earlier.ends_on, ends[places])
    return Decided(decided.rulings, starts, ends)
