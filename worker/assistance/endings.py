"""Identities that ended after the payment: what becomes of the assistance that rests on them, by the notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

import numpy as np
from sqlalchemy import Connection, text

from policies.people import NO_DAY, People, flag_owners, with_flags
from policies.vocabulary import CATEGORIES
from worker.database.arrays import array
from worker.law import Law
from worker.roster.facts import Facts, to_dates, to_days

_RECEIVED = text(
    "SELECT a.enrolment_id, a.category,"
    " coalesce(sum(a.amount) FILTER (WHERE a.state IN ('paid', 'applied')), 0)::bigint AS received,"
    " bool_or(a.state = 'ordered') AS under_way FROM assistance a"
    " WHERE a.enrolment_id = ANY(CAST(:ids AS bigint[])) AND a.state <> 'cancelled'"
    " AND NOT EXISTS (SELECT FROM clawback c WHERE c.assistance_id = a.id) GROUP BY a.enrolment_id, a.category"
)
Outcome = Literal["clawback", "keep", "cancel", "undetermined", "waits"]


class Ending(NamedTuple):
    """An identity of a paid enrolment that ended: what the notice makes of its assistance (``answer``, CONTRACT).

    ``waits``: its assistance is under way to the bank, and only when it has arrived or come back can one say.
    """

    enrolment_id: int
    person_id: int
    category: str
    revoked_on: date
    outcome: Outcome
    answer: dict[str, Any]


def endings(connection: Connection, law: Law, facts: Facts, paid_on: Sequence[date], today: date) -> list[Ending]:
    """The identities that ended after the day of payment and up to ``today``, with what the notice says of each."""
    ended = _ended(facts.people, paid_on, today)
    if not ended:
        return []
    ids = array({facts.enrolment_ids[row] for row, _, _ in ended})
    received = {(row.enrolment_id, row.category): row for row in connection.execute(_RECEIVED, {"ids": ids})}
    found = []
    for row, category, revoked_on in ended:
        enrolment = facts.enrolment_ids[row]
        money = received.get((enrolment, category))
        answer = law.revocation(category, revoked_on, paid_on[row], money.received if money else 0, today)
        outcome: Outcome = "waits" if money and money.under_way else answer["outcome"]
        found.append(Ending(enrolment, facts.person_ids[row], category, revoked_on, outcome, answer))
    return found


def without(facts: Facts, ended: Sequence[Ending]) -> People:
    """The people without the identities whose assistance is cancelled or clawed back: they give nothing any more."""
    gone = {(one.enrolment_id, one.category) for one in ended if one.outcome in ("cancel", "clawback")}
    if not gone:
        return facts.people
    owners = flag_owners(facts.people).tolist()
    kept = [
        (facts.enrolment_ids[owner], CATEGORIES[category]) not in gone
        for owner, category in zip(owners, facts.people.flag_category.tolist(), strict=True)
    ]
    return with_flags(facts.people, np.array(kept, dtype=np.bool_))


def _ended(people: People, paid_on: Sequence[date], today: date) -> list[tuple[int, str, date]]:
    """Row, category and last day of identities that ended in between and are not held again since."""
    owners, now = flag_owners(people), to_days([today])[0]
    revoked, paid = people.flag_revoked, to_days(paid_on)[owners]
    ended = (people.flag_recognised <= paid) & (revoked != NO_DAY) & (revoked > paid) & (revoked <= now)
    if not ended.any():
        return []
    held = (people.flag_recognised <= now) & ((revoked == NO_DAY) | (revoked > now))
    still = set(zip(owners[held].tolist(), people.flag_category[held].tolist(), strict=True))
    days = to_dates(revoked)
    latest: dict[tuple[int, int], date] = {}
    for place in np.flatnonzero(ended).tolist():
        key = (int(owners[place]), int(people.flag_category[place]))
        day = days[place]
        if key not in still and day is not None:
            latest[key] = max(day, latest.get(key, day))
    return [(row, CATEGORIES[category], day) for (row, category), day in sorted(latest.items())]
