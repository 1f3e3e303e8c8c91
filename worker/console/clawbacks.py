"""Assistance to be repaid: what is left of each, asking for it back, and booking what was repaid."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from policies.money import parse_yuan
from policies.vocabulary import CATEGORIES, SOURCES
from worker.assistance.reclaim import NotReclaimable
from worker.assistance.reclaim import ask as ask_for
from worker.assistance.reclaim import review as answer_to
from worker.assistance.repay import NotRepayable, repay
from worker.audit.log import Origin
from worker.console.acting import clerk, reason_of, refusals
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Table
from worker.console.visit import Visit, Wrong

HELD = Table(
    "clawbacks", "追回资助", "Assistance to be repaid",
    "SELECT c.id, c.person_id, p.person_no, c.category, c.source, c.amount, c.amount - c.repaid AS unpaid,"
    " c.revoked_on, CASE WHEN c.holds_cover THEN 'yes' ELSE 'no' END AS holds, c.opened_on FROM clawback c"
    " JOIN person p ON p.id = c.person_id WHERE c.area = :area",
    (
        Column("id", "编号", "No.", sort="t.id"),
        Column("person_no", "人员编号", "Person", sort="coalesce(t.person_no, '')", link="/people/{person_id}",
               needs="case.read"),
        Column("category", "身份", "Category", "word", words="law", sort="t.category"),
        Column("source", "资金来源", "Source", "word", words="law", sort="t.source"),
        Column("amount", "应追回", "To be repaid", "fen", sort="t.amount"),
        Column("unpaid", "未追回", "Left", "fen", sort="t.unpaid"),
        Column("revoked_on", "身份终止", "Identity ended", "date", sort="coalesce(t.revoked_on, '-infinity')"),
        Column("holds", "至追回暂停待遇", "Holds the cover", "word", words="yes_no", sort="t.holds"),
        Column("opened_on", "开立", "Opened", "date", sort="t.opened_on"),
    ),
    (
        Filter("stands", "状态", "State", words="clawback_state", default="open", choices=("open", "repaid"),
               sql="(t.unpaid > 0) = (:stands = 'open')"),
        Filter("category", "身份", "Category", sql="t.category = :category", choices=CATEGORIES, words="law"),
        Filter("source", "资金来源", "Source", sql="t.source = :source", choices=SOURCES, words="law"),
        Filter("person", "人员编号", "Person", sql="t.person_no = :person"),
    ),
    key="id", first="opened_on",
    empty=("没有须追回的资助。", "Nothing was ever to be repaid."),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """What is to be repaid, the oldest first, and for clerks the form that books a repayment."""
    values = {"area": visit.house.law.area}
    books, today = visit.operator.may("clawback.book"), visit.house.clock.today()
    return show_table(visit, HELD, "clawbacks", values, books=books, today=today)


def ask(visit: Visit) -> Response:
    """Ask that assistance to which nobody has a right is asked back, for a reason that is kept."""
    house, number, why = visit.house, visit.number("number"), reason_of(visit)
    with refusals(NotReclaimable), house.engine.begin() as connection:
        events = ask_for(connection, house.law.area, number, visit.operator.login, why, house.clock.today())
        house.audit.record(connection, clerk(visit), events, house.clock.now())
    return visit.go("/held/asked")


def review(visit: Visit) -> Response:
    """Agree or not that it is asked back; never by who asked."""
    house, number, answer, why = visit.house, visit.number("number"), visit.given("answer"), reason_of(visit)
    if answer not in ("approve", "refuse"):
        raise Wrong(422, visit.words("nothing_chosen"))
    area, agreed, by, today = house.law.area, answer == "approve", visit.operator.login, house.clock.today()
    with refusals(NotReclaimable), house.engine.begin() as connection:
        events = answer_to(connection, house.accounts(area), area, number, agreed, by, why, today)
        house.audit.record(connection, clerk(visit), events, house.clock.now())
    return visit.go("/clawbacks" if agreed else "/held/asked")


def book(visit: Visit) -> Response:
    """Book what was repaid of one, in part or whole; the last fen lets the cover run again."""
    house, voucher, number = visit.house, visit.given("voucher"), visit.number("number")
    try:
        amount, day = parse_yuan(visit.given("amount")), date.fromisoformat(visit.given("day"))
    except ValueError as error:
        raise Wrong(422, str(error)) from None
    if not voucher:
        raise Wrong(422, visit.words("voucher_needed"))
    area = house.law.area
    origin = Origin(f"clerk:{visit.operator.login}", area, day, voucher[:60])
    with refusals(NotRepayable), house.engine.begin() as connection:
        events = repay(connection, house.accounts(area), number, amount, voucher[:60], day)
        house.audit.record(connection, origin, events, house.clock.now())
    return visit.go("/clawbacks")
