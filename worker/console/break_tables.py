"""Tables of reconciliation: breaks, those of one day, the totals of a month, and our own book of a day."""

from __future__ import annotations

from functools import cache

from worker.console.tables.declared import GIVEN, Column, Filter, Table
from worker.console.words import words_of
from worker.reconciliation.sides import SIDES
from worker.report.breaks import TODAY

STATES = ("open", "vanished", "resolved", "closed")
_KINDS = tuple(words_of("zh").names("break"))
_ROWS = (
    "SELECT id, day, coalesce(stated_on, day) AS at, side, period, kind, item, state, coalesce(owner, '') AS owner,"
    " opened_on, (ours->>'amount')::bigint AS ours, (theirs->>'amount')::bigint AS theirs,"
    f" CASE WHEN state = 'open' THEN {TODAY} - opened_on END AS age FROM break_found WHERE area = :area"
)
_COLUMNS = (
    Column("id", "差异", "Break", sort="t.id", link="/breaks/{id}"),
    Column("day", "日期", "Day", "date", sort="t.day", link="/reconciliation/{side}/{at}"),
    Column("side", "对方", "Side", "word", words="neighbour", sort="t.side"),
    Column("period", "按", "By", "word", words="period", sort="t.period"),
    Column("kind", "类别", "Kind", "word", words="break", sort="t.kind"),
    Column("item", "凭证或指令", "Voucher or order", sort="t.item", link="/breaks/{id}"),
    Column("ours", "我方", "Ours", "fen", sort="coalesce(t.ours, 0)"),
    Column("theirs", "对方", "Theirs", "fen", sort="coalesce(t.theirs, 0)"),
    Column("state", "状态", "State", "word", words="break_state", sort="t.state"),
    Column("owner", "负责人", "Owner", sort="t.owner"),
    Column("age", "天数", "Days", "count", sort="coalesce(t.age, -1)"),
)
_KIND = Filter("kind", "类别", "Kind", sql="t.kind = :kind", choices=_KINDS, words="break")
ALL = Table(
    "breaks", "对账差异", "Breaks", _ROWS, _COLUMNS,
    (
        Filter("state", "状态", "State", sql="t.state = :state", choices=STATES, words="break_state", default="open"),
        Filter("side", "对方", "Side", sql="t.side = :side", choices=tuple(SIDES), words="neighbour"),
        _KIND,
        Filter("owner", "负责人", "Owner", sql="t.owner = :owner"),
        Filter("unowned", "无人负责", "Nobody looks after it", sql="(t.owner = '') = (:unowned = 'yes')",
               choices=("yes", "no"), words="yes_no"),
        Filter("older", "超过（天）", "Open for more than (days)", "count", "t.age > :older"),
        Filter("since", "自（日期）", "From (day)", "date", "t.day >= :since"),
        Filter("item", "凭证或指令", "Voucher or order", sql="t.item = :item"),
    ),
    key="id", first="day",
    empty=("没有差异：比对过的账单均与我方一致。", "No break: every statement that was compared agrees with our book."),
)  # fmt: skip
OF_A_DAY = Table(
    "breaks-of-a-day", "当日差异", "Breaks of the day",
    f"SELECT * FROM ({_ROWS} AND side = :side AND coalesce(stated_on, day) = :day) AS b",
    tuple(one for one in _COLUMNS if one.key not in ("side",)),
    (Filter("state", "状态", "State", sql="t.state = :state", choices=STATES, words="break_state"), _KIND),
    key="id", first="id", empty=("当日没有差异。", "No break on this day."),
)  # fmt: skip

OF_A_MONTH = Table(
    "totals-of-a-month", "月度总额", "Totals of the month",
    GIVEN.format(
        "side text, stand text, open int, first date, month text, lines bigint, total bigint, our_lines bigint,"
        " our_total bigint, compared_at timestamptz"
    ),
    (
        Column("side", "对方", "Side", "word", words="neighbour", sort="t.side"),
        Column("stand", "状态", "State", "word", words="stand", sort="t.stand"),
        Column("open", "未了结差异", "Open breaks", "count", sort="t.open", needs="breaks.see",
               link="/breaks?side={side}&since={first}"),
        Column("lines", "对方笔数", "Their rows", "count", sort="coalesce(t.lines, -1)",
               link="/reconciliation?month={month}", needs="breaks.see"),
        Column("total", "对方金额", "Their total", "fen", sort="coalesce(t.total, 0)",
               link="/reconciliation?month={month}", needs="breaks.see"),
        Column("our_lines", "我方笔数", "Our rows", "count", sort="coalesce(t.our_lines, -1)",
               link="/reconciliation?month={month}", needs="breaks.see"),
        Column("our_total", "我方金额", "Our total", "fen", sort="coalesce(t.our_total, 0)",
               link="/reconciliation?month={month}", needs="breaks.see"),
        Column("compared_at", "比对时间", "Compared", "time", sort="coalesce(t.compared_at, '-infinity')"),
    ),
    (Filter("of_side", "对方", "Side", sql="t.side = :of_side", choices=tuple(SIDES), words="neighbour"),),
    key="side", first="side", empty=("没有月度总额。", "There is no total of the month."),
)  # fmt: skip


@cache
def book_table(side: str) -> Table:
    """Our own rows of a day on one side, as they are compared."""
    found = SIDES[side]
    return Table(
        f"book-{side}", "我方账簿", "Our book", found.ours(f"{found.day} = :of_day"),
        (
            Column("item", "凭证或指令", "Voucher or order", sort="t.item"),
            Column("reference", "应缴号", "Reference", sort="coalesce(t.reference, '')"),
            Column("owner", "人员或来源", "Person or source", sort="coalesce(t.owner, '')"),
            Column("amount", "金额", "Amount", "fen", sort="t.amount"),
            Column("kind", "类别", "Kind", "word", words="booked", sort="t.kind"),
            Column("period", "费款所属期", "Period", sort="coalesce(t.period, '')"),
            Column("unclaimed", "其中无主", "Of it nobody's", "fen", sort="t.unclaimed"),
        ),
        (Filter("item", "凭证或指令", "Voucher or order", sql="t.item = :item"),),
        key="id", first="item", empty=("我方当日没有记账。", "Our book has nothing on this day."),
    )  # fmt: skip
