"""The table of cases between two areas."""

from __future__ import annotations

from worker.console.tables.declared import Column, Filter, Table
from worker.handoff.course import COURSES

KINDS = tuple(COURSES)
STATES = ("opening", *dict.fromkeys(what for course in COURSES.values() for what in course), "withdrawn")
STANDS = ("ours", "theirs", "overdue", "closed")
CASES = Table(
    "handoffs", "跨区移交", "Handoffs",
    "SELECT h.id, h.case_id, h.kind, h.side, h.peer, h.amount, h.state, h.turn, h.next_by, h.opened_on, h.person_id,"
    " nullif(greatest(CAST(:today AS date) - h.next_by, 0), 0) AS late, CASE WHEN h.turn IS NULL THEN 'closed'"
    " WHEN h.turn = h.area THEN 'ours' ELSE 'theirs' END AS stands, CASE WHEN h.diverged THEN 'diverged'"
    " WHEN h.draft IS NOT NULL THEN 'sending' WHEN h.refund->>'state' = 'held' THEN 'held' ELSE '' END AS remark"
    " FROM handoff h WHERE h.area = :area",
    (
        Column("case_id", "案件", "Case", sort="t.case_id", link="/handoffs/{case_id}"),
        Column("kind", "事项", "What", "word", words="handoff_kind", sort="t.kind"),
        Column("side", "我方为", "We are", "word", words="handoff_side", sort="t.side"),
        Column("peer", "对方", "Other area", "place", sort="t.peer"),
        Column("amount", "金额", "Amount", "fen", sort="coalesce(t.amount, 0)"),
        Column("state", "进展", "State", "word", words="handoff_state", sort="t.state"),
        Column("stands", "轮到", "Turn", "word", words="handoff_turn", sort="t.stands"),
        Column("next_by", "期限", "By", "date", sort="coalesce(t.next_by, 'infinity')"),
        Column("late", "逾期（天）", "Late (days)", "count", sort="coalesce(t.late, 0)"),
        Column("remark", "备注", "Remark", "word", words="handoff_remark", sort="t.remark"),
        Column("opened_on", "开始", "Opened", "date", sort="t.opened_on"),
    ),
    (
        Filter("stands", "轮到", "Turn", choices=STANDS, words="handoff_turn",
               sql="t.stands = :stands OR :stands = 'overdue' AND t.late > 0"),
        Filter("state", "进展", "State", sql="t.state = :state", choices=STATES, words="handoff_state"),
        Filter("kind", "事项", "What", sql="t.kind = :kind", choices=KINDS, words="handoff_kind"),
        Filter("peer", "对方代码", "Code of the other area", sql="t.peer = :peer"),
    ),
    key="id", first="next_by",
    empty=("没有跨区案件。", "There is no case between areas."),
)  # fmt: skip
