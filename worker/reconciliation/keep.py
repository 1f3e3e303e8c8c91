"""Keeping what a comparison found: statements, and breaks that open, change, vanish or come back, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.database.arrays import array
from worker.reconciliation.compare import Break
from worker.reconciliation.sides import Side

_STEP = (
    "INSERT INTO break_step (break_id, action, actor, text, business_date)"
    " SELECT id, action, :actor, text, CAST(:today AS date) FROM "
)
_GONE = (
    "WITH still AS (SELECT * FROM unnest(CAST(:days AS date[]), CAST(:items AS text[])) AS still(day, item)),"
    " gone AS (SELECT b.id, b.kind = 'only_theirs' AND EXISTS (SELECT FROM (SELECT b.item) AS t CROSS JOIN"
    "   LATERAL ({by_item}) o WHERE o.day = b.day) AS came FROM break_found b"
    "  WHERE b.area = :area AND b.side = :side AND b.period = :period"
    "  AND (b.state = 'open' OR b.kind = 'late' AND b.state = 'resolved' AND b.stated_on <> b.day)"
    "  AND (coalesce(b.stated_on, b.day) = ANY(CAST(:core AS date[]))"
    "   OR coalesce(b.stated_on, b.day) = ANY(CAST(:also AS date[])) AND b.item = ANY(CAST(:linked AS text[])))"
    "  AND NOT EXISTS (SELECT FROM still s WHERE s.day = b.day AND s.item = b.item)),"
    " written AS (UPDATE break_found b SET state = CASE WHEN gone.came THEN 'resolved' ELSE 'vanished' END,"
    "  kind = CASE WHEN gone.came THEN 'late' ELSE b.kind END, closed_on = :today, closed_at = now()"
    "  FROM gone WHERE b.id = gone.id RETURNING b.id, CASE WHEN gone.came THEN 'late' ELSE 'vanished' END AS action,"
    "  CASE WHEN gone.came THEN 'our book has it now: it came after the day had been compared'"
    "   ELSE 'compared again: no difference any more' END AS text)"
    f" {_STEP} written"
)
_FOUND = (
    "WITH n AS (SELECT * FROM unnest(CAST(:days AS date[]), CAST(:items AS text[]), CAST(:kinds AS text[]),"
    "  CAST(:stated AS date[]), CAST(:references AS text[]), CAST(:ours AS jsonb[]), CAST(:theirs AS jsonb[]),"
    "  CAST(:digests AS text[])) AS n(day, item, kind, stated_on, reference, ours, theirs, digest)),"
    " judged AS (SELECT n.*, b.kind AS kind_before, b.state AS state_before, CASE WHEN n.kind = 'late' THEN 'resolved'"
    "   WHEN b.state IN ('closed', 'resolved') AND b.kind = n.kind AND b.ours IS NOT DISTINCT FROM n.ours"
    "    AND b.theirs - 'line' IS NOT DISTINCT FROM n.theirs - 'line' THEN b.state ELSE 'open' END AS state,"
    "   b.ours IS DISTINCT FROM n.ours OR b.theirs - 'line' IS DISTINCT FROM n.theirs - 'line' AS differs"
    "  FROM n LEFT JOIN break_found b ON b.area = :area AND b.side = :side AND b.period = :period"
    "   AND b.day = n.day AND b.item = n.item),"
    " written AS (INSERT INTO break_found AS b (area, side, period, day, item, kind, stated_on, reference, ours,"
    "   theirs, digest, state, opened_on, closed_on, closed_at)"
    "  SELECT :area, :side, :period, day, item, kind, stated_on, reference, ours, theirs, digest, state, :today,"
    "   CASE WHEN state <> 'open' THEN CAST(:today AS date) END, CASE WHEN state <> 'open' THEN now() END FROM judged"
    "  ON CONFLICT (area, side, period, day, item) DO UPDATE SET kind = excluded.kind, stated_on = excluded.stated_on,"
    "   reference = excluded.reference, ours = excluded.ours, theirs = excluded.theirs, digest = excluded.digest,"
    "   state = excluded.state, opened_on = CASE WHEN b.state <> 'open' AND excluded.state = 'open' THEN :today"
    "    ELSE b.opened_on END, closed_on = CASE WHEN b.state = excluded.state THEN b.closed_on ELSE excluded.closed_on"
    "    END, closed_at = CASE WHEN b.state = excluded.state THEN b.closed_at ELSE excluded.closed_at END"
    "  RETURNING id, day, item),"
    " told AS (SELECT w.id, CASE WHEN j.kind = 'late' THEN 'late' WHEN j.state_before IS NULL THEN 'found'"
    "   WHEN j.state_before <> 'open' THEN 'reopened' ELSE 'changed' END AS action,"
    "   concat_ws(' ', CASE WHEN j.kind_before <> j.kind THEN j.kind_before || ' became' END, j.kind,"
    "    CASE WHEN j.kind = 'late' THEN 'by ' || (j.stated_on - j.day) || ' days, stated on ' || j.stated_on END)"
    "   AS text FROM written w JOIN judged j USING (day, item)"
    "  WHERE j.state_before IS NULL OR j.state_before <> j.state OR j.kind_before <> j.kind"
    "   OR j.state = 'open' AND j.differs)"
    f" {_STEP} told"
)
_STATEMENTS = text(
    "INSERT INTO statement (area, side, period, day, digest, lines, total, our_lines, our_total, matched,"
    " compared_at) SELECT :area, :side, :period, n.*, clock_timestamp() FROM unnest(CAST(:days AS date[]),"
    " CAST(:digests AS text[]), CAST(:lines AS int[]), CAST(:totals AS bigint[]), CAST(:our_lines AS int[]),"
    " CAST(:our_totals AS bigint[]), CAST(:matched AS int[]))"
    " AS n(day, digest, lines, total, our_lines, our_total, matched)"
    " ON CONFLICT (area, side, period, day) DO UPDATE SET digest = excluded.digest, lines = excluded.lines,"
    " total = excluded.total, our_lines = excluded.our_lines, our_total = excluded.our_total,"
    " matched = excluded.matched, compared_at = excluded.compared_at"
)
_OURS = "SELECT day, count(*) AS lines, sum(amount * {sign})::bigint AS total FROM ({ours}) AS o GROUP BY day"


@dataclass(frozen=True)
class Compared:
    """A day or month that was compared: lines and total (fen) of either book, and how many lines agree."""

    day: date
    digest: str
    lines: int
    total: int
    our_lines: int
    our_total: int
    matched: int


@dataclass(frozen=True)
class Scope:
    """What was compared, by whom, on which business day; breaks of other sides and periods stay as they are.

    ``linked`` items were judged on the days ``also`` too.
    """

    side: Side
    area: str
    period: str
    actor: str
    today: date
    linked: Collection[str] = ()
    also: Collection[date] = ()

    @property
    def values(self) -> dict[str, Any]:
        """As parameters."""
        named = {"side": self.side.name, "area": self.area, "period": self.period}
        return named | {"actor": self.actor, "today": self.today}


def our_days(connection: Connection, side: Side, area: str, days: Sequence[date]) -> dict[date, tuple[int, int]]:
    """Lines and total (fen) of our own book by day. Ask before comparing: what comes meanwhile is compared again."""
    query = _OURS.format(sign=side.sign_sql, ours=side.ours(side.by_day))
    rows = connection.execute(text(query), {"area": area, "looked_at": array(days)})
    return {row.day: (row.lines, row.total) for row in rows}


def keep(connection: Connection, scope: Scope, compared: Sequence[Compared], found: Sequence[Break]) -> None:
    """Write down what was compared, and let its breaks open, change, or vanish; each of that is a step of the break."""
    days, items = array(one.day for one in found), array(one.item for one in found)
    core = array(one.day for one in compared)
    gone = _GONE.format(by_item=scope.side.ours(scope.side.by_item))
    looked_at = {"core": core, "also": array(scope.also), "linked": array(scope.linked)}
    connection.execute(text(gone), scope.values | looked_at | {"days": days, "items": items})
    digests = {one.day: one.digest for one in compared}
    if found:
        columns = {
            "days": days,
            "items": items,
            "kinds": array(one.kind for one in found),
            "stated": array(one.stated_on for one in found),
            "references": array(one.reference for one in found),
            "ours": array(_json(one.ours) for one in found),
            "theirs": array(_json(one.theirs) for one in found),
            "digests": array(digests.get(one.stated_on or one.day) for one in found),
        }
        connection.execute(text(_FOUND), scope.values | columns)
    connection.execute(
        _STATEMENTS,
        scope.values
        | {
            "days": core,
            "digests": array(one.digest for one in compared),
            "lines": array(one.lines for one in compared),
            "totals": array(one.total for one in compared),
            "our_lines": array(one.our_lines for one in compared),
            "our_totals": array(one.our_total for one in compared),
            "matched": array(one.matched for one in compared),
        },
    )


def facts(one: Compared, scope: Scope, found: Sequence[Break]) -> dict[str, Any]:
    """What the audit log says of it: the figures, and its breaks by kind."""
    kinds = Counter(each.kind for each in found if (each.stated_on or each.day) == one.day)
    return {
        "day": one.day,
        "side": scope.side.name,
        "period": scope.period,
        "lines": one.lines,
        "total": one.total,
        "matched": one.matched,
        "breaks": dict(sorted(kinds.items())),
    }


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
