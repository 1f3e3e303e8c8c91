"""Duplicates: the tick that finds people enrolled twice, decides what the notice decides, and carries it out."""

from __future__ import annotations

from worker.duplicates.carry_out import carry_out
from worker.duplicates.decide import decide_found
from worker.duplicates.find import find, newest_enrolment
from worker.feeds.cursor import advance, position
from worker.house import House
from worker.jobs.outcome import Done, Outcome
from worker.jobs.work import Work

_COMPARED = "duplicates.enrolments"
"""The cursor that says up to which enrolment rosters have been compared."""


def plan(work: Work, house: House) -> Outcome | None:
    """Compare what has come since the last time; undetermined cases are listed for a clerk by `levy duplicates`."""
    law, today = house.law, work.job.business_date
    before = position(house.engine, _COMPARED)
    with work.step() as connection:
        newest = newest_enrolment(connection)
        if not advance(connection, _COMPARED, before, str(newest)):
            return Done({"remark": "another worker compares the rosters"})
        events = find(connection, law.area, law.insured_year, int(before or 0), newest)
        events += decide_found(connection, law.notice, law.area, today)
        house.audit.record(connection, work.origin(), events, house.clock.now())
    with work.completing() as connection:
        by = f"worker:{work.job.kind}"
        events = carry_out(connection, law.notice, law.area, law.insured_year, today, by)
        house.audit.record(connection, work.origin(), events, house.clock.now())
    return None
