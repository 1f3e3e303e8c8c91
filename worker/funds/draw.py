"""Drawing statements of claim: what each fund is asked for, line by line, less what has come back for it since.

A statement takes in whatever happened up to its last day and stands on none yet, so that what is booked late, or was
on a statement that has been withdrawn, is asked for with the next. What a statement once said stays: a claim that falls
away afterwards is deducted on a later one.
"""

from __future__ import annotations

from datetime import date

import orjson
from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.funds.period import Period, month_of, months
from worker.law import Law
from worker.ledger import funds as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post

_LOCK = text("LOCK TABLE fund_statement IN SHARE ROW EXCLUSIVE MODE")
_ON_NONE = "NOT EXISTS (SELECT FROM fund_statement_line k WHERE k.kind = '{}' AND k.subject_id = {} AND k.live)"
_OF_YEAR = "JOIN enrolment e ON e.id = {} AND e.insured_year = :year"
_CLAUSES = "coalesce((SELECT string_agg(one, '、') FROM jsonb_array_elements_text({}->'clauses') AS one), '')"
# Where the levy was netted to nothing there is no due: the standard is what the decision says.
_STANDARD = (
    "coalesce(d.standard, (SELECT (line->>'standard')::bigint FROM decision v, jsonb_array_elements(v.body->'lines')"
    " AS line WHERE v.id = e.decision_id AND a.due_id IS NULL AND line->>'insurance' = a.insurance))"
)
_FOUND = (
    "SELECT 'claim' AS kind, a.id AS subject_id, a.enrolment_id, a.person_id, a.insurance, a.source, a.category,"
    f"  a.rule, coalesce(law.value, '') AS clauses, {_STANDARD} AS standard, a.amount, a.granted_on AS on_day"
    " FROM assistance a LEFT JOIN enrolment e ON e.id = a.enrolment_id LEFT JOIN due d ON d.id = a.due_id"
    "  LEFT JOIN json_each_text(CAST(:clauses AS json)) AS law ON law.key = a.rule"
    "  WHERE a.area = :area AND a.insured_year = :year AND a.state <> 'cancelled' AND a.granted_on <= :last"
    f"  AND {_ON_NONE.format('claim', 'a.id')}"
    " UNION ALL SELECT 'cancelled', a.id, l.enrolment_id, l.person_id, a.insurance, a.source, l.category, l.rule,"
    "  l.clauses, l.standard, -l.amount, t.business_date FROM assistance a"
    "  JOIN fund_statement_line l ON l.kind = 'claim' AND l.subject_id = a.id AND l.live"
    "  JOIN transfer t ON t.subject_id = a.id AND t.code = CASE a.timing WHEN 'at_levy' THEN 'assistance.unapplied'"
    "   ELSE 'assistance.cancelled' END"
    "  WHERE a.area = :area AND a.insured_year = :year AND a.state = 'cancelled' AND t.business_date <= :last"
    f"  AND {_ON_NONE.format('cancelled', 'a.id')}"
    " UNION ALL SELECT 'repaid', r.id, c.enrolment_id, c.person_id, c.insurance, c.source, c.category, a.rule,"
    f"  {_CLAUSES.format('c.decision')}, d.standard, -r.amount, r.repaid_on FROM repayment r"
    f"  JOIN clawback c ON c.id = r.clawback_id {_OF_YEAR.format('c.enrolment_id')}"
    "  JOIN assistance a ON a.id = c.assistance_id LEFT JOIN due d ON d.id = a.due_id"
    f"  WHERE c.area = :area AND r.repaid_on <= :last AND {_ON_NONE.format('repaid', 'r.id')}"
    " UNION ALL SELECT 'refunded', i.id, d.enrolment_id, d.person_id, i.insurance, i.source,"
    "  coalesce(given.category, ''), coalesce(given.rule, ''),"
    f"  {_CLAUSES.format('c.decision')}, d.standard, -i.amount, i.settled_on FROM refund_item i"
    f"  JOIN refund_case c ON c.id = i.case_id JOIN due d ON d.id = i.due_id {_OF_YEAR.format('d.enrolment_id')}"
    "  LEFT JOIN LATERAL (SELECT a.category, a.rule FROM assistance a WHERE a.enrolment_id = d.enrolment_id"
    "   AND a.insurance = i.insurance AND a.source = i.source AND a.state <> 'cancelled'"
    "   ORDER BY a.amount DESC, a.id LIMIT 1) AS given ON true"
    "  WHERE i.area = :area AND i.source <> '' AND i.state <> 'stopped' AND i.settled_on <= :last"
    f"  AND {_ON_NONE.format('refunded', 'i.id')}"
)
_DRAW = text(
    f"WITH found AS MATERIALIZED (SELECT * FROM ({_FOUND}) AS f WHERE CAST(:source AS text) IS NULL OR"
    "  source = :source),"
    # Numbered last, in this order: what is joined first comes in any order.
    " due_now AS MATERIALIZED (SELECT nextval('fund_statement_number') AS id, f.* FROM (SELECT * FROM"
    "  (SELECT insurance, source, coalesce(sum(amount) FILTER (WHERE kind = 'claim'), 0)::bigint AS claimed,"
    "   coalesce(-sum(amount) FILTER (WHERE kind <> 'claim'), 0)::bigint AS deducted,"
    "   coalesce(-sum(amount) FILTER (WHERE kind IN ('repaid', 'refunded')), 0)::bigint AS set_off, count(*) AS lines"
    "   FROM found GROUP BY insurance, source) AS fund"
    "  WHERE NOT EXISTS (SELECT FROM fund_statement s WHERE (s.area, s.insured_year, s.insurance, s.source,"
    "   s.first_day, s.last_day) = (:area, :year, fund.insurance, fund.source, :first, :last)"
    "   AND s.withdrawn_on IS NULL) ORDER BY insurance DESC, source) AS f),"
    " drawn AS (INSERT INTO fund_statement (id, number, area, insured_year, insurance, source, first_day, last_day,"
    "   claimed, deducted, set_off, state, drawn_on, drawn_by)"
    "  SELECT id, :area || '-' || :year || '-' || lpad(id::text, greatest(4, length(id::text)), '0'), :area, :year,"
    "   insurance, source, :first, :last, claimed, deducted, set_off,"
    "   CASE WHEN claimed = deducted THEN 'settled' ELSE 'drawn' END, :today, :by FROM due_now"
    "  RETURNING id, number, insurance, source, claimed, deducted, set_off, state),"
    " lines AS (INSERT INTO fund_statement_line (statement_id, kind, subject_id, enrolment_id, person_id, category,"
    "   rule, clauses, standard, amount, on_day)"
    "  SELECT drawn.id, f.kind, f.subject_id, f.enrolment_id, f.person_id, f.category, f.rule, f.clauses, f.standard,"
    "   f.amount, f.on_day FROM found f JOIN drawn USING (insurance, source))"
    " SELECT drawn.*, due_now.lines FROM drawn JOIN due_now USING (id) ORDER BY id"
)
_FIRST = text(
    "SELECT min(a.granted_on) FROM assistance a WHERE a.area = :area AND a.insured_year = :year"
    f" AND a.state <> 'cancelled' AND {_ON_NONE.format('claim', 'a.id')}"
)


