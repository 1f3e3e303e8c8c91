"""The schedule and the workers: what beat does next, when each tick last ran, who is at work, what is in the queue."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.responses import Response

from worker.console.job_tables import LAST_THOUSAND
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Column, Filter, Table
from worker.console.visit import Visit
from worker.report.standing import swept_ago

TICKS = Table(
    "schedule", "定时任务", "Schedule",
    "SELECT s.name, s.every, to_timestamp((floor(extract(epoch FROM now())::float / s.every) + 1) * s.every)"
    " AS next_at, j.id AS job, j.state, j.created_at, j.ended_at, extract(epoch FROM j.ended_at - j.created_at)::float"
    " AS took, j.outcome->>'reason' AS reason"
    " FROM unnest(CAST(:names AS text[]), CAST(:every AS float[])) AS s(name, every)"
    " LEFT JOIN (SELECT DISTINCT ON (kind) * FROM (SELECT * FROM job ORDER BY id DESC LIMIT 20000) AS newest"
    "  WHERE kind LIKE 'tick.%' ORDER BY kind, id DESC) AS j ON j.kind = 'tick.' || s.name",
    (
        Column("name", "任务", "Tick", "word", words="tick", sort="t.name"),
        Column("every", "间隔", "Every", "span", sort="t.every"),
        Column("next_at", "下次", "Next", "time", sort="t.next_at"),
        Column("created_at", "上次提出", "Last called for", "time", sort="coalesce(t.created_at, '-infinity')"),
        Column("ended_at", "上次办结", "Last ended", "time", sort="coalesce(t.ended_at, '-infinity')"),
        Column("took", "用时", "Took", "span", sort="coalesce(t.took, 0)"),
        Column("state", "结果", "Outcome", "word", words="job_state", sort="coalesce(t.state, '')"),
        Column("reason", "说明", "Reason", "said"),
        Column("job", "作业", "Job", link=lambda row: f"/jobs/{row['job']}" if row["job"] else None, needs="jobs.see"),
    ),
    (), key="name", first="next_at",
    empty=("没有定时任务。", "Nothing is scheduled."),
)  # fmt: skip
WORKERS = Table(
    "workers", "作业进程", "Workers",
    "SELECT worker AS id, split_part(worker, '/', 1) AS host, split_part(worker, '/', 2) AS process,"
    " count(*) FILTER (WHERE state = 'running' AND lease_until >= now()) AS holds,"
    " count(*) FILTER (WHERE state = 'running' AND lease_until < now()) AS lost,"
    " max(lease_until) FILTER (WHERE state = 'running') AS lease_until, max(ended_at) AS ended_at, count(*) AS jobs"
    f" FROM {LAST_THOUSAND} AS newest GROUP BY worker",
    (
        Column("host", "主机", "Host", sort="t.host"),
        Column("process", "进程号", "Process", sort="t.process"),
        Column("holds", "正在办理", "Holds", "count", sort="t.holds", link="/jobs?state=running&worker={id}"),
        Column("lease_until", "租约至", "Lease until", "time", sort="coalesce(t.lease_until, '-infinity')"),
        Column("lost", "租约已过", "Leases that ran out", "count", sort="t.lost",
               link="/jobs?state=running&worker={id}"),
        Column("ended_at", "最近办结", "Last ended a job", "time", sort="coalesce(t.ended_at, '-infinity')"),
        Column("jobs", "近千个作业中", "Of the last thousand jobs", "count", sort="t.jobs", needs="jobs.see",
               link="/jobs?newest=yes&worker={id}"),
    ),
    (Filter("host", "主机含", "Host has", sql="strpos(t.host, :host) > 0"),), key="id", first="-ended_at",
    empty=("还没有进程办理过作业：levy up 可启动。", "No worker has taken up a job yet: `levy up` starts them."),
)  # fmt: skip
QUEUE = Table(
    "queue", "队列", "Queue",
    "SELECT state || ' ' || kind AS id, state, kind, count(*) AS jobs, count(*) FILTER (WHERE next_attempt_at <= now())"
    " AS due, min(next_attempt_at) AS next_at, count(waits_for) AS waiting FROM job"
    " WHERE state IN ('ready', 'running', 'unknown') GROUP BY state, kind",
    (
        Column("kind", "类别", "Kind", "word", words="kind", sort="t.kind"),
        Column("state", "状态", "State", "word", words="job_state", sort="t.state"),
        Column("jobs", "作业数", "Jobs", "count", sort="t.jobs", link="/jobs?state={state}&kind={kind}"),
        Column("due", "已到期", "Due", "count", sort="t.due", needs="jobs.see",
               link="/jobs?state={state}&kind={kind}&due=yes"),
        Column("waiting", "等待对方", "Wait for a neighbour", "count", sort="t.waiting", needs="jobs.see",
               link="/jobs?state={state}&kind={kind}&waits=yes"),
        Column("next_at", "最早到期", "Next due", "time", sort="t.next_at"),
    ),
    (), key="id", first="-jobs",
    empty=("队列为空：没有待办作业。", "The queue is empty: nothing waits."),
)  # fmt: skip


def page_of(table: Table) -> Callable[[Visit], Response]:
    """The page of one of these tables, which refreshes itself."""

    def show(visit: Visit) -> Response:
        with visit.house.engine.connect() as connection:
            swept = swept_ago(connection)
        tabs = [(f"/{one.name}", one.title(visit.language)) for one in (TICKS, WORKERS, QUEUE)]
        calls = table is TICKS and visit.operator.may("jobs.intervene")
        return show_table(visit, table, "schedule", _scheduled(visit), tabs=tabs, swept=swept, calls=calls, again=15)

    return show


def _scheduled(visit: Visit) -> Callable[[Connection], dict[str, object]]:
    pace = visit.house.settings.schedule.model_dump()
    return lambda _: {"names": list(pace), "every": [float(one) for one in pace.values()]}
