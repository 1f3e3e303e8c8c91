"""Funds: draw the statements of claim of a month that has ended."""

from __future__ import annotations

from worker.funds.draw import draw_months
from worker.funds.period import last_ended, parse_period
from worker.house import House
from worker.jobs.outcome import Outcome
from worker.jobs.queue import NewJob
from worker.jobs.work import Work


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: call for the last month that has ended; the key of the job says that it is called for once."""
    law, today = house.law, work.job.business_date
    month = str(last_ended(today))
    with work.completing() as connection:
        key = f"{law.area}-{law.insured_year}-{month}"
        work.enqueue(connection, [NewJob("draw_funds", key, {"month": month}, today, law.area)])
    return None


def draw(work: Work, house: House) -> Outcome | None:
    """Draw the statements of that month and of those before it that nobody has drawn."""
    law, origin = house.law, work.origin()
    month = parse_period(work.job.payload["month"])
    accounts = house.accounts(law.area)
    with work.completing() as connection:
        events = draw_months(connection, law, accounts, month, work.job.business_date, origin.actor)
        house.audit.record(connection, origin, events, house.clock.now())
    return None
