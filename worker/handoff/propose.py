"""Opening a case of a wrong area: somebody's payment here was meant for another place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, text

from worker.handoff.author import CannotStep, take_step
from worker.handoff.cases import known, open_case
from worker.handoff.law import decide_wrong_area
from worker.house import House
from worker.privacy import Seal

_PAYMENTS = text(
    "SELECT p.voucher_no, p.amount, p.tax_date, d.id AS due_id, d.paid, d.enrolment_id, d.insurance, d.insured_year,"
    " n.id AS person_id, n.cert_type, n.cert_index, n.cert_cipher, n.name_cipher"
    " FROM person n JOIN due d ON d.person_id = n.id AND d.payer = 'person' AND d.state = 'paid' AND d.lowered = 0"
    " JOIN payment p ON p.due_id = d.id AND p.kind = 'payment'"
    " AND NOT EXISTS"
    " (SELECT FROM payment r WHERE r.reverses = p.voucher_no AND r.line = p.line AND r.remark = 'reversed')"
    " WHERE (n.person_no = :given OR n.cert_index = :index)"
    " AND (CAST(:voucher AS text) IS NULL OR p.voucher_no = :voucher) ORDER BY p.id"
)
_TAKEN = text(
    "SELECT case_id FROM handoff WHERE due_id = :due AND side = 'origin'"
    " AND state NOT IN ('refused', 'rejected', 'withdrawn')"
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What the applicant says: whose payment, where it was meant to go, and what the notice asks about it."""

    person: str
    """Person number, or identity number with its kind of document 01."""
    to: str
    own_fault: bool
    benefits_used: bool
    applied_on: date
    voucher: str | None = None


def propose(
    connection: Connection, house: House, mistake: Mistake, case: UUID, today: date, clerk: str
) -> tuple[str, list[int]]:
    """Open the case and send the proposal; returns its id and the new job. Raises ``CannotStep``, ``UnknownPeer``."""
    house.peers.port(mistake.to)
    seal = house.vault.sealing(connection)
    row = _payment(connection, seal, mistake)
    facts: dict[str, Any] = {
        "insured_year": row.insured_year,
        "insurance": row.insurance,
        "amount": row.amount,
        "voucher": row.voucher_no,
        "paid_on": row.tax_date.isoformat(),
        "applied_on": mistake.applied_on.isoformat(),
        "own_fault": mistake.own_fault,
        "benefits_used": mistake.benefits_used,
    }
    answer = decide_wrong_area(connection, house, row.due_id, row.enrolment_id, mistake.to, facts)
    if answer["outcome"] != "refund" or not answer["handoff"]:
        why = "; ".join(answer["why"]) or answer["outcome"]
        raise CannotStep(f"{answer['notice']} does not refund this as paid in the wrong area: {why}")
    open_case(
        connection,
        {
            "case_id": str(case), "kind": "wrong_area", "side": "origin", "area": house.law.area, "peer": mistake.to,
            "insured_year": row.insured_year, "insurance": row.insurance, "amount": row.amount,
            "voucher": row.voucher_no, "first_paid_on": row.tax_date, "cert_index": bytes(row.cert_index),
            "identity": identity(house, seal, row), "person_id": row.person_id, "enrolment_id": row.enrolment_id,
            "due_id": row.due_id, "opened_on": today,
        },
    )  # fmt: skip
    facts |= {"notice": answer["notice"], "clauses": answer["clauses"]}
    return str(case), take_step(connection, house, known(connection, str(case)), "proposed", facts, today, clerk)


def identity(house: House, seal: Seal, row: Any) -> bytes:
    """Who a row of ``person`` is, as it crosses the wire, encrypted for our own keeping."""
    name = house.vault.decrypt([bytes(row.name_cipher)])[0] if row.name_cipher is not None else ""
    number = house.vault.decrypt([bytes(row.cert_cipher)])[0]
    said = orjson.dumps({"cert_type": row.cert_type, "cert_no": number, "name": name}, option=orjson.OPT_SORT_KEYS)
    return seal.encrypt_bytes([said])[0]


def _payment(connection: Connection, seal: Seal, mistake: Mistake) -> Any:
    index = seal.index_one(f"01|{mistake.person.upper()}")
    found = connection.execute(_PAYMENTS, {"given": mistake.person, "index": index, "voucher": mistake.voucher}).all()
    if not found:
        raise CannotStep("this person has paid no premium here that stands: look at `levy why`")
    if len(found) > 1:
        raise CannotStep(f"name the payment: --voucher {' or '.join(row.voucher_no for row in found)}")
    row = found[0]
    if row.amount != row.paid:
        raise CannotStep(f"voucher {row.voucher_no} does not pay its due just in whole: settle that first")
    if other := connection.execute(_TAKEN, {"due": row.due_id}).scalar_one_or_none():
        raise CannotStep(f"voucher {row.voucher_no} is handed over already: case {other}")
    return row
