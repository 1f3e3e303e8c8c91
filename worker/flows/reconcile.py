"""Reconcile: compare tax's daily statement with our book, row by row and in total; what differs is a typed break."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, text

from adapters.ports import Statement
from worker.audit.log import Event
from worker.database.arrays import array
from worker.house import House
from worker.jobs.outcome import Done, Later, Outcome
from worker.jobs.queue import NewJob
from worker.jobs.work import Work

_LAST = text("SELECT max(day) FROM statement WHERE area = :area")
_FIRST = text("SELECT min(tax_date) FROM payment WHERE area = :area")
_PASSED = text("SELECT max(business_date) FROM job WHERE kind = 'tick.pull_payments' AND state = 'done'")
_TRUSTED_AFTER = 4
"""A file that does not add up may have been cut on the way; what is the same so many times is what tax has issued."""
_COMPARE = text(
    "WITH told AS (SELECT * FROM unnest(CAST(:line AS int[]), CAST(:voucher_no AS text[]), CAST(:reference AS text[]),"
    "  CAST(:person_no AS text[]), CAST(:amount AS bigint[]), CAST(:kind AS text[]), CAST(:areas AS text[]),"
    "  CAST(:periods AS text[]), CAST(:tax_date AS text[]))"
    "  AS told(line, voucher_no, reference, person_no, amount, kind, area, period, tax_date)),"
    " t AS (SELECT DISTINCT ON (voucher_no) told.*, count(*) OVER (PARTITION BY voucher_no) AS times"
    "  FROM told ORDER BY voucher_no, line),"
    " o AS (SELECT * FROM payment WHERE area = :area AND tax_date = :day)"
    " SELECT coalesce(t.voucher_no, o.voucher_no) AS voucher_no, coalesce(o.reference, t.reference) AS reference,"
    " CASE WHEN o.id IS NULL AND elsewhere.id IS NOT NULL THEN 'day'"
    "  WHEN o.id IS NULL THEN 'only_theirs' WHEN t.voucher_no IS NULL THEN 'only_ours'"
    "  WHEN o.kind <> t.kind THEN 'reversed' WHEN o.reference <> t.reference THEN 'reference'"
    "  WHEN o.amount <> t.amount THEN 'amount' WHEN o.person_no <> t.person_no THEN 'person'"
    "  WHEN t.area <> :area THEN 'area' WHEN t.period <> :period THEN 'period'"
    "  WHEN t.tax_date <> CAST(:day AS text) THEN 'day' WHEN t.times > 1 THEN 'repeated'"
    "  WHEN o.due_id IS NULL THEN 'unidentified' END AS kind,"
    " CASE WHEN o.id IS NOT NULL THEN jsonb_build_object('amount', o.amount, 'kind', o.kind) END AS ours,"
    " CASE WHEN t.voucher_no IS NOT NULL THEN jsonb_build_object('amount', t.amount, 'kind', t.kind, 'line', t.line,"
    "  'times', t.times) END AS theirs"
    " FROM t FULL JOIN o ON o.voucher_no = t.voucher_no"
    " LEFT JOIN payment elsewhere ON o.id IS NULL AND elsewhere.voucher_no = t.voucher_no"
)
_CLOSE = text(
    "UPDATE break_found SET state = 'vanished', closed_at = now()"
    " WHERE area = :area AND day = :day AND state = 'open' AND NOT (kind || '/' || voucher_no = ANY(:still))"
)
_BREAK = text(
    "INSERT INTO break_found AS b (area, day, kind, voucher_no, reference, ours, theirs)"
    " SELECT :area, :day, n.kind, n.voucher_no, n.reference, CAST(n.ours AS jsonb), CAST(n.theirs AS jsonb)"
    " FROM unnest(CAST(:kinds AS text[]), CAST(:vouchers AS text[]), CAST(:references AS text[]),"
    " CAST(:ours AS text[]), CAST(:theirs AS text[])) AS n(kind, voucher_no, reference, ours, theirs)"
    " ON CONFLICT (area, day, kind, voucher_no) DO UPDATE SET state = 'open', closed_at = NULL,"
    " ours = excluded.ours, theirs = excluded.theirs WHERE b.state = 'vanished'"
)
_STATEMENT = text(
    "INSERT INTO statement (area, day, digest, lines, total, our_total, matched)"
    " SELECT :area, :day, :digest, :lines, :total, coalesce(sum(CASE kind WHEN 'payment' THEN amount ELSE -amount END),"
    " 0), :matched FROM payment WHERE area = :area AND tax_date = :day"
    " ON CONFLICT (area, day) DO UPDATE SET digest = excluded.digest, lines = excluded.lines, total = excluded.total,"
    " our_total = excluded.our_total, matched = excluded.matched, compared_at = now()"
)


@dataclass(frozen=True)
class Issued:
    """A statement as tax issued it: its day, the SHA-256 of the file, and what was read in it."""

    day: date
    digest: str
    statement: Statement


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: a job for the days our own feed has passed that were not compared yet, ten at most in one job."""
    area, today = house.law.area, work.job.business_date
    with work.completing() as connection:
        passed = connection.execute(_PASSED).scalar_one() or date.min
        last = connection.execute(_LAST, {"area": area}).scalar_one()
        first = connection.execute(_FIRST, {"area": area}).scalar_one()
        start = last + timedelta(days=1) if last else first
        days = [str(start + timedelta(days=n)) for n in range((passed - start).days)] if start else []
        jobs = [
            NewJob("reconcile", f"{area}-{part[0]}-{part[-1]}", {"days": part}, today, area, max_attempts=60)
            for part in (days[at : at + 10] for at in range(0, len(days), 10))
        ]
        work.enqueue(connection, jobs)
    return None


