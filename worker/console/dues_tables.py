"""Tables of dues, assistance, batches, and of the rows that one batch carries."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from config.areas import load_areas
from policies.vocabulary import INSURANCES, SOURCES
from worker.console.tables.declared import Column, Filter, Table
from worker.database.money import ASSISTANCE_STATES, DUE_STATES, TIMINGS

_PAYERS = {**dict.fromkeys(("person", *SOURCES), "t.payer = :payer"), "departments": "t.payer <> 'person'"}
_DUES_IN = {
    **dict.fromkeys(DUE_STATES, "t.state = :state"),
    "to_pay": "t.state IN ('assessed', 'accepted', 'part_paid')",
    "levied": "t.state NOT IN ('void', 'rejected', 'refunded')",
}
_ASSISTANCE_IN = {
    **dict.fromkeys(ASSISTANCE_STATES, "t.state = :state"),
    "in_force": "t.state <> 'cancelled'",
    "to_order": "t.state IN ('granted', 'held')",
}
_INSURANCE = Filter("insurance", "险种", "Insurance", sql="t.insurance = :insurance", choices=INSURANCES, words="law")
_DUES = (
    "SELECT d.id, d.person_id, p.person_no, e.town, d.payer, d.version, d.amount, d.paid, d.state, d.deadline, d.batch,"
    " d.tax_no, d.reject_code, d.assessed_on, d.paid_on, d.insurance, d.current FROM due d"
    " JOIN enrolment e ON e.id = d.enrolment_id JOIN person p ON p.id = d.person_id"
)
_ASSISTANCE = (
    "SELECT a.id, a.person_id, p.person_no, e.town, a.category, a.source, a.timing, a.amount, a.state, a.held_because,"
    " a.granted_on, a.due_id, a.insurance FROM assistance a JOIN person p ON p.id = a.person_id"
    " LEFT JOIN enrolment e ON e.id = a.enrolment_id WHERE a.area = :area"
    " AND a.insured_year = :year"
)
_REPLACED = {"yes": "t.current", "no": "NOT t.current", "with_money": "(t.current OR t.state <> 'void')"}
_CLAIMED = (
    "EXISTS (SELECT FROM fund_statement_line k WHERE k.kind = 'claim' AND k.subject_id = t.id AND k.live)"
    " = (:claimed = 'yes')"
)
_BATCHES = (
    "SELECT j.id, j.kind, coalesce(j.payload->>'batch', j.key) AS batch, j.state, j.business_date, j.attempts,"
    " j.outcome->>'cause' AS cause, m.neighbour, m.intended_at, m.answered_at FROM message m JOIN job j"
    " ON j.id = m.job_id"
)
_ORDERS = (
    "SELECT o.id, o.amount, o.state, o.code, o.settled_on, o.attempt, a.source, coalesce(a.person_id, i.person_id)"
    " AS person_id, p.person_no FROM disbursement o LEFT JOIN assistance a ON a.id = o.assistance_id"
    " LEFT JOIN refund_item i ON i.id = o.refund_item_id LEFT JOIN person p"
    " ON p.id = coalesce(a.person_id, i.person_id) WHERE o.batch = :batch"
)
PERSON = Column(
    "person_no", "人员编号", "Person", sort="coalesce(t.person_no, '')", link="/people/{person_id}", needs="case.read"
)
_DUE_COLUMNS = (
    Column("id", "应缴编号", "Due", sort="t.id"),
    PERSON,
    Column("town", "镇", "Town", "place", sort="t.town"),
    Column("payer", "缴费人", "Payer", "word", words="payer", sort="t.payer"),
    Column("amount", "应缴", "Due", "fen", sort="t.amount"),
    Column("paid", "已缴", "Paid", "fen", sort="t.paid"),
    Column("state", "状态", "State", "word", words="state", sort="t.state"),
    Column("deadline", "缴费截止", "Pay by", "date", sort="t.deadline"),
    Column("reject_code", "税务退回码", "Refused with"),
    Column("batch", "批次", "Batch", link="/batches?batch={batch}", needs="dues.see"),
)
_NO_DUES = (
    "尚未核定应缴：收文后由定时任务核定。",
    "Nothing is due yet: lists are taken in and assessed by the schedule.",
)


@cache
def dues_of(area: str) -> Table:
    """The dues of an area: those that stand, unless replaced ones are asked for too."""
    return Table(
        "dues", "应缴", "Dues", f"{_DUES} WHERE d.area = :area AND d.insured_year = :year",
        _indexed(_DUE_COLUMNS),
        (
            Filter("state", "状态", "State", sql=_DUES_IN, choices=tuple(_DUES_IN), words="state"),
            of_town(area),
            Filter("payer", "缴费人", "Payer", sql=_PAYERS, choices=tuple(_PAYERS), words="payer"),
            _INSURANCE,
            Filter("person_no", "人员编号", "Person no.", sql="t.person_no = :person_no"),
            Filter("by", "截止不晚于", "To be paid by", "date", "t.deadline <= :by"),
            Filter("least", "金额不少于（元）", "At least (yuan)", "yuan", "t.amount >= :least"),
            Filter("received", "已缴不少于（元）", "Paid at least (yuan)", "yuan", "t.paid >= :received",
                   offered=False),
            Filter("current", "未被替代", "Not replaced", sql=_REPLACED, choices=tuple(_REPLACED), words="not_replaced",
                   default="yes", offered=False),
        ),
        key="id", first="-id", empty=_NO_DUES,
    )  # fmt: skip


@cache
def assistance_of(area: str) -> Table:
    """What was granted in an area."""
    return Table(
        "assistance", "资助", "Assistance", _ASSISTANCE,
        _indexed((
            Column("id", "资助编号", "Assistance", sort="t.id"),
            PERSON,
            Column("town", "镇", "Town", "place", sort="coalesce(t.town, '')"),
            Column("category", "身份类别", "Category", "word", words="law", sort="t.category"),
            Column("source", "资金来源", "Source", "word", words="law", sort="t.source"),
            Column("timing", "方式", "When", "word", words="timing", sort="t.timing"),
            Column("amount", "金额", "Amount", "fen", sort="t.amount"),
            Column("state", "状态", "State", "word", words="assistance_state", sort="t.state"),
            Column("held_because", "待更正原因", "Held because", "said"),
            Column("granted_on", "认定日", "Granted on", "date", sort="t.granted_on"),
        )),
        (
            Filter("state", "状态", "State", sql=_ASSISTANCE_IN, choices=tuple(_ASSISTANCE_IN),
                   words="assistance_state"),
            of_town(area),
            Filter("source", "资金来源", "Source", sql="t.source = :source", choices=SOURCES, words="law"),
            Filter("timing", "方式", "When", sql="t.timing = :timing", choices=TIMINGS, words="timing"),
            _INSURANCE,
            Filter("claimed", "已请款", "On a statement", choices=("yes", "no"), words="yes_no", sql=_CLAIMED,
                   offered=False),
            Filter("person_no", "人员编号", "Person no.", sql="t.person_no = :person_no"),
        ),
        key="id", first="-id",
        empty=("尚无资助：缴费到账或核定时认定。", "None yet: it is granted at the levy or when a payment has come."),
    )  # fmt: skip


BATCHES = Table(
    "batches", "批次", "Batches", _BATCHES,
    (
        Column("id", "作业", "Job", sort="t.id", link="/batches/{id}"),
        Column("batch", "批次", "Batch", link="/batches/{id}"),
        Column("kind", "类别", "Kind", "word", words="kind", sort="t.kind"),
        Column("neighbour", "对方", "To", "word", words="neighbour", sort="t.neighbour"),
        Column("state", "状态", "State", "word", words="job_state", sort="t.state"),
        Column("cause", "原因", "Cause", "word", words="cause"),
        Column("business_date", "业务日期", "Day", "date", sort="t.business_date"),
        Column("intended_at", "发出", "Left", "time", sort="t.intended_at"),
        Column("answered_at", "回执", "Answered", "time", sort="coalesce(t.answered_at, '-infinity')"),
        Column("attempts", "尝试", "Attempts", "count", sort="t.attempts", link="/batches/{id}#attempts"),
    ),
    (
        Filter("batch", "批次", "Batch", sql="t.batch = :batch"),
        Filter("kind", "类别", "Kind", sql="t.kind = :kind", words="kind",
               choices=("push", "void", "declare", "disburse", "refund", "notify", "handoff")),
        Filter("state", "状态", "State", sql="t.state = :state", words="job_state",
               choices=("ready", "running", "unknown", "done", "rejected", "parked", "discarded")),
        Filter("since", "业务日期自", "Day from", "date", "t.business_date >= :since"),
    ),
    key="id", first="-id",
    empty=("尚未发出任何批次。", "No batch has left yet."),
)  # fmt: skip
ROWS_OF_DUES = Table(
    "batch-dues", "批次内应缴", "Dues of the batch",
    f"{_DUES} WHERE (d.id BETWEEN :first AND :last AND d.batch = :batch) OR d.id = ANY(CAST(:dues AS bigint[]))",
    _DUE_COLUMNS[:-1],
    (Filter("state", "状态", "State", sql="t.state = :state", choices=DUE_STATES, words="state"),),
    key="id", first="id", empty=("本批次没有应缴。", "The batch carries no dues."),
)  # fmt: skip
ROWS_OF_ORDERS = Table(
    "batch-orders", "批次内支付指令", "Orders of the batch", _ORDERS,
    (
        Column("id", "支付指令", "Order", sort="t.id"),
        PERSON,
        Column("source", "资金来源", "Source", "word", words="law"),
        Column("amount", "金额", "Amount", "fen", sort="t.amount"),
        Column("attempt", "次", "No.", "count"),
        Column("state", "状态", "State", "word", words="order_state", sort="t.state"),
        Column("code", "退回码", "Returned with"),
        Column("settled_on", "办结日", "Settled", "date", sort="coalesce(t.settled_on, '-infinity')"),
    ),
    (Filter("state", "状态", "State", sql="t.state = :state", words="order_state",
            choices=("ordered", "accepted", "refused", "paid", "returned")),),
    key="id", first="id", empty=("本批次没有支付指令。", "The batch carries no orders."),
)  # fmt: skip


def _indexed(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Of a table with a row for everybody only what has an index is cheap to sort by: the number and the amount."""
    return tuple(one if one.key in ("id", "amount") else replace(one, sort=None) for one in columns)


def of_town(area: str) -> Filter:
    """Of one town of the area."""
    towns = load_areas()[area].towns
    return Filter("town", "镇", "Town", sql="t.town = :town", choices=tuple(one.code for one in towns), words="place")
