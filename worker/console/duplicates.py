"""People enrolled twice: the cases, one with both enrolments and the decision, and what clerks and reviewers do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text
from starlette.responses import Response

from worker.audit.log import Event
from worker.console.acting import clerk, reason_of, refusals
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Table
from worker.console.visit import Visit, Wrong
from worker.duplicates.review import ask_to_undo
from worker.duplicates.review import review as answer_to
from worker.duplicates.rule import CannotRule, facts_of_both, rule
from worker.second_person import same_person

STATES = ("found", "suspected", "undetermined", "resolved")
OUTCOMES = ("keep", "terminate", "suspend")
_CASES = (
    "SELECT c.*, p.person_no, (SELECT max(r.id) FROM refund_case r WHERE r.enrolment_id = c.enrolment_id"
    "  AND r.reason <> 'overpaid') AS refund, (SELECT string_agg(m, ', ') FROM"
    "  jsonb_array_elements_text(coalesce(c.decision->'missing', '[]')) AS m) AS missing"
    " FROM duplicate_case c JOIN person p ON p.id = c.person_id WHERE c.area = :area"
)
_ONE = text(f"SELECT * FROM ({_CASES}) AS c WHERE c.id = :id")
CASES = Table(
    "duplicates", "重复参保", "People enrolled twice", _CASES,
    (
        Column("id", "案件", "Case", sort="t.id", link="/duplicates/{id}"),
        Column("person_no", "人员编号", "Person", sort="coalesce(t.person_no, '')", link="/people/{person_id}",
               needs="case.read"),
        Column("found_by", "发现途径", "Found by", "word", words="found_by", sort="t.found_by"),
        Column("other", "另一参保", "Beside", sort="t.other"),
        Column("state", "状态", "State", "word", words="duplicate_state", sort="t.state"),
        Column("outcome", "本地参保", "Ours", "word", words="duplicate_outcome", sort="coalesce(t.outcome, '')"),
        Column("review", "复核", "Review", "word", words="duplicate_review", sort="coalesce(t.review, '')"),
        Column("refund", "退费", "Refund", link="/refunds/{refund}", needs="refund.see"),
        Column("missing", "尚缺", "Missing", "said"),
        Column("decided_by", "认定人", "Decided by"),
    ),
    (
        Filter("waits", "待办", "Waits", choices=("yes", "no"), words="yes_no",
               sql="(t.state IN ('undetermined', 'suspected')) = (:waits = 'yes')"),
        Filter("state", "状态", "State", sql="t.state = :state", choices=STATES, words="duplicate_state"),
        Filter("outcome", "本地参保", "Ours", sql="t.outcome = :outcome", choices=OUTCOMES, words="duplicate_outcome"),
        Filter("review", "复核", "Review", sql="t.review = :review", choices=("asked", "approved", "rejected"),
               words="duplicate_review"),
        Filter("person", "人员编号", "Person", sql="t.person_no = :person"),
    ),
    key="id", first="-id",
    empty=("没有发现重复参保。", "Nobody was found to be enrolled twice."),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """All cases, the newest first."""
    return show_table(visit, CASES, "list", {"area": visit.house.law.area})


def show_one(visit: Visit) -> Response:
    """One case: both enrolments as the notice was asked, what it says, and what may be done now."""
    who = visit.operator
    with visit.house.engine.connect() as connection:
        values = {"area": visit.house.law.area, "id": visit.number("duplicate")}
        case = connection.execute(_ONE, values).one_or_none()
    if case is None:
        raise Wrong(404, visit.words("no_such_case"))
    mine = case.review == "asked" and same_person(case.asked_by, who.login)
    return visit.show(
        "duplicate",
        case=case,
        decides=case.state != "resolved" and case.review != "asked" and who.may("duplicate.decide"),
        undoes=case.outcome in ("terminate", "suspend") and case.carried_out and case.review != "asked"
        and who.may("duplicate.decide"),
        reviews=case.review == "asked" and not mine and who.may("duplicate.review"),
        mine=mine, outcomes=OUTCOMES,
    )  # fmt: skip


def decide(visit: Visit) -> Response:
    """Add facts, so that the notice decides anew, or rule where it has no rule."""
    outcome, today, area = visit.given("outcome") or None, visit.house.clock.today(), visit.house.law.area
    if outcome is not None:
        reason = reason_of(visit)
        if outcome not in OUTCOMES:
            raise Wrong(422, visit.words("nothing_chosen"))
        return _do(visit, lambda link, case, by: rule(link, area, case, by, today, outcome, reason))
    where, yes = {"": None, "ours": "ours", "other": "other"}, {"": None, "yes": True, "no": False}
    months: Any = visit.given("months") or None
    try:
        facts = facts_of_both(
            where[visit.given("usual_residence")], None if months is None else int(months),
            yes[visit.given("flexible")], where[visit.given("entitled")],
        )  # fmt: skip
    except (KeyError, ValueError):
        raise Wrong(422, visit.words("nothing_chosen")) from None
    if not any(facts) or (months is not None and not 0 <= int(months) <= 1200):
        raise Wrong(422, visit.words("nothing_chosen"))
    return _do(visit, lambda link, case, by: rule(link, area, case, by, today, None, None, *facts))


def undo(visit: Visit) -> Response:
    """Ask that our enrolment counts again; another person reviews it."""
    reason, area = reason_of(visit), visit.house.law.area
    return _do(visit, lambda link, case, by: ask_to_undo(link, area, case, by, reason))


def review(visit: Visit) -> Response:
    """Agree or not to what was asked for; never by who asked."""
    answer, reason, house = visit.given("answer"), reason_of(visit), visit.house
    if answer not in ("approve", "refuse"):
        raise Wrong(422, visit.words("nothing_chosen"))
    area, today = house.law.area, house.clock.today()
    return _do(visit, lambda link, case, by: answer_to(link, area, case, answer == "approve", by, reason, today))


def _do(visit: Visit, act: Callable[[Connection, int, str], list[Event]]) -> Response:
    house, case = visit.house, visit.number("duplicate")
    with refusals(CannotRule), house.engine.begin() as connection:
        events = act(connection, case, visit.operator.login)
        house.audit.record(connection, clerk(visit), events, house.clock.now())
    return visit.go(f"/duplicates/{case}")
