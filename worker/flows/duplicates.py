"""Duplicates: the tick that finds people enrolled twice, decides what the notice decides, carries it out, and tells
peers of who may be enrolled with them too.
"""

from __future__ import annotations

from sqlalchemy import Connection

from worker.audit.log import Event
from worker.duplicates.carry_out import carry_out
from worker.duplicates.decide import decide_found
from worker.duplicates.find import find, newest_enrolment
from worker.duplicates.tell import note_told, notices
from worker.exchange import answered, exchange
from worker.feeds.cursor import advance, position
from worker.house import House
from worker.jobs.outcome import Done, Outcome
from worker.jobs.queue import NewJob
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
        if peers := sorted(house.peers.ports):
            key = f"{law.area}-{work.job.id}"
            told = note_told(connection, peers, law.area, law.insured_year, key, today)
            work.enqueue(
                connection,
                [NewJob("notify", batch, {"peer": peer, "batch": batch}, today, law.area) for peer, batch in told],
            )
    return None


def notify(work: Work, house: House) -> Outcome | None:
    """Tell one peer of a batch of people who are enrolled here and may be enrolled there too."""
    peer, batch = work.job.payload["peer"], work.job.payload["batch"]
    port = house.peers.port(peer)

    def compose(connection: Connection) -> bytes | None:
        told = notices(connection, house.vault, batch)
        return port.encode_notices(told) if told else None

    taken = exchange(work, house.vault, f"peer {peer}", compose, port.ask_notices, port.notify)
    with work.completing(Done({"people": taken or 0})) as connection:
        if taken is not None:
            answered(connection, work)
            facts = {"peer": peer, "people": taken}
            house.audit.record(
                connection, work.origin(batch), [Event("duplicate.peer_told", None, facts)], house.clock.now()
            )
    return None
