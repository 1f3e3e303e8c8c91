"""Breaks for a list or a report: how old they are, of what kind, and the story of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

BUCKETS = ("0-1", "2-7", "8-30", ">30")
"""Ages in days."""
TODAY = (
    "(SELECT CASE WHEN EXISTS (SELECT FROM season_clock) THEN greatest((SELECT today FROM season_clock),"
    " (SELECT max(opened_on) FROM break_found)) ELSE (now() AT TIME ZONE 'Asia/Shanghai')::date END)"
)
"""The business day as of which ages and deadlines count, as SQL: where a season was played, its last."""
_AGES = text(
    f"SELECT side, kind, count(*) AS open, count(*) FILTER (WHERE age <= 1) AS b0,"
    " count(*) FILTER (WHERE age BETWEEN 2 AND 7) AS b1, count(*) FILTER (WHERE age BETWEEN 8 AND 30) AS b2,"
    " count(*) FILTER (WHERE age > 30) AS b3, max(age) AS oldest, count(*) FILTER (WHERE owner IS NULL) AS unowned"
    f" FROM (SELECT side, kind, owner, {TODAY} - opened_on AS age FROM break_found WHERE state = 'open') AS b"
    " GROUP BY side, kind ORDER BY side, open DESC, kind"
)
_ENDED = text("SELECT state, count(*) FROM break_found WHERE state <> 'open' GROUP BY state ORDER BY state")
_LIST = text(
    f"SELECT id, day, side, period, kind, item, stated_on, reference, ours, theirs, state, owner, opened_on,"
    f" CASE WHEN state = 'open' THEN {TODAY} - opened_on END AS age FROM break_found"
    " WHERE (CAST(:state AS text) = 'all' OR state = :state) AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
    " AND (CAST(:side AS text) IS NULL OR side = :side) AND (CAST(:first AS date) IS NULL OR day >= :first)"
    " AND (CAST(:last AS date) IS NULL OR day <= :last) AND (CAST(:owner AS text) IS NULL OR owner = :owner)"
    " AND (NOT CAST(:unowned AS bool) OR owner IS NULL)"
    f" AND (CAST(:older AS int) IS NULL OR {TODAY} - opened_on > :older)"
    " ORDER BY day, side, kind, item LIMIT :limit"
)
_ONE = text(
    f"SELECT b.*, CASE WHEN state = 'open' THEN {TODAY} - opened_on END AS age FROM break_found b WHERE id = :id"
)
_STEPS = text("SELECT business_date, recorded_at, action, actor, text FROM break_step WHERE break_id = :id ORDER BY id")
_PAYMENT = text(
    "SELECT p.voucher_no, p.line, p.kind, p.amount, p.channel, p.paid_at, p.due_id, p.reference, p.person_no, p.remark,"
    " p.recorded_at FROM payment p WHERE p.voucher_no || CASE WHEN p.line > 1 THEN '/' || p.line ELSE '' END = :item"
    " AND p.voucher_no IN (:item, regexp_replace(:item, '/[0-9]+$', ''))"
)
_ORDER = text(
    "SELECT o.id AS order_no, o.amount, o.state, o.code, o.settled_on, o.batch, a.source, a.category,"
    " coalesce(a.due_id, i.due_id) AS due_id, i.case_id AS refund_case FROM disbursement o"
    " LEFT JOIN assistance a ON a.id = o.assistance_id LEFT JOIN refund_item i ON i.id = o.refund_item_id"
    " WHERE coalesce(a.area, i.area) || '-' || o.id = :item"
)
_FILE = text(
    "SELECT digest, lines, total, our_lines, our_total, matched, compared_at FROM statement"
    " WHERE area = :area AND side = :side AND period = :period AND day = :day"
)


@dataclass(frozen=True)
class Story:
    """A break, what our book has of it, the statement as it was last compared, and every step."""

    found: dict[str, Any]
    booked: dict[str, Any] | None
    statement: dict[str, Any] | None
    steps: list[dict[str, Any]]


def ages(connection: Connection) -> list[dict[str, Any]]:
    """Open breaks by side and kind, with how many are how old (days since they opened) and the age of the oldest."""
    return [
        {
            "side": row.side,
            "kind": row.kind,
            "open": row.open,
            "ages": dict(zip(BUCKETS, (row.b0, row.b1, row.b2, row.b3), strict=True)),
            "oldest": row.oldest,
            "unowned": row.unowned,
        }
        for row in connection.execute(_AGES)
    ]


def ended(connection: Connection) -> dict[str, int]:
    """How many breaks are not open any more, by state."""
    return {row[0]: row[1] for row in connection.execute(_ENDED)}


def listed(
    connection: Connection,
    *,
    state: str = "open",
    kind: str | None = None,
    side: str | None = None,
    first: date | None = None,
    last: date | None = None,
    owner: str | None = None,
    unowned: bool = False,
    older: int | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Breaks by day that meet every condition given; ``older``: open for more than so many days."""
    values: dict[str, Any] = {"state": state, "kind": kind, "side": side, "first": first, "last": last, "owner": owner}
    values |= {"unowned": unowned, "older": older, "limit": limit}
    return [dict(row._mapping) for row in connection.execute(_LIST, values)]


def story(connection: Connection, number: int) -> Story | None:
    """Everything about one break; None where there is none with this number."""
    row = connection.execute(_ONE, {"id": number}).one_or_none()
    if row is None:
        return None
    found = dict(row._mapping)
    booked = connection.execute(_PAYMENT if row.side == "tax" else _ORDER, {"item": row.item}).one_or_none()
    place = {"area": row.area, "side": row.side, "period": row.period, "day": row.stated_on or row.day}
    statement = connection.execute(_FILE, place).one_or_none()
    steps = [dict(step._mapping) for step in connection.execute(_STEPS, {"id": number})]
    return Story(
        found,
        dict(booked._mapping) if booked else None,
        dict(statement._mapping) if statement else None,
        steps,
    )
