"""Sponsor: a department pays the tax authority for those it assists in full, by roster (代缴)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import Connection, text

from adapters.ports import Acknowledgement
from worker.audit.log import Event
from worker.dues.reference import due_number, due_reference
from worker.exchange import answered, exchange
from worker.house import House
from worker.jobs.outcome import Outcome
from worker.jobs.queue import NewJob
from worker.jobs.work import Work

_WAITING = text(
    "SELECT id, payer FROM due WHERE area = :area AND insured_year = :year AND payer <> 'person' AND state = 'accepted'"
    " AND declaration IS NULL ORDER BY payer, id FOR UPDATE SKIP LOCKED"
)
_DECLARE = text("UPDATE due SET declaration = :key WHERE id = ANY(:ids)")
_REFUSED = text(
    "UPDATE due d SET reject_code = n.code FROM unnest(CAST(:ids AS bigint[]), CAST(:codes AS text[])) AS n(id, code)"
    " WHERE d.id = n.id"
)
_ROWS = text(
    "SELECT d.id, d.payer, d.amount, d.person_id, p.person_no FROM due d JOIN person p ON p.id = d.person_id"
    " WHERE d.id = ANY(:ids) AND d.state = 'accepted' ORDER BY d.id"
)


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: a roster for each funding source and batch of dues that tax has accepted and nobody declared yet."""
    law, today, size = house.law, work.job.business_date, house.settings.batch
    with work.completing() as connection:
        waiting = connection.execute(_WAITING, {"area": law.area, "year": law.insured_year}).all()
        for source, rows in groupby(waiting, key=lambda row: row.payer):
            ids = [row.id for row in rows]
            for part in (ids[at : at + size] for at in range(0, len(ids), size)):
                key = f"{law.area}-{source}-{work.job.id}-{part[0]}"
                connection.execute(_DECLARE, {"key": key, "ids": part})
                work.enqueue(connection, [NewJob("declare", key, {"source": source, "dues": part}, today, law.area)])
    return None


def declare(work: Work, house: House) -> Outcome | None:
    """Send one roster; the payments themselves follow in the tax system's feed."""
    reply = exchange(
        work,
        house.vault,
        "tax",
        lambda connection: _compose(connection, house, work),
        house.tax.ask_sponsor_declaration,
        house.tax.declare_sponsor,
    )
    with work.completing() as connection:
        if reply is not None:
            _record(connection, work, house, reply)
    return None


def _compose(connection: Connection, house: House, work: Work) -> bytes | None:
    law, source = house.law, work.job.payload["source"]
    rows = [
        {
            "reference": due_reference(law.area, law.insured_year, row.id),
            "person_no": row.person_no,
            "amount": row.amount,
        }
        for row in connection.execute(_ROWS, {"ids": work.job.payload["dues"]})
    ]
    if not rows:
        return None
    return house.tax.encode_sponsor_declaration(f"declare-{work.job.key}", law.area, law.insured_year, source, rows)


def _record(connection: Connection, work: Work, house: House, reply: Sequence[Acknowledgement]) -> None:
    refused = {number: item.code for item in reply if not item.accepted and (number := due_number(item.reference))}
    # The department has to look, so the due stays declared and open: `levy held sponsors` lists and releases it.
    connection.execute(_REFUSED, {"ids": list(refused), "codes": list(refused.values())})
    answered(connection, work)
    rows = connection.execute(
        text("SELECT id, person_id, amount FROM due WHERE id = ANY(:ids)"), {"ids": work.job.payload["dues"]}
    ).all()
    source = work.job.payload["source"]
    events = [
        Event(
            "sponsor.refused" if row.id in refused else "sponsor.declared",
            row.person_id,
            {"due": row.id, "source": source, "amount": row.amount, "code": refused.get(row.id)},
        )
        for row in rows
    ]
    house.audit.record(connection, work.origin(f"declare-{work.job.key}"), events, house.clock.now())
