"""Keeping what a comparison found: statements, and breaks that open, stay, or vanish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, text

from adapters.rows import StatementRow
from worker.database.arrays import array
from worker.reconciliation.compare import Break, Issued

_VANISHED = text(
    "UPDATE break_found SET state = 'vanished', closed_at = now() WHERE area = :area AND state = 'open'"
    " AND day = ANY(CAST(:days AS date[]))"
    " AND NOT (day || '/' || kind || '/' || voucher_no = ANY(CAST(:still AS text[])))"
)
_BREAKS = text(
    "INSERT INTO break_found AS b (area, day, kind, voucher_no, reference, ours, theirs)"
    " SELECT :area, n.day, n.kind, n.voucher_no, n.reference, CAST(n.ours AS jsonb), CAST(n.theirs AS jsonb)"
    " FROM unnest(CAST(:days AS date[]), CAST(:kinds AS text[]), CAST(:vouchers AS text[]),"
    " CAST(:references AS text[]), CAST(:ours AS text[]), CAST(:theirs AS text[]))"
    " AS n(day, kind, voucher_no, reference, ours, theirs)"
    " ON CONFLICT (area, day, kind, voucher_no) DO UPDATE SET state = 'open', closed_at = NULL,"
    " ours = excluded.ours, theirs = excluded.theirs WHERE b.state = 'vanished'"
)
_STATEMENTS = text(
    "INSERT INTO statement (area, day, digest, lines, total, our_total, matched)"
    " SELECT :area, n.day, n.digest, n.lines, n.total, coalesce((SELECT sum(CASE p.kind WHEN 'payment' THEN p.amount"
    " ELSE -p.amount END) FROM payment p WHERE p.area = :area AND p.tax_date = n.day), 0), n.matched"
    " FROM unnest(CAST(:days AS date[]), CAST(:digests AS text[]), CAST(:lines AS int[]), CAST(:totals AS bigint[]),"
    " CAST(:matched AS int[])) AS n(day, digest, lines, total, matched)"
    " ON CONFLICT (area, day) DO UPDATE SET digest = excluded.digest, lines = excluded.lines, total = excluded.total,"
    " our_total = excluded.our_total, matched = excluded.matched, compared_at = now()"
)


def keep(connection: Connection, area: str, issued: Sequence[Issued], found: Sequence[Break]) -> list[dict[str, Any]]:
    """Write down the statements and their breaks; returns the facts of each day for the audit log."""
    days = array(one.day for one in issued)
    still = array(f"{one.day}/{one.kind}/{one.voucher_no}" for one in found)
    connection.execute(_VANISHED, {"area": area, "days": days, "still": still})
    if found:
        connection.execute(_BREAKS, _columns(area, found))
    facts = [_facts(one, [b for b in found if b.day == one.day]) for one in issued]
    connection.execute(
        _STATEMENTS,
        {
            "area": area,
            "days": days,
            "digests": array(one.digest for one in issued),
            "lines": array(fact["lines"] for fact in facts),
            "totals": array(fact["total"] for fact in facts),
            "matched": array(fact["matched"] for fact in facts),
        },
    )
    return facts


def _columns(area: str, found: Sequence[Break]) -> dict[str, Any]:
    return {
        "area": area,
        "days": array(one.day for one in found),
        "kinds": array(one.kind for one in found),
        "vouchers": array(one.voucher_no for one in found),
        "references": array(one.reference for one in found),
        "ours": array(_json(one.ours) for one in found),
        "theirs": array(_json(one.theirs) for one in found),
    }


def _facts(issued: Issued, breaks: Sequence[Break]) -> dict[str, Any]:
    rows, kinds = issued.statement.rows, [one.kind for one in breaks]
    broken = {one.voucher_no for one in breaks}
    return {
        "day": issued.day,
        "lines": len(rows) + len(issued.statement.bad),
        "total": sum(row["amount"] if row["kind"] == "payment" else -row["amount"] for row in rows),
        "matched": len({_line(row) for row in rows} - broken),
        "breaks": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
    }


def _line(row: StatementRow) -> str:
    """As the break of this line would be called."""
    return row["voucher_no"] + (f"/{row['line']}" if row["line"] > 1 else "")


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
