"""Statements of some days against our payments of those days, row by row: every difference is a typed break."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from adapters.ports import Statement
from worker.database.arrays import array

_COMPARE = text(
    "WITH told AS (SELECT * FROM unnest(CAST(:days AS date[]), CAST(:file_line AS int[]),"
    "  CAST(:voucher_no AS text[]), CAST(:line AS int[]), CAST(:reference AS text[]),"
    "  CAST(:person_no AS text[]), CAST(:amount AS bigint[]), CAST(:kind AS text[]),"
    "  CAST(:areas AS text[]), CAST(:periods AS text[]), CAST(:tax_date AS date[]))"
    "  AS told(day, file_line, voucher_no, line, reference, person_no, amount, kind, area, period, tax_date)),"
    " t AS (SELECT DISTINCT ON (day, voucher_no, line) told.*,"
    "   count(*) OVER (PARTITION BY day, voucher_no, line) AS times"
    "  FROM told ORDER BY day, voucher_no, line, file_line),"
    " o AS (SELECT * FROM payment WHERE area = :area AND tax_date = ANY(CAST(:compared AS date[])))"
    " SELECT coalesce(t.day, o.tax_date) AS day, coalesce(t.voucher_no, o.voucher_no)"
    "  || CASE WHEN coalesce(t.line, o.line) > 1 THEN '/' || coalesce(t.line, o.line) ELSE '' END AS voucher_no,"
    " coalesce(o.reference, t.reference) AS reference,"
    " CASE WHEN o.id IS NULL AND elsewhere.id IS NOT NULL THEN 'day'"
    "  WHEN o.id IS NULL THEN 'only_theirs' WHEN t.voucher_no IS NULL THEN 'only_ours'"
    "  WHEN o.kind <> t.kind THEN 'reversed' WHEN o.reference IS DISTINCT FROM t.reference THEN 'reference'"
    "  WHEN o.amount <> t.amount THEN 'amount' WHEN o.person_no IS DISTINCT FROM t.person_no THEN 'person'"
    "  WHEN t.area <> :area THEN 'area' WHEN t.period <> :period THEN 'period'"
    "  WHEN t.tax_date <> t.day THEN 'day' WHEN t.times > 1 THEN 'repeated'"
    "  WHEN o.due_id IS NULL THEN 'unidentified' END AS kind,"
    " CASE WHEN o.id IS NOT NULL THEN jsonb_build_object('amount', o.amount, 'kind', o.kind) END AS ours,"
    " CASE WHEN t.voucher_no IS NOT NULL THEN jsonb_build_object('amount', t.amount, 'kind', t.kind,"
    "  'line', t.file_line, 'times', t.times) END AS theirs"
    " FROM t FULL JOIN o ON o.voucher_no = t.voucher_no AND o.line = t.line AND o.tax_date = t.day"
    " LEFT JOIN payment elsewhere ON o.id IS NULL AND elsewhere.voucher_no = t.voucher_no AND elsewhere.line = t.line"
)
_COPIED = ("file_line", "voucher_no", "line", "reference", "person_no", "amount", "kind", "tax_date")


@dataclass(frozen=True)
class Issued:
    """A statement as tax issued it: its day, the SHA-256 of the file, and what was read in it."""

    day: date
    digest: str
    statement: Statement


@dataclass(frozen=True)
class Break:
    """A difference between a statement and our book.

    Kinds: ``only_ours``, ``only_theirs``, ``amount``, ``person``, ``period``, ``area``, ``day``, ``reference``,
    ``reversed``, ``repeated``, ``unidentified`` (money of nobody we know), ``unreadable`` (a line), ``total`` (a file).
    """

    day: date
    kind: str
    voucher_no: str
    """With ``/2`` and so on for lines after a voucher's first."""
    reference: str | None
    ours: dict[str, Any] | None
    theirs: dict[str, Any] | None


def compare(connection: Connection, area: str, insured_year: int, issued: Sequence[Issued]) -> list[Break]:
    """Every break of the issued statements; none when each row of both books is the same."""
    rows = [(one.day, row) for one in issued for row in one.statement.rows]
    values: dict[str, Any] = {name: array(row[name] for _, row in rows) for name in _COPIED}  # type: ignore[literal-required]
    values |= {
        "days": array(day for day, _ in rows),
        "areas": array(row["area"] for _, row in rows),
        "periods": array(row["period"] for _, row in rows),
        "area": area,
        "period": f"{insured_year}01-{insured_year}12",
        "compared": array(one.day for one in issued),
    }
    found = [
        Break(row.day, row.kind, row.voucher_no, row.reference, row.ours, row.theirs)
        for row in connection.execute(_COMPARE, values)
        if row.kind is not None
    ]
    for one in issued:
        found += _flaws(one)
    return found


def _flaws(issued: Issued) -> list[Break]:
    """What is wrong with the file itself: lines that cannot be read, a trailer that does not add up."""
    bad, problems = issued.statement.bad, enumerate(issued.statement.problems, start=1)
    return [
        Break(issued.day, "unreadable", f"line {line.line}", None, None, {"field": line.field, "reason": line.reason})
        for line in bad
    ] + [Break(issued.day, "total", f"file {at}", None, None, {"problem": problem}) for at, problem in problems]
