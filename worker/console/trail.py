"""What one has done oneself, from the audit log."""

from __future__ import annotations

from starlette.responses import Response

from worker.audit.acts import ACTS, actors
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Table
from worker.console.visit import Visit

_SINCE = "(CAST(:since AS date)::timestamp AT TIME ZONE 'Asia/Shanghai')"
OWN = Table(
    "acts", "本人操作记录", "My acts", ACTS,
    (
        Column("recorded_at", "时间", "When", "time", sort="t.recorded_at"),
        Column("action", "事项", "Act", "word", words="event", sort="t.action"),
        Column("person_no", "人员编号", "Person", sort="coalesce(t.person_no, '')", link="/people/{person_id}",
               needs="case.read"),
        Column("facts", "要素", "Facts", "facts"),
        Column("event", "审计链及序号", "Chain and position"),
    ),
    (
        Filter("since", "自（日期）", "Since (day)", "date", f"t.recorded_at >= {_SINCE}"),
        Filter("action", "事项含", "Act has", sql="t.action = ANY(:actions)"),
    ),
    key="event", first="-recorded_at",
    empty=("尚无记录：登录和办理的每件事都会记在这里。", "Nothing yet: each login and act of yours will be here."),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """The newest of one's own acts."""
    acts = visit.words.meant("event", visit.asked("action") or "")
    return show_table(visit, OWN, "list", {"actors": actors(visit.operator.login), "actions": acts})
