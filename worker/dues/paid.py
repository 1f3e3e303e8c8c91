"""People who have paid: the decision as of the day of their payment, with what became known since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, text

from worker.database.arrays import array
from worker.dues.first_payment import first_payments
from worker.law import Law, Ruling
from worker.roster.facts import Facts, to_dates, to_days

_COVER = text(
    "UPDATE enrolment e SET benefit_start = n.starts, benefit_end = n.ends, decision_id = n.decision,"
    " holds_until = NULL, stale = false FROM unnest(CAST(:ids AS bigint[]), CAST(:starts AS date[]),"
    " CAST(:ends AS date[]), CAST(:decisions AS int[])) AS n(id, starts, ends, decision) WHERE e.id = n.id"
)


def decide_paid(
    connection: Connection, law: Law, facts: Facts, paid_on: Mapping[int, date], today: date
) -> dict[int, Ruling]:
    """Decide by the day of payment (``paid_on`` by enrolment) and date the cover by it; the rulings by enrolment.

    The levy is what was so on that day; what became known up to ``today`` can only add assistance. Who had paid in
    another area first, by mistake, is covered as if they had paid here on that day.
    """
    days = to_days([paid_on[enrolment] for enrolment in facts.enrolment_ids])
    decisions = law.compiled.assess(facts.people, today, days)
    rulings = law.rulings(decisions)
    starts, ends = to_dates(decisions.starts_on), to_dates(decisions.ends_on)
    _count_from_first(connection, law, facts, today, starts, ends)
    connection.execute(
        _COVER,
        {
            "ids": array(facts.enrolment_ids),
            "starts": array(starts),
            "ends": array(ends),
            "decisions": array(ruling.decision_id for ruling in rulings),
        },
    )
    return dict(zip(facts.enrolment_ids, rulings, strict=True))


def _count_from_first(
    connection: Connection,
    law: Law,
    facts: Facts,
    today: date,
    starts: list[date | None],
    ends: list[date | None],
) -> None:
    """Put the earlier cover in its place where somebody's first payment was made in another area."""
    first = first_payments(connection, facts.enrolment_ids)
    if not first:
        return
    places = [at for at, enrolment in enumerate(facts.enrolment_ids) if enrolment in first]
    chosen = facts.chosen(places)
    earlier = law.compiled.assess(chosen.people, today, to_days([first[one] for one in chosen.enrolment_ids]))
    for at, begins, closes in zip(places, to_dates(earlier.starts_on), to_dates(earlier.ends_on), strict=True):
        own = starts[at]
        if begins is not None and (own is None or begins < own):
            starts[at], ends[at] = begins, closes
