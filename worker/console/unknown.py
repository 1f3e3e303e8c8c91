"""Unknown outcomes: messages that left and have no answer; since when, and asking now."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from worker.console.stopped import desk_of, tell_workers
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Table
from worker.console.visit import Visit, Wrong

OPEN = Table(
    "unknown", "结果不明的报文", "Unknown outcomes",
    "SELECT m.job_id AS id, m.neighbour, coalesce(j.payload->>'batch', j.key) AS batch, j.kind, j.state, m.intended_at,"
    " extract(epoch FROM now() - m.intended_at)::float AS age, m.asked_at, j.next_attempt_at, j.attempts,"
    " CASE WHEN m.asked_at IS NOT NULL THEN 'never_seen' ELSE 'not_known' END AS known"
    " FROM message m JOIN job j ON j.id = m.job_id WHERE m.answered_at IS NULL AND j.state <> 'running'"
    " AND j.state <> 'discarded'",
    (
        Column("id", "作业", "Job", sort="t.id", link="/jobs/{id}"),
        Column("batch", "批次", "Batch", link="/batches/{id}", needs="dues.see"),
        Column("neighbour", "对方", "Sent to", "word", words="neighbour", sort="t.neighbour"),
        Column("kind", "类别", "Kind", "word", words="kind", sort="t.kind"),
        Column("known", "所知", "What is known", "word", words="known", sort="t.known"),
        Column("intended_at", "发出时间", "Left at", "time", sort="t.intended_at"),
        Column("age", "已过", "For", "span", sort="t.age"),
        Column("state", "作业状态", "Job", "word", words="job_state", sort="t.state"),
        Column("next_attempt_at", "下次自动查询", "Asked again by itself", "time", sort="t.next_attempt_at"),
        Column("attempts", "尝试", "Attempts", "count", sort="t.attempts", link="/batches/{id}#attempts"),
    ),
    (
        Filter("neighbour", "对方", "Sent to", sql="t.neighbour = :neighbour", choices=("tax", "treasury"),
               words="neighbour"),
        Filter("state", "作业状态", "Job", sql="t.state = :state", choices=("ready", "unknown", "parked", "rejected"),
               words="job_state"),
        Filter("older", "已过（小时）", "Older than (hours)", "count", "t.age > 3600.0 * :older"),
    ),
    key="id", first="intended_at",
    empty=("没有结果不明的报文：发出的都已得到答复。", "Every message that left was answered."),
)  # fmt: skip


def show(visit: Visit) -> Response:
    """The messages without an answer."""
    return show_table(visit, OPEN, "unknown")


def ask(visit: Visit) -> Response:
    """Ask about one now: its job comes at once, or, where it came to a stop, what asking does is shown first."""
    job = visit.number("job")
    with visit.house.engine.begin() as connection:
        hurried = desk_of(visit).hurry(connection, job)
    if hurried is None:
        raise Wrong(404, visit.words("no_such_job"))
    if not hurried:
        return visit.go(f"/failures/plan?{urlencode({'action': 'ask', 'ids': job})}")
    tell_workers(visit, [job])
    return visit.go(f"/jobs/{job}")
