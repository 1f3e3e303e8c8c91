"""The books' own rows about one person, by subject: what was asked for, paid, granted, paid out, given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from worker.privacy import Vault, mask

_CLAUSES = (
    "coalesce((SELECT string_agg(one, '、') FROM jsonb_array_elements_text({0}->'clauses') AS one), '') AS clauses"
)
_DUES = "(SELECT id FROM due WHERE person_id = :person)"
_GRANTS = "(SELECT id FROM assistance WHERE person_id = :person)"
_CASES = f"(SELECT id FROM refund_case WHERE person_id = :person OR due_id IN {_DUES})"
_PAYMENTS = (
    f"(SELECT id FROM payment WHERE due_id IN {_DUES} OR person_no = :person_no"
    f" OR id IN (SELECT payment_id FROM allocation WHERE due_id IN {_DUES})"
    f" OR id IN (SELECT payment_id FROM refund_item WHERE case_id IN {_CASES}))"
)
_ORDERS = (
    f"(SELECT id FROM disbursement WHERE assistance_id IN {_GRANTS}"
    f" OR refund_item_id IN (SELECT id FROM refund_item WHERE case_id IN {_CASES}))"
)

SECTIONS: Mapping[tuple[str, str], str] = {
    ("应缴（各版本）", "Dues, all versions"): (
        "SELECT d.id AS due, d.insured_year, d.insurance, d.payer, d.part, d.version, d.current, v.notice, "
        + _CLAUSES.format("v.body")
        + ", d.standard AS standard_fen, d.amount AS amount_fen, d.channel, d.assessed_on, d.deadline, d.state,"
        " d.tax_no,"
        " d.reject_code, d.paid AS paid_fen, d.lowered AS lowered_fen, d.paid_on, d.reversed"
        " FROM due d JOIN decision v ON v.id = d.decision_id WHERE d.person_id = :person"
        " ORDER BY d.insured_year, d.insurance, d.payer, d.part, d.version, d.id"
    ),
    ("缴费与冲正", "Payments and reversals"): (
        "SELECT voucher_no, line, kind, reference, due_id AS due, amount AS amount_fen, channel, reverses, remark,"
        " paid_at,"
        f" tax_date, recorded_at FROM payment WHERE id IN {_PAYMENTS} ORDER BY id"
    ),
    ("认领", "Money of nobody that was found to be theirs"): (
        "SELECT a.id AS allocation, p.voucher_no, a.due_id AS due, a.amount AS amount_fen, a.undoes, a.reason,"
        f" a.business_date FROM allocation a JOIN payment p ON p.id = a.payment_id WHERE a.due_id IN {_DUES} ORDER BY"
        " a.id"
    ),
    ("缴后更正", "Corrections after the payment"): (
        "SELECT c.id AS correction, c.due_id AS due, c.amount AS amount_fen, c.undoes, c.corrected_on, v.notice, "
        + _CLAUSES.format("v.body")
        + " FROM correction c JOIN decision v ON v.id = c.decision_id WHERE c.person_id = :person ORDER BY c.id"
    ),
    ("资助", "Assistance"): (
        "SELECT id AS assistance, due_id AS due, insurance, category, source, timing, amount AS amount_fen, rule,"
        " coalesce(CAST(:clauses AS jsonb)->>rule, '') AS clauses, state, held_because, granted_on"
        " FROM assistance WHERE person_id = :person ORDER BY id"
    ),
    ("发放与银行退回", "Pay-outs and bank returns"): (
        "SELECT o.id AS order_no, o.assistance_id AS assistance, o.refund_item_id AS refund_item, o.attempt, b.bank,"
        " b.account_cipher AS account, o.amount AS amount_fen, o.batch, o.state, o.code, o.settled_on"
        " FROM disbursement o LEFT JOIN bank_account b ON b.id = o.bank_account_id"
        f" WHERE o.id IN {_ORDERS} ORDER BY o.id"
    ),
    ("追回", "Assistance to be repaid"): (
        "SELECT c.id AS clawback, c.assistance_id AS assistance, c.category, c.source, c.amount AS amount_fen,"
        " c.repaid AS repaid_fen, c.revoked_on, c.opened_on, c.holds_cover, "
        + _CLAUSES.format("c.decision")
        + " FROM clawback c WHERE c.person_id = :person ORDER BY c.id"
    ),
    ("追回到账", "Repayments"): (
        "SELECT r.clawback_id AS clawback, r.voucher AS voucher_no, r.amount AS amount_fen, r.repaid_on FROM"
        " repayment r"
        " JOIN clawback c ON c.id = r.clawback_id WHERE c.person_id = :person ORDER BY r.id"
    ),
    ("退费", "Refunds"): (
        "SELECT c.id AS refund, c.due_id AS due, c.reason, c.amount AS amount_fen, c.state, c.entered_by, c.applied_on,"
        " c.event_on, c.decision->>'outcome' AS outcome, "
        + _CLAUSES.format("c.decision")
        + f", c.reviewed_by, c.reviewed_on, c.review_reason, c.remark FROM refund_case c WHERE c.id IN {_CASES} ORDER"
        " BY c.id"
    ),
    ("退费明细", "What of them went where"): (
        "SELECT i.id AS refund_item, i.case_id AS refund, p.voucher_no, i.source, i.amount AS amount_fen, i.route,"
        " i.state,"
        " i.held_because, i.settled_on FROM refund_item i JOIN payment p ON p.id = i.payment_id"
        f" WHERE i.case_id IN {_CASES} ORDER BY i.id"
    ),
    ("跨区移交", "Cases between areas"): (
        "SELECT h.case_id AS handoff, h.kind, h.side, h.peer, s.number, s.what, s.by, s.day, s.facts->>'amount' AS"
        " amount_fen,"
        " s.facts->>'reason' AS reason, "
        + _CLAUSES.format("s.facts")
        + " FROM handoff h JOIN handoff_step s ON s.handoff_id = h.id WHERE h.person_id = :person ORDER BY h.id,"
        " s.number"
    ),
    ("重复参保", "Enrolled twice"): (
        "SELECT id AS duplicate, insured_year, other, found_by, other_since, state, outcome, "
        + _CLAUSES.format("decision")
        + ", decided_by, decided_on, carried_out FROM duplicate_case WHERE person_id = :person ORDER BY id"
    ),
    ("其他参保", "Other cover that was told of"): (
        "SELECT o.scheme, o.area, o.since, o.months, o.flexible_employment, o.entitled, o.business_date, f.name AS file"
        " FROM other_cover o JOIN intake_file f ON f.id = o.source_file WHERE o.person_id = :person ORDER BY o.id"
    ),
    ("资助申请", "Applications for assistance"): (
        "SELECT a.insured_year, a.area, a.category, a.applied_on, a.business_date, f.name AS file"
        " FROM application a JOIN intake_file f ON f.id = a.source_file WHERE a.person_id = :person ORDER BY a.id"
    ),
    ("请款", "On statements of claim"): (
        "SELECT s.number AS statement, l.kind, l.subject_id AS subject, l.category, l.rule, l.clauses,"
        " l.amount AS amount_fen, l.on_day, l.live, s.state FROM fund_statement_line l"
        " JOIN fund_statement s ON s.id = l.statement_id WHERE l.person_id = :person ORDER BY s.id, l.kind,"
        " l.subject_id"
    ),
    ("对账差异", "Breaks about their payments and pay-outs"): (
        "SELECT b.id AS break, b.side, b.day, b.item, b.kind, b.state, s.action, s.actor, s.text AS reason,"
        " s.business_date"
        " FROM break_found b LEFT JOIN break_step s ON s.break_id = b.id WHERE b.item IN (SELECT voucher_no || CASE"
        " WHEN line > 1"
        f" THEN '/' || line ELSE '' END FROM payment WHERE id IN {_PAYMENTS}"
        f"  UNION ALL SELECT b.area || '-' || id FROM disbursement WHERE id IN {_ORDERS}) ORDER BY b.id, s.id"
    ),
    ("搁置的行", "Rows that could not be taken in"): (
        "SELECT f.name AS file, q.line, f.business_date, (SELECT string_agg(concat_ws(' ', p->>'field', p->>'code'),"
        " '; ')"
        "  FROM jsonb_array_elements(q.problems) AS p) AS problems, q.state, q.closed_by, q.closed_at"
        " FROM quarantined_row q JOIN intake_file f ON f.id = q.file_id WHERE q.subject = ANY(:subjects) ORDER BY q.id"
    ),
    ("账务分录", "Postings in the ledger"): (
        "SELECT t.business_date, t.code, t.subject_id AS subject, t.due_id AS due, d.code AS debit, c.code AS credit,"
        " coalesce(nullif(d.source, ''), c.source) AS source, t.amount AS amount_fen, t.recorded_at FROM transfer t"
        " JOIN account d ON d.id = t.debit_id JOIN account c ON c.id = t.credit_id"
        f" WHERE t.due_id IN {_DUES} OR t.due_id IS NULL AND t.subject_id IN {_GRANTS} AND t.code IN"
        "  ('assistance.applied', 'assistance.unapplied', 'assistance.granted', 'assistance.cancelled') ORDER BY"
        " t.recorded_at, t.code, t.subject_id"
    ),
}
"""By heading in Chinese and English: the query. Columns named ``..._fen`` are money in fen."""


@dataclass(frozen=True)
class Section:
    """A part of the file: its headings, the names of its columns, its rows."""

    zh: str
    en: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def read_sections(connection: Connection, vault: Vault, values: Mapping[str, Any], reveal: bool) -> list[Section]:
    """Every section of the person, empty ones too: that nothing is there is also an answer.

    ``values``: person, person_no, clauses (a JSON object from rule to clauses), subjects (what rows
    that were set aside know them by).
    """
    found = []
    for (zh, en), query in SECTIONS.items():
        result = connection.execute(text(query), dict(values))
        columns = tuple(result.keys())
        rows = [tuple(row) for row in result]
        if "account" in columns:
            rows = [_opened(vault, columns.index("account"), row, reveal) for row in rows]
        found.append(Section(zh, en, columns, tuple(rows)))
    return found


def _opened(vault: Vault, at: int, row: tuple[Any, ...], reveal: bool) -> tuple[Any, ...]:
    if row[at] is None:
        return row
    (number,) = vault.decrypt([bytes(row[at])])
    return (*row[:at], number if reveal else mask(number), *row[at + 1 :])
