"""Push: present a batch of dues to tax, and record row by row what it made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Connection, text

from adapters.ports import Acknowledgement
from adapters.rows import DueRow, Special
from worker.dues.acknowledged import acknowledge
from worker.dues.reference import due_reference
from worker.exchange import answered, exchange
from worker.house import House
from worker.jobs.outcome import Outcome
from worker.jobs.work import Work

NEWBORN = "1401"
"""Of the national person types (psn_type)."""
WIRE_INSURANCE = {"resident_medical": "390", "long_term_care": "410"}

_ROWS = text(
    "SELECT d.id, d.insurance, d.amount, d.payer, d.part, d.deadline, d.channel,"
    " v.body->>'rate_class' AS rate_class, p.person_no, p.cert_type, p.cert_cipher,"
    " p.name_cipher, e.person_type, e.town, e.student_stage, e.school_area,"
    " (SELECT b.id FROM due b WHERE b.enrolment_id = d.enrolment_id AND b.insurance = d.insurance AND"
    "  b.payer = d.payer AND b.part = d.part AND b.version = d.version - 1 AND NOT b.current AND d.version > 1) AS"
    "  before"
    " FROM due d JOIN person p ON p.id = d.person_id JOIN enrolment e ON e.id = d.enrolment_id"
    " JOIN decision v ON v.id = d.decision_id"
    " WHERE d.id BETWEEN :first AND :last AND d.batch = :batch AND d.state = 'assessed' ORDER BY d.id"
)


def push(work: Work, house: House) -> Outcome | None:
    """Send the batch named in the payload (once in effect) and write down every acknowledgement."""
    reply = exchange(
        work,
        house.vault,
        "tax",
        lambda connection: _compose(connection, house, work),
        house.tax.ask_due_batch,
        house.tax.submit_dues,
    )
    with work.completing() as connection:
        if reply is not None:
            _record(connection, work, house, reply)
    return None


def _compose(connection: Connection, house: House, work: Work) -> bytes | None:
    rows = connection.execute(_ROWS, work.job.payload).all()
    if not rows:
        return None
    law = house.law
    names = house.vault.decrypt([row.name_cipher for row in rows])
    numbers = house.vault.decrypt([row.cert_cipher for row in rows])
    dues = [_wire(house, row, name, number) for row, name, number in zip(rows, names, numbers, strict=True)]
    return house.tax.encode_due_batch(f"push-{work.job.key}", law.area, law.insured_year, dues)


def _wire(house: House, row: Any, name: str, cert_no: str) -> DueRow:
    law = house.law
    sponsored = row.payer != "person"
    channel: Literal["ordinary", "special", "college"] = "special" if row.channel == "special" else "ordinary"
    if row.student_stage == "college" and channel == "ordinary" and not sponsored:
        channel = "college"
    return {
        "reference": due_reference(law.area, law.insured_year, row.id),
        "person_no": row.person_no,
        "name": name,
        "cert_type": row.cert_type,
        "cert_no": cert_no,
        "person_type": row.person_type,
        "town": row.town,
        "insurance": WIRE_INSURANCE[row.insurance],
        "amount": row.amount,
        "payer": "sponsor" if sponsored else "person",
        "sponsor": row.payer if sponsored else None,
        "period_begin": f"{law.insured_year}01",
        "period_end": f"{law.insured_year}12",
        "deadline": row.deadline.isoformat(),
        "channel": channel,
        "collection_type": "supplement" if row.part else "normal",
        "special": _special(house, row) if channel == "special" else None,
        "collector": row.school_area if channel == "college" else None,
        "supersedes": due_reference(law.area, law.insured_year, row.before) if row.before else None,
    }


def _special(house: House, row: Any) -> Special:
    """What a special payment rests on: a serial of our own for each such due, and why it is paid out of the window."""
    serial = f"{house.law.area}-{house.law.insured_year}-{row.id}"
    if row.part:
        return {"notice_no": serial, "type": "supplement"}
    if row.rate_class == "full_funding":
        return {"notice_no": serial, "type": "full_funding"}
    return {"notice_no": serial, "type": "newborn" if row.person_type == NEWBORN else "late"}


def _record(connection: Connection, work: Work, house: House, reply: Sequence[Acknowledgement]) -> None:
    events = acknowledge(connection, house, work.job.business_date, reply)
    answered(connection, work)
    house.audit.record(connection, work.origin(work.job.payload["batch"]), events, house.clock.now())
