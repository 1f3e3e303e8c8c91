"""People who have paid: the decision as of the day of their payment, with what became known since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, text

from worker.database.arrays import array
from worker.law import Law, Ruling
from worker.roster.facts import Facts, to_dates, to_days

_COVER = text(
    "UPDATE enrolment e SET benefit_start = n.starts, benefit_end = n.ends, decision_id = n.decision,"
    " holds_until = NULL, stale = false FROM unnest(CAST(:ids AS bigint[]), CAST(:starts AS date[]),"
    " CAST(:ends AS date[]), CAST(:decisions AS int[])) AS n(id, starts, ends, decision)"
    " WHERE e.id = n.id AND e.closed_because IS NULL"
)


def decide_paid(
    connection: Connection, law: Law, facts: Facts, paid_on: Mapping[int, date], today: date
) -> dict[int, Ruling]:
    """Decide by the day of payment (``paid_on`` by enrolment) and date the cover by it; the rulings by enrolment.

    The levy is what was so on that day; what became known up to ``today`` can only add assistance.
    """
    days = to_days([paid_on[enrolment] for enrolment in facts.enrolment_ids])
    decisions = law.compiled.assess(facts.people, today, days)
    rulings = law.rulings(decisions)
    connection.execute(
        _COVER,
        {
            "ids": array(facts.enrolment_ids),
            "starts": array(to_dates(decisions.starts_on)),
            "ends": array(to_dates(decisions.ends_on)),
            "decisions": array(ruling.decision_id for ruling in rulings),
        },
    )
    return dict(zip(facts.enrolment_ids, rulings, strict=True))
