"""Assistance that is granted on a claim: a row like any other, so that treasury, funds and checks treat it the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from worker.assistance.cancel import cancel
from worker.audit.log import Event
from worker.dues.batch import next_numbers
from worker.handoff.assisted import assisted_here
from worker.handoff.cases import Stand
from worker.ledger import assistance as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post

_GRANT = text(
    "INSERT INTO assistance (id, handoff_id, person_id, area, insured_year, insurance, category, source, amount, rule,"
    " ordinal, granted_on) SELECT :id, :handoff, :person, :area, :year, :insurance, :category, :source, :amount,"
    " :rule, 1 + count(*), CAST(:today AS date) FROM assistance WHERE person_id = :person AND insured_year = :year"
    " AND insurance = :insurance"
)
_NOT_LEFT = text(
    "SELECT id FROM assistance WHERE person_id = :person AND insured_year = :year AND insurance = :insurance"
    " AND handoff_id IS NULL AND state IN ('granted', 'held') ORDER BY id FOR UPDATE"
)
_HERE = "assisted_here"
_STATE = text(
    "SELECT a.source, a.category, a.rule, a.amount, a.state, a.held_because, d.settled_on FROM assistance a"
    " LEFT JOIN disbursement d ON d.assistance_id = a.id AND d.state = 'paid' WHERE a.handoff_id = :case ORDER BY a.id"
)


def grant_claimed(
    connection: Connection, accounts: Accounts, stand: Stand, shares: Sequence[Mapping[str, Any]], today: date
) -> list[Event]:
    """Owe the person what both sides know to be granted; the tick ``disburse`` orders it. Returns the events.

    What they were granted meanwhile as somebody enrolled here is cancelled; where it has left, or nets their levy, the
    claim is held and nothing is owed on it: nobody is assisted both ways.
    """
    values = {"person": stand.person_id, "year": stand.insured_year, "insurance": stand.insurance}
    events = cancel(connection, accounts, today, list(connection.execute(_NOT_LEFT, values).scalars()))
    if assisted_here(connection, stand.person_id, stand.insured_year, stand.insurance):
        return events + [
            Event("assistance.withheld", stand.person_id, {"case": stand.case_id, "because": _HERE} | dict(share))
            for share in shares
        ]
    for number, share in zip(next_numbers(connection, "assistance_number", len(shares)), shares, strict=True):
        source, amount = share["source"], share["amount"]
        connection.execute(
            _GRANT,
            {
                "id": number, "handoff": stand.id, "person": stand.person_id, "area": stand.area,
                "year": stand.insured_year, "insurance": stand.insurance, "category": share["category"],
                "source": source, "amount": amount, "rule": share["rule"], "today": today,
            },
        )  # fmt: skip
        post(connection, [ledger.granted(accounts, number, None, stand.insurance, source, amount)], today)
        facts = {"assistance": number, "case": stand.case_id} | dict(share)
        events.append(Event("assistance.granted", stand.person_id, facts))
    return events


def pay_out_state(connection: Connection, stand: Stand) -> dict[str, Any]:
    """What became of it: ``state`` is open, held (``because``), or done (``on``, the last day; ``shares``)."""
    rows = connection.execute(_STATE, {"case": stand.id}).all()
    if not rows:
        return {"state": "held", "because": _HERE}
    if all(row.state == "paid" for row in rows):
        shares = [{name: getattr(row, name) for name in ("source", "category", "rule", "amount")} for row in rows]
        return {"state": "done", "on": max(row.settled_on for row in rows).isoformat(), "shares": shares}
    if held := sorted({row.held_because for row in rows if row.state == "held"}):
        return {"state": "held", "because": ", ".join(held)}
    return {"state": "open"}
