"""Applications: an identity that is recognised after the payment counts once its assistance has been applied for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
from sqlalchemy import Connection, text

from policies.people import Int32s, flag_owners, with_flags
from policies.vocabulary import CATEGORIES
from worker.database.arrays import array
from worker.law import Law
from worker.roster.facts import Facts

_APPLIED = text(
    "SELECT DISTINCT person_id, category FROM application WHERE person_id = ANY(CAST(:people AS bigint[]))"
    " AND insured_year = :year AND area = :area AND applied_on <= :today"
)


def applied_for(connection: Connection, law: Law, facts: Facts, paid_on: Int32s, today: date) -> Facts:
    """The facts without identities recognised after the payment whose assistance nobody has applied for yet.

    A notice that gives it without an application keeps them all. ``paid_on`` is a day a person.
    """
    people = facts.people
    owners = flag_owners(people)
    later = people.flag_recognised > paid_on[owners]
    if not law.later_on_application or not later.any():
        return facts
    places = np.flatnonzero(later).tolist()
    whose = [(facts.person_ids[owners[place]], CATEGORIES[people.flag_category[place]]) for place in places]
    values = {"people": array({person for person, _ in whose}), "year": law.insured_year, "area": law.area}
    applied = {tuple(row) for row in connection.execute(_APPLIED, values | {"today": today})}
    kept = ~later
    kept[[place for place, one in zip(places, whose, strict=True) if one in applied]] = True
    return replace(facts, people=with_flags(people, kept))
