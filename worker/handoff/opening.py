"""A case that the other side tells us of: opened with whom it is about and, if it is ours, the payment it is about."""

from __future__ import annotations

from datetime import date

import orjson
from sqlalchemy import Connection

from adapters.peer.history import History
from worker.handoff.cases import Stand, known, open_case
from worker.handoff.place import payment_here, person_here
from worker.house import House


class NotYet(Exception):
    """What the case is about is not in our book yet: after a restore the payments have to be followed first."""


def open_from(connection: Connection, house: House, offered: History, today: date) -> Stand:
    """Write the case as its first step describes it. Raises ``NotYet`` for a case of ours whose payment is missing."""
    case, ours = offered.case, house.law.area
    side, peer = ("origin", case.intended) if case.origin == ours else ("intended", case.origin)
    facts, person = offered.steps[0].facts, offered.person
    seal = house.vault.sealing(connection)
    index = seal.index_one(f"{person['cert_type']}|{person['cert_no']}")
    sealed = seal.encrypt_bytes([orjson.dumps(dict(person), option=orjson.OPT_SORT_KEYS)])[0]
    values = {
        "case_id": case.id, "kind": case.kind, "side": side, "area": ours, "peer": peer,
        "insured_year": facts["insured_year"], "insurance": facts["insurance"], "amount": facts.get("amount"),
        "voucher": facts.get("voucher"), "first_paid_on": facts.get("paid_on"), "cert_index": index,
        "identity": sealed, "person_id": person_here(connection, index), "enrolment_id": None, "due_id": None,
        "opened_on": today,
    }  # fmt: skip
    if side == "origin" and case.kind == "wrong_area":
        paid = payment_here(connection, facts["voucher"], facts["amount"], index)
        if paid is None:
            raise NotYet(f"voucher {facts['voucher']} is not in our book yet: its payment has to be followed first")
        values |= {"person_id": paid.person_id, "enrolment_id": paid.enrolment_id, "due_id": paid.due_id}
    if side == "origin" and case.kind == "assistance_claim" and values["person_id"] is None:
        raise NotYet("whom we claimed for is not in our roster yet: the lists have to be taken in first")
    open_case(connection, values)
    return known(connection, case.id)
