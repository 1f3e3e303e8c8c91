"""Comparing our books with the simulated neighbours' own, in figures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from policies.money import yuan

_PAYMENTS = text("SELECT kind, count(*) AS n, sum(amount)::bigint AS fen FROM payment GROUP BY kind")
_SPONSORS = text(
    "SELECT d.payer, count(*) AS n, sum(p.amount)::bigint AS fen FROM payment p JOIN due d ON d.id = p.due_id"
    " WHERE p.channel = 'sponsor' AND p.kind = 'payment' GROUP BY d.payer"
)
_DUES = text(
    "SELECT CASE WHEN state IN ('paid', 'refunded') AND EXISTS (SELECT FROM allocation a WHERE a.due_id = due.id)"
    "  AND NOT EXISTS (SELECT FROM payment p WHERE p.due_id = due.id AND p.kind = 'payment') THEN 'voided'"
    " WHEN state = 'accepted' AND reversed THEN 'reversed'"
    " WHEN state IN ('accepted', 'part_paid', 'voiding') THEN 'open' WHEN state = 'void' THEN 'voided'"
    " WHEN state = 'refunded' AND NOT EXISTS (SELECT FROM refund_item i WHERE i.due_id = due.id AND i.route = 'tax'"
    "  AND i.stood = 'premium_levied') THEN 'paid'"  # what the treasury gives back tax has kept
    " ELSE state END AS state, count(*) AS n, sum(amount)::bigint AS fen FROM due"
    " WHERE state <> 'assessed' GROUP BY 1"
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
