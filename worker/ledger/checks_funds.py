"""Checks of what funds are asked for: statements, their lines, the rows behind them, and the accounts."""

from __future__ import annotations

from sqlalchemy import Connection

from policies.money import yuan
from worker.ledger.finding import sentences, untold

_ADD_UP = (
    "SELECT s.number, s.claimed, s.deducted, s.set_off, s.settled, coalesce(l.claimed, 0)::bigint AS lines_claimed,"
    " coalesce(l.deducted, 0)::bigint AS lines_deducted, coalesce(l.set_off, 0)::bigint AS lines_set_off,"
    " coalesce(p.paid, 0)::bigint AS paid, coalesce(l.odd, 0) AS odd FROM fund_statement s"
    " LEFT JOIN (SELECT k.statement_id, sum(k.amount) FILTER (WHERE k.kind = 'claim') AS claimed,"
    "   -sum(k.amount) FILTER (WHERE k.kind <> 'claim') AS deducted,"
    "   -sum(k.amount) FILTER (WHERE k.kind IN ('repaid', 'refunded')) AS set_off,"
    "   count(*) FILTER (WHERE k.live <> (t.state <> 'withdrawn')) AS odd FROM fund_statement_line k"
    "   LEFT JOIN fund_statement t ON t.id = k.statement_id GROUP BY k.statement_id) AS l ON l.statement_id = s.id"
    " LEFT JOIN (SELECT statement_id, sum(amount) AS paid FROM fund_settlement GROUP BY statement_id) AS p"
    "  ON p.statement_id = s.id WHERE (s.claimed, s.deducted, s.set_off, s.settled) IS DISTINCT FROM"
    " (coalesce(l.claimed, 0), coalesce(l.deducted, 0), coalesce(l.set_off, 0), coalesce(p.paid, 0)) OR l.odd > 0"
)
_BEHIND = (
    "WITH book AS (SELECT 'claim' AS kind, id, person_id, area, insurance, source, amount FROM assistance"
    "  UNION ALL SELECT 'cancelled', a.id, a.person_id, a.area, a.insurance, a.source, -a.amount FROM assistance a"
    "   JOIN fund_statement_line c ON c.kind = 'claim' AND c.subject_id = a.id AND c.live"
    "   WHERE a.state = 'cancelled'"
    "  UNION ALL SELECT 'repaid', r.id, c.person_id, c.area, c.insurance, c.source, -r.amount FROM repayment r"
    "   JOIN clawback c ON c.id = r.clawback_id"
    "  UNION ALL SELECT 'refunded', id, person_id, area, insurance, source, -amount FROM refund_item"
    "   WHERE source <> '')"
    " SELECT s.number, l.kind, l.subject_id, l.amount, b.amount AS booked, b.person_id AS whose FROM"
    " fund_statement_line l LEFT JOIN fund_statement s ON s.id = l.statement_id"
    " LEFT JOIN book b ON b.kind = l.kind AND b.id = l.subject_id WHERE l.live AND (l.person_id, l.amount, s.area,"
    " s.insurance, s.source) IS DISTINCT FROM (b.person_id, b.amount, b.area, b.insurance, b.source)"
)
_POSTED = (
    "WITH said AS (SELECT 'fund.set_off' AS code, id, set_off AS amount FROM fund_statement WHERE set_off > 0"
    "  UNION ALL SELECT 'fund.set_off_undone', id, set_off FROM fund_statement"
    "   WHERE set_off > 0 AND state = 'withdrawn'"
    "  UNION ALL SELECT CASE WHEN s.claimed > s.deducted THEN 'fund.settled' ELSE 'fund.given_back' END, p.id, p.amount"
    "   FROM fund_settlement p JOIN fund_statement s ON s.id = p.statement_id),"
    " posted AS (SELECT code, subject_id AS id, amount FROM transfer WHERE code LIKE 'fund.%')"
    " SELECT code, id, coalesce(said.amount, 0) AS says, coalesce(posted.amount, 0) AS booked FROM said"
    " FULL JOIN posted USING (code, id) WHERE said.amount IS DISTINCT FROM posted.amount"
)
# Written down apart from `levy funds` on purpose: what a fund owes is what was asked for and is open, and what was not
# asked for yet, less what fell away since it was asked for.
_OWED = (
    "WITH part AS (SELECT area, insurance, source, 'fund_claim' AS code, claimed - deducted - settled"
    "   * sign(claimed - deducted) AS amount FROM fund_statement WHERE state <> 'withdrawn'"
    "  UNION ALL SELECT a.area, a.insurance, a.source, 'fund_claim', CASE a.state WHEN 'cancelled' THEN -a.amount"
    "    ELSE a.amount END FROM assistance a LEFT JOIN fund_statement_line c ON c.kind = 'claim' AND c.live"
    "    AND c.subject_id = a.id LEFT JOIN fund_statement_line k ON k.kind = 'cancelled' AND k.live"
    "    AND k.subject_id = a.id WHERE CASE a.state WHEN 'cancelled' THEN c.statement_id IS NOT NULL"
    "     AND k.statement_id IS NULL ELSE c.statement_id IS NULL END"
    "  UNION ALL SELECT area, insurance, source, 'funds_received', settled * sign(claimed - deducted)"
    "   FROM fund_statement"
    "  UNION ALL SELECT area, insurance, source, 'owed_to_fund', -amount FROM clawback"
    "  UNION ALL SELECT area, insurance, source, 'owed_to_fund', -amount FROM refund_item WHERE source <> ''"
    "   AND state <> 'stopped'"
    "  UNION ALL SELECT area, insurance, source, 'owed_to_fund', set_off FROM fund_statement"
    "   WHERE state <> 'withdrawn'),"
    " says AS (SELECT area, insurance, source, code, sum(amount) AS amount FROM part GROUP BY 1, 2, 3, 4),"
    " moved AS (SELECT c.area, c.insurance, c.source, c.code, sum(m.amount) AS balance FROM (SELECT debit_id AS id,"
    "   sum(amount) AS amount FROM transfer GROUP BY 1 UNION ALL SELECT credit_id, -sum(amount) FROM transfer"
    "   GROUP BY 1) AS m JOIN account c ON c.id = m.id WHERE c.code IN ('fund_claim', 'funds_received',"
    "   'owed_to_fund') GROUP BY 1, 2, 3, 4)"
    " SELECT source, insurance, code, coalesce(s.amount, 0)::bigint AS says, coalesce(m.balance, 0)::bigint AS balance"
    " FROM says s FULL JOIN moved m USING (area, insurance, source, code)"
    " WHERE coalesce(s.amount, 0) <> coalesce(m.balance, 0) ORDER BY source, code"
)
_TOLD = (
    "WITH told AS MATERIALIZED (SELECT action, facts::jsonb AS f FROM audit_event WHERE action LIKE 'funds.%'),"
    " booked AS (SELECT 'funds.drawn' AS action, number AS name, claimed - deducted AS amount, drawn_on AS day"
    "   FROM fund_statement"
    "  UNION ALL SELECT 'funds.withdrawn', number, 0, withdrawn_on FROM fund_statement WHERE state = 'withdrawn'"
    "  UNION ALL SELECT CASE WHEN s.claimed > s.deducted THEN 'funds.settled' ELSE 'funds.given_back' END, p.voucher,"
    "   p.amount, p.settled_on FROM fund_settlement p JOIN fund_statement s ON s.id = p.statement_id),"
    " says AS (SELECT action, coalesce(f->>'voucher', f->>'number') AS name, CASE action"
    "  WHEN 'funds.drawn' THEN (f->>'claimed')::bigint - (f->>'deducted')::bigint WHEN 'funds.withdrawn' THEN 0"
    "  ELSE (f->>'amount')::bigint END AS amount FROM told WHERE action <> 'funds.exported')"
    " SELECT action, name, b.amount AS booked, s.amount AS told FROM booked b FULL JOIN says s USING (action, name)"
    f" WHERE b.amount IS DISTINCT FROM s.amount AND NOT {untold('b.day', 's.action')}"
)


