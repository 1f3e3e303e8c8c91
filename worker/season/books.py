"""Comparing our books with the simulated neighbours' own, in figures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from policies.money import yuan
from worker.handoff.course import IN_TRANSIT

_PAYMENTS = text("SELECT kind, count(*) AS n, sum(amount)::bigint AS fen FROM payment GROUP BY kind")
_SPONSORS = text(
    "SELECT d.payer, count(*) AS n, sum(p.amount)::bigint AS fen FROM payment p JOIN due d ON d.id = p.due_id"
    " WHERE p.channel = 'sponsor' AND p.kind = 'payment' GROUP BY d.payer"
)
AT_TAX = (
    "CASE WHEN state IN ('paid', 'refunded') AND EXISTS (SELECT FROM allocation a WHERE a.due_id = due.id)"
    "  AND NOT EXISTS (SELECT FROM payment p WHERE p.due_id = due.id AND p.kind = 'payment') THEN 'voided'"
    " WHEN state = 'accepted' AND reversed THEN 'reversed'"
    " WHEN state = 'paid' AND lowered = paid AND (SELECT sum(CASE kind WHEN 'payment' THEN amount ELSE -amount END)"
    "  FROM payment p WHERE p.due_id = due.id) = 0 THEN 'refunded'"  # nothing was due, and tax has given all back
    " WHEN state = 'part_paid' AND EXISTS (SELECT FROM payment p WHERE p.due_id = due.id AND p.kind = 'payment')"
    "  THEN 'paid'"  # tax takes no more under it
    " WHEN state IN ('accepted', 'part_paid', 'voiding') THEN 'open' WHEN state = 'void' THEN 'voided'"
    " WHEN state = 'refunded' AND NOT EXISTS (SELECT FROM refund_item i WHERE i.due_id = due.id AND i.route = 'tax'"
    "  AND i.stood = 'premium_levied') THEN 'paid'"  # what the treasury gives back tax has kept
    " ELSE state END"
)
"""The state of a due as tax has it, as SQL over the table ``due``."""
_DUES = text(
    f"SELECT {AT_TAX} AS state, count(*) AS n, sum(amount)::bigint AS fen FROM due WHERE state <> 'assessed' GROUP BY 1"
)
_FUNDS = text(
    "SELECT coalesce(a.source, 'premium') AS source, count(*) AS n, sum(d.amount)::bigint AS fen FROM disbursement d"
    " LEFT JOIN assistance a ON a.id = d.assistance_id WHERE d.state = 'paid' GROUP BY 1"
)
_REFUNDS = text(
    "SELECT CASE state WHEN 'paid' THEN 'carried_out' ELSE 'ordered' END, count(*) AS n, sum(amount)::bigint AS fen"
    " FROM refund_item WHERE route = 'tax' AND state IN ('ordered', 'paid') GROUP BY 1"
)
_RETURNS = text(
    "SELECT code, count(*) AS n, sum(amount)::bigint AS fen FROM disbursement WHERE state = 'returned' GROUP BY code"
)

_CASES = text("SELECT case_id, kind, peer, state, head, amount FROM handoff ORDER BY case_id")
_TRANSIT = text(
    "SELECT coalesce(sum(CASE WHEN t.debit_id = a.id THEN t.amount ELSE -t.amount END), 0)::bigint FROM transfer t"
    " JOIN account a ON a.code = 'in_transit_area' AND a.id IN (t.debit_id, t.credit_id)"
)
_OPEN = text(
    "SELECT coalesce(sum(amount), 0)::bigint FROM handoff WHERE kind = 'wrong_area' AND side = 'origin'"
    " AND state = ANY(:states)"
)


def compare_cases(ours: Connection, theirs: Connection) -> list[str]:
    """A sentence for each case of which two installations hold other histories, and for money in transit that is not
    that of the open cases.
    """
    held = [{row.case_id: row for row in side.execute(_CASES)} for side in (ours, theirs)]
    told = [
        f"case {case}: {_stands(held[0].get(case))} in our book, {_stands(held[1].get(case))} in theirs"
        for case in sorted(held[0].keys() | held[1].keys())
        if _stands(held[0].get(case)) != _stands(held[1].get(case))
        and "withdrawn" not in {row.state for row in (held[0].get(case), held[1].get(case)) if row}
    ]
    for name, side in (("our", ours), ("their", theirs)):
        open_cases = side.execute(_OPEN, {"states": list(IN_TRANSIT)}).scalar_one()
        if (fen := side.execute(_TRANSIT).scalar_one()) != open_cases:
            told.append(f"{yuan(fen)} yuan are in transit by {name} ledger, {yuan(open_cases)} in open cases")
    return told


def _stands(row: Any) -> str:
    return f"{row.state} {row.head[:12]}" if row else "unknown"


def compare_books(connection: Connection, tax: dict[str, Any], treasury: dict[str, Any]) -> list[str]:
    """A sentence for each figure in which a neighbour's own book differs from ours; none when all agree to the fen."""
    pairs = (
        ("payments at tax", _ours(connection, _PAYMENTS), tax["payments"]),
        ("sponsor payments at tax", _ours(connection, _SPONSORS), tax["sponsors"]),
        ("refunds at tax", _ours(connection, _REFUNDS), tax["refunds_by_state"]),
        ("dues at tax", _ours(connection, _DUES), tax["dues"]),
        ("paid by the treasury", _ours(connection, _FUNDS), treasury["funds"]),
        ("returned by the bank", _ours(connection, _RETURNS), treasury["returns"]),
    )
    return [sentence for what, ours, theirs in pairs for sentence in _differences(what, ours, theirs)]


def _ours(connection: Connection, query: Any) -> dict[str, dict[str, int]]:
    return {row[0]: {"count": row.n, "fen": row.fen} for row in connection.execute(query)}


def _differences(what: str, ours: dict[str, dict[str, int]], theirs: dict[str, dict[str, int]]) -> list[str]:
    nothing = {"count": 0, "fen": 0}
    return [
        f"{what}, {group}: {a['count']:,} with {yuan(a['fen'])} yuan in our book, {b['count']:,} with {yuan(b['fen'])}"
        " in theirs"
        for group in sorted(ours.keys() | theirs.keys())
        if (a := ours.get(group, nothing)) != (b := theirs.get(group, nothing))
    ]
