"""Releasing the hold: ask the neighbours once more, take in what they hold, withdraw what nobody knows, and go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from worker.audit.log import Event, Origin
from worker.backup.adopt import adopt, catch_up, stray_dues
from worker.backup.hold import let_go
from worker.backup.look import Found, look
from worker.house import House
from worker.jobs.queue import NewJob, enqueue

_LATEST = text("SELECT max(business_date) FROM job")


@dataclass(frozen=True)
class Released:
    """What was found, what of it was adopted, and which dues stay stray: to be withdrawn, or paid."""

    found: Found
    adopted: int
    withdrawn: int
    paid: int


class StillStray(Exception):
    """Tax holds dues of people who are not in our roster: their lists are to be taken in first."""


def release(house: House, by: str, reason: str, anyway: bool = False) -> Released:
    """Release the hold. Raises ``StillStray`` unless ``anyway``, and as ``look`` does; then nothing was changed."""
    found, today, area = look(house), house.clock.today(), house.law.area
    with house.engine.begin() as connection:
        before = stray_dues(connection, area, house.law.insured_year)
        unknown = sum(1 for row in before if row.enrolment_id is None)
        if unknown and not anyway:
            raise StillStray(
                f"tax holds {unknown} dues of people who are not in our roster: lists that were taken in after the"
                " backup have to be taken in again (intake goes on while held); or --anyway withdraws them at tax"
            )
        latest: date = connection.execute(_LATEST).scalar_one() or today
        events = catch_up(connection, house, found, today)
        events += adopt(connection, house, [today, latest], today)
        left = stray_dues(connection, area, house.law.insured_year)
        open_ones = [row.number for row in left if row.state != "paid"]
        size = house.settings.batch
        enqueue(
            connection,
            [
                NewJob("void_stray", f"{area}-{open_ones[at]}", {"numbers": open_ones[at : at + size]}, today, area)
                for at in range(0, len(open_ones), size)
            ],
        )
        let_go(connection, by, reason)
        done = Released(found, len(before) - len(left), len(open_ones), len(left) - len(open_ones))
        facts = {"by": by, "reason": reason, "adopted": done.adopted, "withdrawn": done.withdrawn, "paid": done.paid}
        house.audit.record(
            connection, Origin(f"clerk:{by}", area, today), [*events, Event("house.released", None, facts)],
            house.clock.now(),
        )  # fmt: skip
    return done
