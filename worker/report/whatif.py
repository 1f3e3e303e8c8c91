"""What a change of the notice would mean for the people of the roster as it is now. Nothing is kept or pushed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, text

from policies.calendar import day_number
from policies.change.impact import Compared, added_up, compare
from policies.change.proposal import LOCAL, Setting, proposed, proposed_local
from policies.change.report import impact_report, rules_report
from policies.change.rules import rule_changes
from policies.local import LocalParameters
from policies.notice import Notice
from policies.people import NO_DAY
from policies.roster.judged import judge
from policies.roster.roster import Roster, opening_day
from policies.vocabulary import INSURANCES
from worker.law import Law
from worker.roster.facts import load_facts

MOST = 1_000_000
"""People of a roster that is asked about at once: about 1 GiB in memory."""
_SECONDS = 60
_WAIT = 30.0
_one_at_a_time = Lock()
# Whoever has paid, or is covered without a due, is asked as of that day.
_ROSTER = text(
    f"SELECT e.id, (coalesce(max(d.paid_on), e.free_since) - DATE '1970-01-01') AS paid FROM enrolment e"
    " LEFT JOIN due d ON d.enrolment_id = e.id AND d.current AND d.state = 'paid' AND d.part = 0"
    f"  AND d.insurance = '{INSURANCES[0]}'"
    " WHERE e.area = :area AND e.insured_year = :year AND e.closed_because IS NULL AND (e.suspended_on IS NULL"
    "  OR EXISTS (SELECT FROM due p WHERE p.enrolment_id = e.id AND p.current AND p.paid > 0))"
    " GROUP BY e.id ORDER BY e.id LIMIT :most"
)


class NotConsidered(Exception):
    """A what-if that is not computed: the roster is too large, empty, or another one is being computed."""


@dataclass(frozen=True)
class Considered:
    """Rules, people and money before and after (amounts in fen), over how many people, and how long it took.

    ``compared`` has a row for each of ``enrolments``, whose numbers these are: whom a figure counts.
    """

    rules: list[dict[str, Any]]
    found: dict[str, Any]
    seconds: float
    compared: Compared
    enrolments: npt.NDArray[np.int64]


def consider(
    engine: Engine, law: Law, today: date, settings: Iterable[Setting] = (), other: Notice | None = None
) -> Considered:
    """Ask everybody enrolled now under the notice in force and under a changed one, or under ``other``.

    ``other`` is taken as if it governed here. Who has not paid yet is asked as if they paid today, or on the first day
    of the window. Raises ``NotConsidered``, and ``RefusedChange`` for a change that no notice file could hold.
    """
    wanted, began = tuple(settings), time.perf_counter()
    notice, local = law.in_force(today)
    after = proposed(other, ()) if other else proposed(notice, wanted)
    if not after.covers(law.area):
        after = after.model_copy(update={"areas": (*after.areas, law.area)})
    before = {law.area: local} if local else {}
    considered = {} if other else _local(notice, local, law.area, wanted)
    if not _one_at_a_time.acquire(timeout=_WAIT):
        raise NotConsidered("somebody else's what-if is being computed: try again in a minute")
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_SECONDS}s'")
            people, enrolments = roster_now(connection, law, notice, today)
        compared = compare(judge(people, notice, before), after, considered)
    finally:
        _one_at_a_time.release()
    report, rules = impact_report(notice, after, added_up(compared)), rules_report(rule_changes(notice, after))
    return Considered(rules, report, time.perf_counter() - began, compared, enrolments)


def _local(
    notice: Notice, local: LocalParameters | None, area: str, wanted: tuple[Setting, ...]
) -> dict[str, LocalParameters]:
    changed = proposed_local(notice, local, area, [one for one in wanted if one.rule == LOCAL])
    return {area: changed} if changed else {}


def roster_now(connection: Connection, law: Law, notice: Notice, today: date) -> tuple[Roster, npt.NDArray[np.int64]]:
    """Everybody enrolled in the area and year of whom something may be asked, and the numbers of their enrolments.

    Raises ``NotConsidered``.
    """
    rows = connection.execute(_ROSTER, {"area": law.area, "year": law.insured_year, "most": MOST + 1}).all()
    if len(rows) > MOST:
        raise NotConsidered(f"more than {MOST:,} people are enrolled: ask over a CSV file by `levy policy whatif`")
    if not rows:
        raise NotConsidered("nobody is enrolled yet: take in an enrolment list first")
    facts = load_facts(connection, [row.id for row in rows])
    unpaid = min(max(day_number(today), opening_day(notice)), day_number(notice.period_last))
    paid = np.array([NO_DAY if row.paid is None else row.paid for row in rows], np.int32)
    days = np.where(paid == NO_DAY, np.int32(unpaid), paid).astype(np.int32)
    roster = Roster(facts.people, np.full(len(rows), int(law.area), np.int32), days, law.insured_year)
    return roster, np.array([row.id for row in rows], np.int64)
