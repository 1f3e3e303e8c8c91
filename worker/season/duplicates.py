"""The clerk of a season who looks after people enrolled twice, by the functions of ``levy duplicates decide``."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import text

from worker.audit.log import Origin
from worker.duplicates.review import review
from worker.duplicates.rule import facts_of_both, rule
from worker.house import House
from worker.season.breaks import CLERK

_WAITING: Final = text(
    "SELECT c.id, p.person_no, c.facts->1 AS other, c.decision->'missing' ? 'ruling' AS no_rule,"
    " row_number() OVER (PARTITION BY c.state ORDER BY c.id) AS at, c.state = 'suspected' AS suspected"
    " FROM duplicate_case c JOIN person p ON p.id = c.person_id WHERE c.area = :area"
    " AND c.state IN ('undetermined', 'suspected') AND c.review IS NULL ORDER BY c.id"
)
_TO_REVIEW: Final = text("SELECT id FROM duplicate_case WHERE area = :area AND review = 'asked' ORDER BY id")
_REVIEWER: Final = "复核员（模拟）"
_GROUNDS: Final = "已核对双方材料（模拟） / the papers of both were looked at"
_SAME, _ANOTHER = (
    "同一人以两个证件号登记（模拟） / the same person, on the roster by two numbers",
    "同名同日出生，系两人（模拟） / two people with one name and birthday",
)
_ONE_IN: Final = 2
"""One in so many of those with one name and birthday is the same person, the second by number first."""
_REASON: Final = "本通知未规定，经核实裁定（模拟） / no rule of the notice; found out and ruled on"
_A_YEAR: Final = 12


class DuplicatesClerk:
    """Adds the facts that a decision lacks, as they were found out; rules on suspicions and where no rule is.

    What ends or suspends a cover a second person reviews.
    """

    def __init__(self, house: House, seed: int) -> None:
        self._house, self._seed = house, seed

    def work(self, today: date) -> None:
        """What is done in the evening about all cases that wait for a clerk."""
        house, area = self._house, self._house.law.area
        with house.engine.begin() as connection:
            events = []
            for row in connection.execute(_WAITING, {"area": area}).all():
                if row.suspected:
                    same = row.at % _ONE_IN == 0
                    outcome, why = ("terminate", _SAME) if same else ("keep", _ANOTHER)
                    events += rule(connection, area, row.id, CLERK, today, outcome, why)
                elif row.no_rule:
                    events += rule(connection, area, row.id, CLERK, today, _ruling(row.other), _REASON)
                else:
                    ours, other = facts_of_both(**self._found_out(row.person_no, row.other))
                    events += rule(connection, area, row.id, CLERK, today, ours=ours, other=other)
            house.audit.record(connection, Origin(f"clerk:{CLERK}", area, today), events, house.clock.now())
        self._review(today)

    def _review(self, today: date) -> None:
        """The second person agrees to what the clerk asked for."""
        house, area = self._house, self._house.law.area
        with house.engine.begin() as connection:
            asked = connection.execute(_TO_REVIEW, {"area": area}).scalars().all()
            events = [
                event for case in asked for event in review(connection, area, case, True, _REVIEWER, _GROUNDS, today)
            ]
            house.audit.record(connection, Origin(f"clerk:{_REVIEWER}", area, today), events, house.clock.now())

    def _found_out(self, person_no: str, other: Mapping[str, Any]) -> dict[str, Any]:
        """Where somebody usually lives, by the seed; benefits are drawn from a cover that has run for a year."""
        lives = random.Random(f"lives-{self._seed}-{person_no}").choice(("ours", "other"))  # noqa: S311 - a season
        drawn = "other" if (other["months"] or 0) >= _A_YEAR else "ours"
        return {"usual_residence": lives, "months": None, "flexible": None, "entitled": drawn}


def _ruling(other: Mapping[str, Any]) -> str:
    """Ours is kept beside a cover that has not run for a year; else it ends, or rests beside flexible employment."""
    if (other["months"] or 0) < _A_YEAR:
        return "keep"
    return "suspend" if other["flexible_employment"] else "terminate"
