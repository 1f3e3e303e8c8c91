"""Refunds: the list, one case with its decision, and the review by a second person after a look at what it does."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Table
from worker.console.visit import Visit, Wrong
from worker.console.words import words_of
from worker.database.refunds import CASE_STATES, ITEM_STATES, ROUTES
from worker.refunds.enter import NAMED_BY
from worker.refunds.listing import CASES, list_cases, one_case
from worker.refunds.reasons import ASKED_FOR
from worker.refunds.review import review_now
from worker.second_person import same_person

_PAGE = 200
CASE_TABLE = Table(
    "refunds", "退费案件", "Refunds", CASES,
    (
        Column("id", "案件", "Case", sort="t.id", link="/refunds/{id}"),
        Column("person_no", "人员编号", "Person", sort="coalesce(t.person_no, '')"),
        Column("reason", "原因", "Reason", "word", words="refund_reason", sort="t.reason"),
        Column("yuan", "金额", "Amount", "fen", sort="coalesce(t.yuan, 0)", link="/refunds/{id}"),
        Column("state", "状态", "State", "word", words="state", sort="t.state"),
        Column("entered_by", "录入人", "Entered by", sort="t.entered_by"),
        Column("applied_on", "申请日期", "Applied on", "date", sort="t.applied_on"),
        Column("because", "备注", "Because", "said"),
    ),
    (
        Filter("state", "状态", "State", sql="t.state = :state", choices=CASE_STATES, words="state", default="decided"),
        Filter("reason", "原因", "Reason", sql="t.reason = :reason", words="refund_reason",
               choices=tuple(words_of("zh").names("refund_reason"))),
        Filter("least", "金额不少于（元）", "At least (yuan)", "yuan", "t.yuan >= :least"),
        Filter("since", "申请不早于", "Applied since", "date", "t.applied_on >= :since"),
    ),
    key="id", first="id",
    empty=("尚无退费案件。", "There is no refund yet."),
)  # fmt: skip
PARTS = Table(
    "refund-parts", "退费款项", "Parts of refunds",
    "SELECT i.id, i.case_id, i.person_id, p.person_no, coalesce(nullif(i.source, ''), 'person') AS payee, i.amount,"
    " i.route, i.state, i.held_because, i.settled_on FROM refund_item i JOIN refund_case c ON c.id = i.case_id"
    " LEFT JOIN person p ON p.id = i.person_id WHERE c.area = :area AND c.insured_year = :year",
    (
        Column("id", "款项", "Part", sort="t.id"),
        Column("case_id", "案件", "Case", sort="t.case_id", link="/refunds/{case_id}"),
        Column("person_no", "人员编号", "Person", sort="coalesce(t.person_no, '')", link="/people/{person_id}",
               needs="case.read"),
        Column("payee", "退给", "To", "word", words="payer", sort="t.payee"),
        Column("amount", "金额", "Amount", "fen", sort="t.amount"),
        Column("route", "途径", "By", "word", words="route", sort="t.route"),
        Column("state", "状态", "State", "word", words="state", sort="t.state"),
        Column("held_because", "待更正原因", "Held because", "said"),
        Column("settled_on", "办结日", "Settled", "date", sort="coalesce(t.settled_on, '-infinity')"),
    ),
    (
        Filter("state", "状态", "State", sql="t.state = :state", choices=ITEM_STATES, words="state"),
        Filter("route", "途径", "By", sql="t.route = :route", choices=ROUTES, words="route"),
    ),
    key="id", first="-id", empty=("尚无退费款项。", "No refund has come to money yet."),
)  # fmt: skip


def show_parts(visit: Visit) -> Response:
    """What refunds come to, part by part: to whom, by whom, and where it is."""
    law = visit.house.law
    return show_table(visit, PARTS, "sums", {"area": law.area, "year": law.insured_year}, up="/refunds",
                      above=visit.words("refunds"))  # fmt: skip


def show(visit: Visit) -> Response:
    """Cases in one state: those that wait for a review unless another is asked for; for clerks the form of another."""
    return show_list(visit)


def show_list(visit: Visit, status: int = 200, **more: Any) -> Response:
    """The list; with ``plan`` what an application that is entered would come to."""
    reviews = visit.request.query_params.get("state", "decided") == "decided" and visit.operator.may("refund.review")
    values = {"area": visit.house.law.area}
    return show_table(
        visit, CASE_TABLE, "refunds", values, status, "/refunds", reviews=reviews, own=lambda row: _own(visit, row),
        enters=visit.operator.may("refund.enter"), named_by=NAMED_BY, asked_for=ASKED_FOR,
        **{"plan": None, "changed": None, "sheet_plan": None, "sheet_done": None, **more},
    )  # fmt: skip


def show_case(visit: Visit) -> Response:
    """One case: what the notice says of it, by which clauses, and where each part of the money is."""
    with visit.house.engine.connect() as connection:
        found = one_case(connection, visit.number("case"))
    if found is None or found[0]["area"] != visit.house.law.area:
        raise Wrong(404, visit.words("no_such_case"))
    case, items = found
    return visit.show(
        "refund",
        case=case,
        items=items,
        decision=case["decision"] or {},
        own=_own(visit, case),
        held=[one for one in items if one["state"] == "held" and not one["reversed_on"]]
        if visit.operator.may("refund.enter")
        else [],
        reviews=case["state"] == "decided" and visit.operator.may("refund.review"),
    )


def show_plan(visit: Visit) -> Response:
    """What an answer would do, before it is given."""
    return _show_plan(visit, _numbers(visit, visit.request.query_params.getlist("case")))


def answer(visit: Visit) -> Response:
    """Approve or refuse the cases that were shown; those that could not be are told of, the others are done."""
    cases = _numbers(visit, list(visit.form.get("case") or ()))
    said, reason = visit.given("answer"), visit.given("reason")
    if said not in ("approve", "refuse"):
        raise Wrong(422, visit.words("nothing_chosen"))
    if not reason:
        return _show_plan(visit, cases, 422, "say_why")
    outcome = review_now(visit.house, cases, said == "approve", visit.operator.login, reason)
    return visit.show("reviewed", done=outcome.done, refused=outcome.refused, approved=said == "approve")


def _show_plan(visit: Visit, cases: list[int], status: int = 200, notice: str | None = None) -> Response:
    with visit.house.engine.connect() as connection:
        rows = list_cases(connection, visit.house.law.area, ["decided"], ids=cases)
    mine = [row for row in rows if _own(visit, row)]
    open_ = [row for row in rows if not _own(visit, row)]
    return visit.show(
        "review", status, rows=open_, mine=mine, total=sum(row["yuan"] for row in open_), notice=notice,
        gone=sorted(set(cases) - {row["id"] for row in rows}), reason=visit.given("reason"),
    )  # fmt: skip


def _own(visit: Visit, case: dict[str, Any]) -> bool:
    return same_person(case["entered_by"], visit.operator.login)


def _numbers(visit: Visit, given: list[str]) -> list[int]:
    if not given or len(given) > _PAGE or not all(one.isascii() and one.isdecimal() and len(one) < 19 for one in given):
        raise Wrong(422, visit.words("nothing_chosen"))
    return sorted({int(one) for one in given})
