"""Deciding which enrolment is kept: by the notice, trying what is not known both ways; else by a clerk's ruling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Any

import orjson
from sqlalchemy import Connection, text

from policies.duplicate import DuplicateQuestion, decide_duplicate
from policies.load import load_notice
from worker.audit.log import Event
from worker.database.arrays import array

_OPEN = text("SELECT id, person_id, facts FROM duplicate_case WHERE state = 'found' AND area = :area ORDER BY id")
_DECIDED = text(
    "UPDATE duplicate_case c SET decision = n.decision::jsonb, outcome = n.outcome, decided_on = :today,"
    " state = CASE WHEN n.outcome IS NULL THEN 'undetermined' ELSE 'resolved' END"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:decisions AS text[]), CAST(:outcomes AS text[]))"
    " AS n(id, decision, outcome) WHERE c.id = n.id"
)
_UNKNOWN: Mapping[str, tuple[Any, Any]] = {
    "usual_residence": (True, False),
    "flexible_employment": (True, False),
    "months": (0, 1200),
}
"""What the question must say, and the two ends between which it lies while nobody knows it."""
_KEPT = ("outcome", "reason", "keep", "terminate", "suspend", "missing", "clauses", "why")


def decide_found(connection: Connection, notice: str, area: str, today: date) -> list[Event]:
    """Decide every case that was found or has new facts; returns the events."""
    known: dict[bytes, tuple[dict[str, Any], str | None]] = {}
    ids, decisions, outcomes, events = [], [], [], []
    for row in connection.execute(_OPEN, {"area": area}):
        key = orjson.dumps(row.facts)
        if key not in known:
            known[key] = decide(notice, row.facts)
        decision, outcome = known[key]
        ids.append(row.id)
        decisions.append(orjson.dumps(decision).decode())
        outcomes.append(outcome)
        facts = {"case": row.id, "outcome": outcome, "clauses": decision["clauses"], "missing": decision["missing"]}
        events.append(Event("duplicate.decided", row.person_id, facts))
    values = {"ids": array(ids), "decisions": array(decisions), "outcomes": array(outcomes), "today": today}
    if ids:
        connection.execute(_DECIDED, values)
    return events


def decide(notice: str, facts: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], str | None]:
    """The answer, and what becomes of the first enrolment (keep, terminate, suspend); None while undetermined."""
    answers = [_answer(notice, assumed) for assumed in _both_ways(facts)]
    first = answers[0]
    if all(answer["outcome"] == first["outcome"] for answer in answers) and len({_fate(a) for a in answers}) == 1:
        return {name: first[name] for name in _KEPT}, _fate(first)
    gaps = [f"enrolments.{at}.{name}" for at, one in enumerate(facts) for name in _UNKNOWN if one[name] is None]
    reason = f"未知：{'、'.join(gaps)} / not known, and the answer depends on it: {', '.join(gaps)}"
    nothing: dict[str, Any] = {
        "outcome": "undetermined",
        "reason": reason,
        "keep": None,
        "terminate": [],
        "suspend": [],
    }
    return nothing | {"missing": gaps, "clauses": [], "why": [reason]}, None


def _both_ways(facts: Sequence[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    gaps = [(at, name) for at, one in enumerate(facts) for name in _UNKNOWN if one[name] is None]
    for values in product(*(_UNKNOWN[name] for _, name in gaps)):
        assumed = [dict(one) for one in facts]
        for (at, name), value in zip(gaps, values, strict=True):
            assumed[at][name] = value
        yield assumed


def _answer(notice: str, enrolments: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    question = DuplicateQuestion.model_validate(
        {"question": "duplicate", "notice": notice, "enrolments": list(enrolments)}
    )
    return decide_duplicate(load_notice(notice), question).answer()


def _fate(answer: Mapping[str, Any]) -> str | None:
    """What an answer makes of the first enrolment, which is ours."""
    if answer["keep"] == 0:
        return "keep"
    return "terminate" if 0 in answer["terminate"] else "suspend" if 0 in answer["suspend"] else None
