"""Statements of some days against our own rows of those days, row by row: every difference is a typed break."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from worker.database.arrays import array
from worker.reconciliation.sides import COLUMNS, Side, Stated

_TOLD = (
    "told AS (SELECT * FROM unnest(CAST(:day AS date[]), CAST(:line AS int[]), CAST(:item AS text[]),"
    "  CAST(:reference AS text[]), CAST(:owner AS text[]), CAST(:amount AS bigint[]), CAST(:kind AS text[]),"
    "  CAST(:areas AS text[]), CAST(:period AS text[]), CAST(:said_day AS date[]))"
    "  AS told(day, line, item, reference, owner, amount, kind, area, period, said_day))"
)
_AT = "m.area = :area AND m.side = :side AND m.period = 'day'"
_LINKS = (
    "WITH {told}, said AS (SELECT DISTINCT day, item FROM told),"
    " t AS (SELECT item FROM said FULL JOIN ({by_day}) o USING (day, item) WHERE o.id IS NULL OR said IS NULL"
    "  UNION SELECT m.item FROM break_found m"
    "  WHERE {at} AND (m.day = ANY(CAST(:looked_at AS date[])) OR m.stated_on = ANY(CAST(:looked_at AS date[])))),"
    " near AS (SELECT t.item, e.day FROM t CROSS JOIN LATERAL ({by_item}) e"
    "  UNION SELECT t.item, d.day FROM t JOIN break_found m ON {at} AND m.item = t.item"
    "  CROSS JOIN LATERAL (VALUES (m.day), (m.stated_on)) AS d(day))"
    " SELECT day, item FROM near WHERE day <> ALL(CAST(:looked_at AS date[]))"
)
_COMPARE = (
    "WITH {told},"
    " t AS (SELECT *, row_number() OVER (PARTITION BY item ORDER BY day) AS nth FROM"
    "  (SELECT DISTINCT ON (day, item) told.*, count(*) OVER (PARTITION BY day, item) AS times FROM told"
    "   ORDER BY day, item, line) AS first),"
    " pairs AS (SELECT t.day AS stated_on, t.line, t.times, t.nth, t.said_day, t.reference AS t_reference,"
    "  t.owner AS t_owner, t.amount AS t_amount, t.kind AS t_kind, t.area AS t_area, t.period AS t_period,"
    "  coalesce(t.item, o.item) AS item, coalesce(o.id, e.id) AS id, coalesce(o.day, e.day) AS booked_on,"
    "  coalesce(o.reference, e.reference) AS reference, coalesce(o.owner, e.owner) AS owner,"
    "  coalesce(o.amount, e.amount) AS amount, coalesce(o.kind, e.kind) AS kind,"
    "  coalesce(o.period, e.period) AS period, coalesce(o.unclaimed, e.unclaimed) AS unclaimed"
    "  FROM t FULL JOIN ({by_day}) o ON o.item = t.item AND o.day = t.day"
    # OFFSET 0 keeps the condition in there: else each item is looked up, and dropped where it was found on its day.
    "  LEFT JOIN LATERAL (SELECT * FROM ({by_item}) AS moved WHERE o.id IS NULL OFFSET 0) e ON true),"
    " placed AS (SELECT *, stated_on <> booked_on"
    "  AND (nth > 1 OR EXISTS (SELECT FROM t x WHERE x.item = pairs.item AND x.day = booked_on)) AS again FROM pairs"
    "  WHERE (coalesce(stated_on, booked_on) = ANY(CAST(:core AS date[])) OR item = ANY(CAST(:linked AS text[])))"
    "  AND (stated_on IS NOT NULL OR NOT EXISTS (SELECT FROM t x WHERE x.item = pairs.item))),"
    " typed AS (SELECT *, CASE WHEN id IS NULL THEN 'only_theirs' WHEN stated_on IS NULL THEN 'only_ours'"
    "  WHEN again THEN 'repeated' WHEN kind <> t_kind THEN 'reversed'"
    "  WHEN reference IS DISTINCT FROM t_reference THEN 'reference' WHEN amount <> t_amount THEN 'amount'"
    "  WHEN owner IS DISTINCT FROM t_owner THEN '{owner}' WHEN t_area <> :area THEN 'area'"
    "  WHEN period <> t_period THEN 'period'"
    "  WHEN said_day NOT IN (stated_on, booked_on) OR stated_on < booked_on THEN 'day'"
    "  WHEN times > 1 THEN 'repeated' WHEN stated_on > booked_on THEN 'late' WHEN said_day <> stated_on THEN 'day'"
    "  WHEN unclaimed > 0 THEN 'unidentified' END AS break FROM placed)"
    " SELECT CASE WHEN id IS NULL OR again THEN stated_on ELSE booked_on END AS day, break AS kind, item, stated_on,"
    " coalesce(reference, t_reference) AS reference,"
    " CASE WHEN id IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('day', booked_on, 'amount', amount,"
    "  'kind', kind, 'reference', reference, '{owner}', owner, 'period', period,"
    "  'unclaimed', nullif(unclaimed, 0))) END AS ours,"
    " CASE WHEN stated_on IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object('day', said_day, 'amount', t_amount,"
    "  'kind', t_kind, 'reference', t_reference, '{owner}', t_owner, 'period', t_period, 'area', t_area,"
    "  'line', line, 'times', nullif(times, 1))) END AS theirs FROM typed WHERE break IS NOT NULL"
)


@dataclass(frozen=True)
class Issued:
    """A statement as it was issued: its day, the SHA-256 of the file, and what was read in it."""

    day: date
    digest: str
    statement: Stated


@dataclass(frozen=True)
class Break:
    """A difference between a statement and our book about one ``item``; docs/reconciliation.md tells of each kind.

    Kinds: ``only_ours``, ``only_theirs``, ``amount``, ``person``, ``fund``, ``period``, ``area``, ``day``, ``late``,
    ``reference``, ``reversed``, ``repeated``, ``unidentified`` (money of nobody we know), ``unreadable`` (a line),
    ``total`` (a file or a month). ``day`` is ours where we have the item, ``stated_on`` that of the statement.
    """

    day: date
    kind: str
    item: str
    stated_on: date | None
    reference: str | None
    ours: dict[str, Any] | None
    theirs: dict[str, Any] | None


def told(side: Side, area: str, issued: Collection[Issued]) -> dict[str, Any]:
    """All lines of the statements in columns, as the comparing statements take them."""
    lines = [(one.day, *side.line(row)) for one in issued for row in one.statement.rows]
    columns = list(zip(*lines, strict=True)) or [()] * (1 + len(COLUMNS))
    named = dict(zip(("day", *COLUMNS), map(array, columns), strict=True))
    return named | {"area": area, "side": side.name, "looked_at": array(one.day for one in issued)}


def links(connection: Connection, side: Side, lines: Mapping[str, Any]) -> list[tuple[date, str]]:
    """Items of these days that stand on other days too, with those days: in our book, or as found earlier.

    Their statements are needed to tell an item that is stated late from one that is stated twice, or not at all.
    """
    query = _LINKS.format(told=_TOLD, by_day=side.ours(side.by_day), by_item=side.ours(side.by_item), at=_AT)
    return [(row.day, row.item) for row in connection.execute(text(query), lines)]


def compare(
    connection: Connection,
    side: Side,
    lines: Mapping[str, Any],
    issued: Sequence[Issued],
    linked: Collection[str] = (),
) -> list[Break]:
    """Every break of the issued statements; none when each row of both books is the same.

    ``lines`` (see ``told``) may be those of other statements too: there only the ``linked`` items are judged.
    """
    query = _COMPARE.format(
        told=_TOLD, by_day=side.ours(side.by_day), by_item=side.ours(side.by_item), at=_AT, owner=side.owner
    )
    chosen = {"core": array(one.day for one in issued), "linked": array(linked)}
    found = [Break(*row) for row in connection.execute(text(query), {**lines, **chosen})]
    for one in issued:
        found = [*_unreadable(one, found), *_flaws(one)]
    return found


def _unreadable(issued: Issued, found: Sequence[Break]) -> list[Break]:
    """Lines that cannot be read: under the item that they name where we miss just that one, else under their number."""
    missed = {one.item: one for one in found if one.kind == "only_ours" and one.day == issued.day}
    named: dict[str, Break] = {}
    unnamed: list[Break] = []
    for line in issued.statement.bad:
        why = {"line": line.line, "field": line.field, "reason": line.reason}
        ours = next((missed[cell] for cell in line.raw.split(",") if cell in missed and cell not in named), None)
        if ours is not None:
            named[ours.item] = replace(ours, kind="unreadable", stated_on=issued.day, theirs=why)
        else:
            item = f"#line {line.line}"
            unnamed.append(Break(issued.day, "unreadable", item, issued.day, None, None, why))
    others = [one for one in found if not (one.item in named and one is missed[one.item])]
    return [*others, *named.values(), *unnamed]


def _flaws(issued: Issued) -> list[Break]:
    """What is wrong with the file as a whole, such as a trailer that does not add up."""
    day, problems = issued.day, " ".join(issued.statement.problems)
    return [Break(day, "total", "#file", day, None, None, {"problem": problems})] if problems else []
