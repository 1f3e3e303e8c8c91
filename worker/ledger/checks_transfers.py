"""Checks of the transfers themselves: whom they are about, and between which accounts they stand."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from worker.ledger.chart import chart
from worker.ledger.finding import sentences
from worker.ledger.pairs import PAIRS, RECEIVABLE

_DANGLING = (
    "SELECT t.code, t.subject_id, CASE WHEN a.id IS NULL OR b.id IS NULL THEN 'an account' ELSE 'a due' END"
    " || ' that is not there' AS missing FROM transfer t LEFT JOIN account a ON a.id = t.debit_id"
    " LEFT JOIN account b ON b.id = t.credit_id LEFT JOIN due d ON d.id = t.due_id"
    " WHERE a.id IS NULL OR b.id IS NULL OR (t.due_id IS NOT NULL AND d.id IS NULL)"
)
_SUBJECTS = ", ".join(f"('{code}', '{pair.subject}')" for code, pair in PAIRS.items())
_MOVES = text(
    "WITH book (kind, id, area, insurance, source) AS ("
    "  SELECT 'due', id, area, insurance, CASE payer WHEN 'person' THEN '' ELSE payer END FROM due"
    "  UNION ALL SELECT 'payment', p.id, p.area, d.insurance, CASE d.payer WHEN 'person' THEN '' ELSE d.payer END"
    "   FROM payment p LEFT JOIN due d ON d.id = p.due_id"
    "  UNION ALL SELECT 'assistance', id, area, insurance, source FROM assistance"
    "  UNION ALL SELECT 'disbursement', o.id, a.area, a.insurance, a.source"
    "   FROM disbursement o JOIN assistance a ON a.id = o.assistance_id"
    "  UNION ALL SELECT 'correction', c.id, d.area, d.insurance, '' FROM correction c JOIN due d ON d.id = c.due_id"
    "  UNION ALL SELECT 'clawback', id, area, insurance, source FROM clawback"
    "  UNION ALL SELECT 'repayment', r.id, c.area, c.insurance, c.source"
    "   FROM repayment r JOIN clawback c ON c.id = r.clawback_id"
    "  UNION ALL SELECT 'disbursement', o.id, i.area, i.insurance, ''"
    "   FROM disbursement o JOIN refund_item i ON i.id = o.refund_item_id"
    "  UNION ALL SELECT 'refund_item', id, area, insurance, source FROM refund_item"
    "  UNION ALL SELECT 'allocation', a.id, d.area, d.insurance, CASE d.payer WHEN 'person' THEN '' ELSE d.payer END"
    "   FROM allocation a JOIN due d ON d.id = a.due_id"
    "  UNION ALL SELECT 'fund_statement', id, area, insurance, source FROM fund_statement"
    "  UNION ALL SELECT 'fund_settlement', p.id, s.area, s.insurance, s.source"
    "   FROM fund_settlement p JOIN fund_statement s ON s.id = p.statement_id"
    "  UNION ALL SELECT 'handoff', id, area, insurance, '' FROM handoff)"
    " SELECT t.code, t.debit_id, t.credit_id, b.id IS NULL AS lost, b.area, b.insurance, b.source,"
    " min(t.subject_id) AS subject, count(*) AS n"
    f" FROM transfer t LEFT JOIN (VALUES {_SUBJECTS}) AS subject (code, kind) ON subject.code = t.code"
    " LEFT JOIN book b ON b.kind = subject.kind AND b.id = t.subject_id GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 8"
)
_ACCOUNTS = text("SELECT id, area, code, insurance, source FROM account")


class _Account(NamedTuple):
    area: str
    code: str
    insurance: str
    source: str

    def __str__(self) -> str:
        return " ".join(filter(None, self))


def nothing_dangles(connection: Connection) -> list[str]:
    """Every transfer stands between accounts of the chart and belongs to a due that is there."""
    return sentences(connection, _DANGLING, lambda row: f"{row.code} of {row.subject_id} names {row.missing}")


def accounts_fit(connection: Connection) -> list[str]:
    """Every transfer is about something that is there, and moves between the accounts that belong to its reason."""
    accounts = {row.id: _Account(*row[1:]) for row in connection.execute(_ACCOUNTS)}
    return [sentence for row in connection.execute(_MOVES) if (sentence := _judge(row, accounts))]


def _judge(row: Any, accounts: dict[int, _Account]) -> str | None:
    """What is wrong with the transfers of one kind between two accounts; ``row.subject`` is the first of them."""
    place = f"{row.code} of {row.subject}" + (f" and {row.n - 1} more" if row.n > 1 else "")
    pair = PAIRS.get(row.code)
    if pair is None:
        return f"{place}: that is no reason for which money moves"
    if row.lost:
        return f"{place}: there is no such {pair.subject}"
    debit, credit = accounts.get(row.debit_id), accounts.get(row.credit_id)
    if debit is None or credit is None:
        return None  # dangling, which another check says
    insurance = row.insurance or debit.insurance
    right = tuple(_account(code, row.area, insurance, row.source or "") for code in (pair.debit, pair.credit))
    if (debit, credit) == right:
        return None
    return f"{place} debits {debit} and credits {credit}; {right[0]} and {right[1]} belong to it"


def _account(code: str, area: str, insurance: str, source: str) -> _Account:
    if code == RECEIVABLE:
        code = "receivable_sponsor" if source else "receivable_person"
    return _Account(area, code, insurance, source if chart()[code]["by"] == "source" else "")
