"""Tables of jobs: by cause, one by one, and what people have asked to be done with them."""

from __future__ import annotations

from dataclasses import replace

from worker.console.tables.declared import Column, Filter, Table
from worker.console.words import words_of
from worker.database.work import JOB_STATES
from worker.jobs.listing import ATTEMPTS, GROUPS, JOBS
from worker.jobs.requests import REQUESTS

_KINDS = tuple(words_of("zh").names("kind"))
_FILTERS = (
    Filter("state", "状态", "State", choices=JOB_STATES, words="job_state"),
    Filter("kind", "类别", "Kind", choices=_KINDS, words="kind"),
    Filter("cause", "原因含", "Cause has"),
    Filter("area", "地区代码", "Area code"),
    Filter("batch", "批次", "Batch"),
    Filter("older", "停止超过（小时）", "Stopped for (hours)", "count"),
)
"""Without SQL of their own: ``worker.jobs.choice.Choice`` has it, for the command line too."""

LAST_THOUSAND = "(SELECT * FROM job WHERE worker IS NOT NULL ORDER BY id DESC LIMIT 1000)"
"""The jobs that were taken up last, by which the workers are known."""
LOOKED_AT = (
    Filter("waits_for", "等待对方", "Waits for", sql="t.waits_for = :waits_for"),
    Filter("waits", "等待对方系统", "Waits for a neighbour", sql="(t.waits_for IS NOT NULL) = (:waits = 'yes')",
           choices=("yes", "no"), words="yes_no"),
    Filter("due", "已到期", "Due", sql="(t.next_attempt_at <= now()) = (:due = 'yes')", choices=("yes", "no"),
           words="yes_no"),
    Filter("worker", "作业进程", "Worker", sql="t.worker = :worker"),
    Filter("newest", "近千个作业中", "Of the last thousand jobs", choices=("yes",), words="yes_no",
           sql=f"t.id IN (SELECT id FROM {LAST_THOUSAND} AS newest)"),
)  # fmt: skip
"""Of the list alone: no action is offered on what they leave."""

BY_CAUSE = Table(
    "failures", "按原因归类", "By cause",
    f"SELECT concat_ws(' ', state, kind, cause, status) AS id, * FROM ({GROUPS}) AS g",
    (
        Column("jobs", "作业数", "Jobs", "count", sort="t.jobs", needs="jobs.see",
               link="/jobs?state={state}&kind={kind}&cause={cause}"),
        Column("state", "状态", "State", "word", words="job_state", sort="t.state"),
        Column("kind", "类别", "Kind", "word", words="kind", sort="t.kind"),
        Column("cause", "原因", "Cause", "word", words="cause", sort="coalesce(t.cause, '')"),
        Column("status", "HTTP", "HTTP", sort="coalesce(t.status, 0)"),
        Column("reason", "最常见的说明", "Most frequent reason", "said"),
        Column("oldest", "最早", "Oldest", "time", sort="t.oldest"),
    ),
    _FILTERS, key="id", first="-jobs",
    empty=("没有停下的作业，无需办理。", "No job has come to a stop: nothing to do."),
)  # fmt: skip
ONE_BY_ONE = Table(
    "jobs", "作业", "Jobs", f"SELECT *, coalesce(ended_at, created_at) AS since FROM ({JOBS}) AS j",
    (
        Column("id", "作业", "Job", sort="t.id", link="/jobs/{id}"),
        Column("state", "状态", "State", "word", words="job_state", sort="t.state"),
        Column("kind", "类别", "Kind", "word", words="kind", sort="t.kind"),
        Column("area", "地区", "Area"),
        Column("attempts", "尝试", "Attempts", "count", sort="t.attempts"),
        Column("cause", "原因", "Cause", "word", words="cause", sort="coalesce(t.cause, '')"),
        Column("reason", "说明", "Reason", "said"),
        Column("since", "停止或提出时间", "Stopped or called for", "time", sort="t.since"),
    ),
    (
        *_FILTERS,
        Filter("ids", "作业编号", "Job numbers"),
        *(replace(one, offered=False) for one in LOOKED_AT),
    ), key="id", first="-id",
    empty=("没有未办结的作业。", "Every job is done."),
)  # fmt: skip
TRIED = Table(
    "attempts", "各次尝试", "Attempts", ATTEMPTS,
    (
        Column("attempt", "次序", "Attempt", "count", sort="t.attempt"),
        Column("started_at", "开始", "Began", "time", sort="t.started_at"),
        Column("ended_at", "结束", "Ended", "time", sort="coalesce(t.ended_at, '-infinity')"),
        Column("outcome", "结果", "Outcome", "word", words="job_state", sort="coalesce(t.outcome, '')"),
        Column("cause", "原因", "Cause", "word", words="cause", sort="coalesce(t.cause, '')"),
        Column("status", "HTTP 状态", "HTTP status"),
        Column("reason", "说明", "Reason", "said"),
        Column("worker", "进程", "Worker"),
    ),
    (Filter("cause", "原因", "Cause", sql="t.cause = :cause"),), key="attempt", first="attempt",
    empty=("还没有进程办理过。", "No worker has taken it up yet."),
)  # fmt: skip
REQUESTED = Table(
    "requests", "申请", "Requests", REQUESTS,
    (
        Column("id", "申请", "Request", sort="t.id", link="/requests/{id}"),
        Column("action", "事项", "Action", "word", words="action", sort="t.action"),
        Column("jobs", "作业数", "Jobs", "count", sort="t.jobs", link="/requests/{id}"),
        Column("state", "状态", "State", "word", words="request_state", sort="t.state"),
        Column("requested_by", "申请人", "Asked for by", sort="t.requested_by"),
        Column("requested_at", "时间", "When", "time", sort="t.requested_at"),
        Column("reason", "理由", "Why"),
        Column("confirmed_by", "复核人", "Answered by"),
        Column("answer", "答复", "Answer"),
    ),
    (
        Filter("state", "状态", "State", sql="t.state = :state", choices=("requested", "carried_out", "declined"),
               words="request_state", default="requested"),
        Filter("by", "申请人", "Asked for by", sql="t.requested_by = lower(:by)"),
    ),
    key="id", first="-id",
    empty=("尚无申请。", "Nobody has asked for anything yet."),
)  # fmt: skip