def reconcile(work: Work, house: House) -> Outcome | None:
    """Compare the days of the payload with our book.

    A day can be compared again at any time; breaks that are gone are closed by it. A statement that is not issued yet
    is waited for, and so are the days after it.
    """
    days = [date.fromisoformat(day) for day in work.job.payload["days"]]
    issued, waits = _fetch(work, house, days)
    with work.step() as connection:
        events = [_day(connection, house, one) for one in issued]
        house.audit.record(connection, work.origin(work.job.key), events, house.clock.now())
    return waits or Done({"days": len(days)})


def _fetch(work: Work, house: House, days: Sequence[date]) -> tuple[list[Issued], Later | None]:
    """The statements from the first day on, and why to come back where one is missing or does not add up."""
    issued: list[Issued] = []
    for day in days:
        body = house.tax.statement(day)
        if body is None:
            return issued, Later(f"tax has not issued the statement of {day} yet")
        statement = house.tax.read_statement(body)
        if statement.problems and work.job.attempts < _TRUSTED_AFTER:
            problem = statement.problems[0]
            return issued, Later(f"the statement of {day} does not add up and is fetched again: {problem}")
        issued.append(Issued(day, hashlib.sha256(body).hexdigest(), statement))
    return issued, None


def _day(connection: Connection, house: House, issued: Issued) -> Event:
    day, statement = issued.day, issued.statement
    found = _compare(connection, house, day, statement)
    _keep(connection, house.law.area, day, found)
    lines = len(statement.rows) + len(statement.bad)
    broken = {row["voucher_no"] for row in found}
    values = {
        "area": house.law.area,
        "day": day,
        "digest": issued.digest,
        "lines": lines,
        "total": sum(row["amount"] * (1 if row["kind"] == "payment" else -1) for row in statement.rows),
        "matched": len({row["voucher_no"] for row in statement.rows} - broken),
    }
    connection.execute(_STATEMENT, values)
    kinds = [row["kind"] for row in found]
    breaks = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
    return Event("statement.compared", None, {"day": day, "lines": lines, "breaks": breaks})


def _compare(connection: Connection, house: House, day: date, statement: Statement) -> list[dict[str, Any]]:
    year, rows = house.law.insured_year, statement.rows
    values: dict[str, Any] = {"area": house.law.area, "day": day, "period": f"{year}01-{year}12"}
    for name in ("line", "voucher_no", "reference", "person_no", "amount", "kind", "tax_date"):
        values[name] = array(row[name] for row in rows)
    values |= {"areas": array(row["area"] for row in rows), "periods": array(row["period"] for row in rows)}
    found = [dict(row._mapping) for row in connection.execute(_COMPARE, values) if row.kind is not None]
    for bad in statement.bad:
        found.append(_flaw("unreadable", f"line {bad.line}", {"field": bad.field, "reason": bad.reason}))
    for number, problem in enumerate(statement.problems, start=1):
        found.append(_flaw("total", f"file {number}", {"problem": problem}))
    return found


def _flaw(kind: str, voucher_no: str, theirs: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "voucher_no": voucher_no, "reference": None, "ours": None, "theirs": theirs}


def _keep(connection: Connection, area: str, day: date, found: Sequence[dict[str, Any]]) -> None:
    place = {"area": area, "day": day}
    connection.execute(_CLOSE, place | {"still": [f"{row['kind']}/{row['voucher_no']}" for row in found]})
    if not found:
        return
    connection.execute(
        _BREAK,
        place
        | {
            "kinds": [row["kind"] for row in found],
            "vouchers": [row["voucher_no"] for row in found],
            "references": [row["reference"] for row in found],
            "ours": [_json(row["ours"]) for row in found],
            "theirs": [_json(row["theirs"]) for row in found],
        },
    )


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
