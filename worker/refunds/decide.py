"""Deciding cases by the policy engine, from our own tables: what was paid when, cover, and assistance by source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import product
from typing import Any

import orjson
from sqlalchemy import Connection, text

from policies.load import load_notice
from policies.refund import RefundQuestion, decide_refund
from worker.audit.log import Event
from worker.database.arrays import array
from worker.refunds.closing import close
from worker.refunds.locking import lock_cases
from worker.refunds.reasons import OWED_ANYWAY, PAID_CLOSED, owed_back

_FACTS = text(
    "SELECT c.id, c.area, c.person_id, c.due_id, c.insurance, c.reason, c.amount, c.applied_on, c.event_on,"
    " c.own_fault, c.benefits_used, c.intended_area, c.entered_by, c.remark, c.state, c.decision, d.payer,"
    " d.paid - d.lowered AS paid, d.paid_on,"
    " e.benefit_start, e.benefit_end,"
    " coalesce((SELECT jsonb_agg(jsonb_build_object('source', a.source, 'amount', a.amount) ORDER BY a.source) FROM"
    "  (SELECT source, sum(amount)::bigint AS amount FROM assistance n WHERE enrolment_id = d.enrolment_id"
    "   AND insurance = d.insurance AND state = 'paid'"
    "   AND NOT EXISTS (SELECT FROM clawback k WHERE k.assistance_id = n.id)"
    "   GROUP BY source) AS a), '[]') AS received,"
    " EXISTS (SELECT FROM assistance a WHERE a.enrolment_id = d.enrolment_id AND a.insurance = d.insurance"
    "  AND a.state = 'ordered') AS under_way"
    " FROM refund_case c JOIN due d ON d.id = c.due_id JOIN enrolment e ON e.id = d.enrolment_id"
    " WHERE c.id = ANY(CAST(:ids AS bigint[])) AND d.state = 'paid' AND d.paid > d.lowered AND c.reason <>"
    " 'overpaid' ORDER BY c.id"
)
_DECIDED = text(
    "UPDATE refund_case c SET decision = n.decision::jsonb, state = n.state, amount = n.amount"
    " FROM unnest(CAST(:ids AS bigint[]),"
    " CAST(:decisions AS text[]), CAST(:states AS text[]), CAST(:amounts AS bigint[]))"
    " AS n(id, decision, state, amount) WHERE c.id = n.id"
)
_STATES = {"refund": "decided", "no_refund": "refused", "undetermined": "undetermined"}
_KEPT = ("outcome", "reason", "refund", "ends_cover", "handoff", "missing", "clauses", "why")
_UNDER_WAY = (
    "资助正在支付途中，待银行回执后再定"
    " / assistance of this premium is at the treasury: decided once the bank has answered"
)
_NOT_ASKED = {"own_fault", "benefits_used"}


def decide_cases(connection: Connection, notice: str, case_ids: Sequence[int]) -> list[Event]:
    """Decide those of these cases that wait for a decision; returns an event for each whose decision is news."""
    lock_cases(connection, case_ids)
    fresh = []
    for row in connection.execute(_FACTS, {"ids": array(case_ids)}).all():
        if row.state not in ("applied", "undetermined"):
            continue
        decision = decide(notice, row)
        if row.state == "applied" or decision != row.decision:
            fresh.append((row, decision))
    connection.execute(
        _DECIDED,
        {
            "ids": array(row.id for row, _ in fresh),
            "decisions": array(orjson.dumps(decision).decode() for _, decision in fresh),
            "states": array(_STATES[decision["outcome"]] for _, decision in fresh),
            "amounts": array(row.paid for row, _ in fresh),
        },
    )
    lapsed = [row.id for row, decision in fresh if decision["outcome"] == "no_refund" and decision["ends_cover"]]
    return [_event(row, decision) for row, decision in fresh] + close(connection, lapsed)


def decide_anew(connection: Connection, notice: str, case_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What the engine says of these cases now, by case; cases whose due is not paid any more are not in it."""
    return {row.id: decide(notice, row) for row in connection.execute(_FACTS, {"ids": array(case_ids)})}


def decide(notice: str, row: Any) -> dict[str, Any]:
    """The answer for one case: what is not known is tried both ways, and only agreement decides."""
    if row.reason in OWED_ANYWAY:
        return owed_back(row.reason, row.paid)
    if row.under_way:
        return _undetermined(_UNDER_WAY, ["assistance_received"])
    unknown = sorted(name for name in _NOT_ASKED if getattr(row, name) is None)
    answers = [_answer(notice, row, assumed) for assumed in _both_ways(unknown)]
    distinct = {orjson.dumps([answer[name] for name in ("outcome", "refund", "ends_cover")]) for answer in answers}
    if len(distinct) == 1:
        return {name: answers[0][name] for name in _KEPT}
    depends = f"未知：{'、'.join(unknown)} / not known, and the answer depends on it: {', '.join(unknown)}"
    return _undetermined(depends, unknown)


def _both_ways(unknown: Sequence[str]) -> Iterator[dict[str, bool]]:
    for values in product((False, True), repeat=len(unknown)):
        yield dict(zip(unknown, values, strict=True))


def _answer(notice: str, row: Any, assumed: dict[str, bool]) -> dict[str, Any]:
    received = row.received if row.payer == "person" else [{"source": row.payer, "amount": row.paid}]
    question = RefundQuestion.model_validate(
        {
            "question": "refund",
            "notice": notice,
            "pooling_area": row.area,
            "reason": row.reason,
            "applied_on": row.applied_on,
            "paid_on": row.paid_on,
            "paid": row.paid,
            "insurance": row.insurance,
            "event_on": row.event_on,
            "own_fault": row.own_fault,
            "benefits_used": row.benefits_used,
            "assistance_received": received,
            "intended_area": row.intended_area,
            "benefit": _cover(row),
        }
        | assumed
    )
    return decide_refund(load_notice(notice), question).answer()


def _cover(row: Any) -> dict[str, date] | None:
    """The cover as it is dated; of who paid after the enrolment was closed none begins: it lies ahead of every day."""
    if row.benefit_start is not None and row.benefit_end is not None:
        return {"starts_on": row.benefit_start, "ends_on": row.benefit_end}
    if row.remark == PAID_CLOSED and row.entered_by.startswith("worker:"):
        never = row.applied_on + timedelta(days=1)
        return {"starts_on": never, "ends_on": never}
    return None


def _undetermined(reason: str, missing: Sequence[str]) -> dict[str, Any]:
    answer: dict[str, Any] = defaultdict(lambda: None, reason=reason, missing=list(missing), outcome="undetermined")
    return {name: answer[name] for name in _KEPT} | {"handoff": False, "clauses": [], "why": [reason]}


def _event(row: Any, decision: dict[str, Any]) -> Event:
    facts = {
        "case": row.id,
        "due": row.due_id,
        "reason": row.reason,
        "outcome": decision["outcome"],
        "refund": decision["refund"],
        "clauses": decision["clauses"],
        "missing": decision["missing"],
    }
    return Event("refund.decided", row.person_id, facts)
