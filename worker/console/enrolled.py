"""Who is enrolled, by town and by how they stand: the people that the figures of each town count."""

from __future__ import annotations

from functools import cache

from starlette.responses import Response

from config.areas import load_areas
from worker.console.dues_tables import PERSON, of_town
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Table
from worker.console.visit import Visit
from worker.report.enrolled import CURRENT, DUES_OF_ONE, STANDS

_ENROLLED = (
    "SELECT e.id, e.person_id, p.person_no, e.town, e.person_type, e.benefit_start, e.benefit_end, e.closed_because,"
    f" e.free_since, {STANDS} AS stands, s.paid_fen, s.sponsored_fen FROM enrolment e JOIN person p"
    " ON p.id = e.person_id LEFT JOIN LATERAL"
    f" (SELECT {DUES_OF_ONE} FROM due d WHERE d.enrolment_id = e.id AND {CURRENT}) AS s ON true"
    " WHERE e.area = :area AND e.insured_year = :year"
)
_BY_DUE = "t.stands = :stands AND t.id IN (SELECT enrolment_id FROM due WHERE current AND {})"
_STANDS = {
    "paid": _BY_DUE.format("state = 'paid'"),
    "outside": "t.stands = :stands",
    "free": "t.stands = :stands AND t.free_since IS NOT NULL",
    "rejected": _BY_DUE.format("state = 'rejected'"),
    "unpaid": "t.stands = :stands",
}
"""What few stand as begins with what these are found by, so that nobody else's dues are added up."""


@cache
def enrolled_in(area: str) -> Table:
    """Who is enrolled in an area."""
    return Table(
        "enrolments", "参保登记", "Enrolled", _ENROLLED,
        (
            Column("id", "登记编号", "Enrolment", sort="t.id"),
            PERSON,
            Column("town", "镇", "Town", "place"),
            Column("person_type", "人员类别", "Person type"),
            Column("stands", "缴费情况", "Stands", "word", words="standing"),
            Column("paid_fen", "个人已缴", "By the person", "fen", link="/dues?person_no={person_no}"),
            Column("sponsored_fen", "部门代缴", "By departments", "fen", link="/dues?person_no={person_no}"),
            Column("benefit_start", "待遇自", "Cover from", "date"),
            Column("benefit_end", "至", "To", "date"),
            Column("closed_because", "终止原因", "Closed because", "said"),
        ),
        (
            of_town(area),
            Filter("stands", "缴费情况", "Stands", sql=_STANDS, choices=tuple(_STANDS), words="standing"),
            Filter("person_no", "人员编号", "Person no.", sql="t.person_no = :person_no"),
        ),
        key="id", first="-id",
        empty=("尚无参保登记：收文后由定时任务登记。", "Nobody is enrolled yet: lists are taken in by the schedule."),
    )  # fmt: skip


def show(visit: Visit) -> Response:
    """The people enrolled here in this year."""
    law = visit.house.law
    values = {"area": law.area, "year": law.insured_year, "outside": list(load_areas()[law.area].outside_plan)}
    return show_table(visit, enrolled_in(law.area), "list", values)