def statements_add_up(connection: Connection) -> list[str]:
    """Every statement of claim is the sum of its lines, and is settled with just what the finance bureau has paid."""
    return sentences(
        connection,
        _ADD_UP,
        lambda row: (
            f"statement {row.number} claims {yuan(row.claimed)} and deducts {yuan(row.deducted)} yuan, its lines"
            f" {yuan(row.lines_claimed)} and {yuan(row.lines_deducted)}; {yuan(row.settled)} are settled, by vouchers"
            f" {yuan(row.paid)}" + ("; lines count that should not, or the other way round" if row.odd else "")
        ),
    )


def lines_are_grants(connection: Connection) -> list[str]:
    """Every line of a statement is a grant, cancellation, repayment or refund of that person, fund and amount."""
    return sentences(
        connection,
        _BEHIND,
        lambda row: (
            f"statement {row.number}, {row.kind} {row.subject_id} of {yuan(row.amount)} yuan: the book says"
            + (f" {yuan(row.booked)} of person {row.whose}" if row.booked is not None else " nothing of it")
        ),
    )


def funds_are_posted(connection: Connection) -> list[str]:
    """What is deducted on statements for a fund, and what the finance bureau has paid, is posted with its amount."""
    return sentences(
        connection,
        _POSTED,
        lambda row: f"{row.code} of {row.id}: the book says {yuan(row.says)} yuan, the ledger {yuan(row.booked)}",
    )


def funds_owe(connection: Connection) -> list[str]:
    """By fund, what is open on statements or not claimed yet, received, and owed back to it is what accounts hold."""
    return sentences(
        connection,
        _OWED,
        lambda row: (
            f"{row.source} ({row.insurance}): statements and grants say {row.code} is {yuan(row.says)} yuan,"
            f" the ledger {yuan(row.balance)}"
        ),
    )


def statements_are_told(connection: Connection) -> list[str]:
    """Every statement drawn or withdrawn, and every settlement, has an event in the audit log with the same amount."""
    return sentences(
        connection,
        _TOLD,
        lambda row: (
            f"{row.action} {row.name}: the book says {'nothing' if row.booked is None else yuan(row.booked)},"
            f" the audit log {'nothing' if row.told is None else yuan(row.told)}"
        ),
    )