class NotDrawable(Exception):
    """A statement that cannot be drawn yet; the message says why and what would do."""


def draw(
    connection: Connection,
    law: Law,
    accounts: Accounts,
    period: Period,
    today: date,
    by: str,
    source: str | None = None,
) -> list[Event]:
    """Draw a statement for each insurance and fund (or ``source`` alone) that has lines; returns an event for each.

    A period for which a fund's statement stands already is left as it is. Raises ``NotDrawable`` before it has ended.
    """
    if period.last >= today:
        raise NotDrawable(
            f"{period} ends on {period.last} and today is {today}: draw it when it has ended, or name days before"
            " today, as 2020-11-01..2020-11-15"
        )
    clauses = {rule: "、".join(named) for rule, named in law.clauses().items()}
    connection.execute(_LOCK)
    rows = connection.execute(
        _DRAW,
        {
            "area": law.area,
            "year": law.insured_year,
            "first": period.first,
            "last": period.last,
            "source": source,
            "today": today,
            "by": by,
            "clauses": orjson.dumps(clauses).decode(),
        },
    ).all()
    moves = [ledger.set_off(accounts, row.id, row.insurance, row.source, row.set_off) for row in rows if row.set_off]
    post(connection, moves, today)
    return [
        Event(
            "funds.drawn",
            None,
            {
                "statement": row.id,
                "number": row.number,
                "insurance": row.insurance,
                "source": row.source,
                "period": str(period),
                "lines": row.lines,
                "claimed": row.claimed,
                "deducted": row.deducted,
                "by": by,
            },
        )
        for row in rows
    ]


def draw_months(
    connection: Connection, law: Law, accounts: Accounts, last: Period, today: date, by: str
) -> list[Event]:
    """Draw the statements of every month up to ``last`` for which something is asked for, the earliest first."""
    connection.execute(_LOCK)
    first: date | None = connection.execute(_FIRST, {"area": law.area, "year": law.insured_year}).scalar_one()
    begin = min(last, month_of(first)) if first else last
    return [event for month in months(begin, last) for event in draw(connection, law, accounts, month, today, by)]
