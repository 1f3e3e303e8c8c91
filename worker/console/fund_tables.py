"""Tables of funds: what each owes, statements of claim, and the sums and lines of one."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from policies.vocabulary import CATEGORIES, INSURANCES, SOURCES
from worker.console.tables.declared import Column, Filter, Row, Table
from worker.funds.listing import LINES, SETTLEMENTS, SUMS
from worker.funds.owing import ON_NONE, OWING, SPONSORED, STATEMENTS

KINDS = ("claim", "cancelled", "repaid", "refunded")
_BY_FUND = "SELECT o.*, o.source || ' ' || o.insurance AS id FROM ({}) AS o"


_DRAWN_ON = "/funds?source={source}&insurance={insurance}&state="
_ON_NONE = "/funds/outstanding?source={source}&insurance={insurance}&deducts="
_DUES_OF = "/dues?payer={source}&insurance={insurance}&state=levied"
_INSURANCE = Filter("insurance", "险种", "Insurance", sql="t.insurance = :insurance", choices=INSURANCES, words="law")
_SOURCE = Filter("source", "资金来源", "Source", sql="t.source = :source", choices=SOURCES, words="law")


def _fen(key: str, zh: str, en: str, link: str | None = None, needs: str | None = None) -> Column:
    return Column(key, zh, en, "fen", sort=f"t.{key}", link=link, needs=needs)


_FUND = (
    Column("source", "资金来源", "Source", "word", words="law", sort="t.source", link="/funds?source={source}"),
    Column("insurance", "险种", "Insurance", "word", words="law", sort="t.insurance"),
)
OWED = Table(
    "owed-by-funds", "各资金来源应拨付", "What each fund owes", _BY_FUND.format(OWING),
    (
        *_FUND,
        _fen("claimed", "已请款", "Claimed", _DRAWN_ON + "stands"),
        _fen("deducted", "核减", "Deducted", _DRAWN_ON + "stands"),
        _fen("settled", "已拨付", "Settled", _DRAWN_ON + "stands"),
        _fen("open", "未拨付", "Open", _DRAWN_ON + "owed"),
        _fen("open_30_days", "其中30日以内", "Open up to 30 days", _DRAWN_ON + "owed&aged=30"),
        _fen("open_90_days", "其中31至90日", "Open 31 to 90 days", _DRAWN_ON + "owed&aged=90"),
        _fen("open_longer", "其中超过90日", "Open longer", _DRAWN_ON + "owed&aged=longer"),
        _fen("unclaimed", "未请款", "Not claimed", _ON_NONE + "no"),
        _fen("to_deduct", "待核减", "To deduct", _ON_NONE + "yes"),
        _fen("owes", "尚欠", "Owes", "/funds/owed?fund={source}&insurance={insurance}"),
        _fen("asked_back", "待个人退回", "Asked back", "/clawbacks?source={source}"),
    ),
    (Filter("fund", "资金来源", "Source", sql="t.source = :fund", choices=SOURCES, words="law"), _INSURANCE),
    key="id", first="source", empty=("尚无资助。", "No fund has given anything yet."),
)  # fmt: skip
BY_DEPARTMENTS = Table(
    "paid-by-departments", "部门代缴", "Paid by departments themselves", _BY_FUND.format(SPONSORED),
    (
        Column("source", "资金来源", "Source", "word", words="law", sort="t.source", link=_DUES_OF, needs="dues.see"),
        _FUND[1],
        Column("people", "人次", "People", "count", sort="t.people", link=_DUES_OF, needs="dues.see"),
        _fen("asked", "应缴", "Asked", _DUES_OF, "dues.see"),
        _fen("paid", "已缴", "Paid", _DUES_OF, "dues.see"),
    ),
    (Filter("fund", "资金来源", "Source", sql="t.source = :fund", choices=SOURCES, words="law"),),
    key="id", first="source", empty=("没有部门代缴。", "No department pays itself."),
)  # fmt: skip
_STATES = {
    **dict.fromkeys(("drawn", "partly_settled", "settled", "withdrawn"), "t.state = :state"),
    "stands": "t.state <> 'withdrawn'",
    "owed": "t.state IN ('drawn', 'partly_settled')",
}
_AGED = {"30": "t.age <= 30", "90": "t.age BETWEEN 31 AND 90", "longer": "t.age > 90"}
DRAWN = Table(
    "statements-of-claim", "请款单", "Statements of claim",
    "SELECT s.number, s.source, s.insurance, s.first_day, s.last_day, s.claimed, s.deducted, s.net, s.state,"
    " s.drawn_on, s.settled * sign(s.net)::bigint AS settled, s.net - s.settled * sign(s.net)::bigint AS open,"
    f" CAST(:today AS date) - s.drawn_on AS age FROM ({STATEMENTS}) AS s",
    (
        Column("number", "编号", "Number", sort="t.number", link="/funds/{number}"),
        Column("source", "资金来源", "Source", "word", words="law", sort="t.source"),
        Column("insurance", "险种", "Insurance", "word", words="law", sort="t.insurance"),
        Column("first_day", "所属期自", "From", "date", sort="t.first_day"),
        Column("last_day", "至", "To", "date", sort="t.last_day"),
        Column("claimed", "申请", "Claimed", "fen", sort="t.claimed", link="/funds/{number}?kind=claim"),
        Column("deducted", "核减", "Deducted", "fen", sort="t.deducted", link="/funds/{number}"),
        Column("net", "应拨付", "Asked for", "fen", sort="t.net", link="/funds/{number}"),
        Column("settled", "已拨付", "Settled", "fen", sort="t.settled", link="/funds/{number}"),
        Column("open", "未拨付", "Open", "fen", sort="t.open", link="/funds/{number}"),
        Column("state", "状态", "State", "word", words="claim_state", sort="t.state"),
        Column("drawn_on", "编制日期", "Drawn", "date", sort="t.drawn_on"),
    ),
    (
        Filter("state", "状态", "State", sql=_STATES, choices=tuple(_STATES), words="claim_state"),
        _SOURCE,
        _INSURANCE,
        Filter("aged", "编制至今", "Drawn", sql=_AGED, choices=tuple(_AGED), words="aged", offered=False),
        Filter("since", "所属期不早于", "Period from", "date", "t.first_day >= :since"),
    ),
    key="number", first="-number",
    empty=("尚未开具请款单。", "No statement of claim has been drawn yet."),
)  # fmt: skip


def _people(row: Row) -> str:
    """The lines that a sum is made of."""
    shown = {name: row[name] for name in ("town", "category", "kind", "clauses") if row[name]}
    return f"/funds/{quote(row['number'])}?{urlencode(shown)}#lines"


SUMMED = Table(
    "sums-of-a-claim", "汇总", "Sums",
    "SELECT s.*, CAST(:number AS text) AS number, concat_ws(' ', s.town, s.kind, s.category, s.clauses) AS id"
    f" FROM ({SUMS}) AS s",
    (
        Column("town", "镇（街道）", "Town", sort="coalesce(t.town, '')",
               said=lambda town, words: words.place(town) if town else words("elsewhere")),
        Column("kind", "事项", "What", "word", words="claim_kind", sort="t.kind"),
        Column("category", "身份", "Category", "word", words="law", sort="t.category"),
        Column("clauses", "依据条款", "Clauses", sort="t.clauses"),
        Column("people", "人数", "People", "count", sort="t.people", link=_people),
        Column("fen", "金额", "Amount", "fen", sort="t.fen", link=_people),
    ),
    (Filter("of_kind", "事项", "What", sql="t.kind = :of_kind", choices=KINDS, words="claim_kind"),),
    key="id", first="town", empty=("本单没有明细。", "The statement has no lines."),
)  # fmt: skip
OUTSTANDING = Table(
    "outstanding", "未列入请款单", "On no statement yet",
    "SELECT o.*, o.kind || '-' || o.subject_id AS id, CASE WHEN o.kind = 'claim' THEN 'no' ELSE 'yes' END AS deducts,"
    f" (SELECT p.person_no FROM person p WHERE p.id = o.person_id) AS person_no FROM ({ON_NONE}) AS o",
    (
        Column("kind", "事项", "What", "word", words="claim_kind", sort="t.kind"),
        Column("subject_id", "编号", "No.", sort="t.subject_id"),
        Column("person_no", "人员编号", "Person", sort="coalesce(t.person_no, '')", link="/people/{person_id}",
               needs="case.read"),
        *_FUND,
        Column("amount", "金额", "Amount", "fen", sort="t.amount"),
    ),
    (
        _SOURCE,
        _INSURANCE,
        Filter("deducts", "待核减", "To deduct", sql="t.deducts = :deducts", choices=("yes", "no"), words="yes_no"),
    ),
    key="id", first="subject_id",
    empty=("资助和核减均已列入请款单。", "All that was given or comes back is on a statement."),
)  # fmt: skip
SETTLED = Table(
    "settlements-of-a-claim", "拨付记录", "Settlements", SETTLEMENTS,
    (
        Column("voucher", "凭证号", "Voucher", sort="t.voucher"),
        _fen("amount", "金额", "Amount"),
        Column("settled_on", "拨付日期", "Settled on", "date", sort="t.settled_on"),
        Column("recorded_by", "录入人", "Entered by", sort="t.recorded_by"),
    ),
    (Filter("voucher", "凭证号", "Voucher", sql="t.voucher = :voucher"),), key="id", first="settled_on",
    empty=("尚未拨付。", "Nothing has been paid of it yet."),
)  # fmt: skip
OF_A_STATEMENT = Table(
    "lines-of-a-claim", "明细", "Lines",
    "SELECT l.*, l.kind || '-' || l.subject_id AS id, split_part(l.clauses, '、', 1) AS clause,"
    f" CAST(:notice AS text) AS notice FROM ({LINES}) AS l",
    (
        Column("town", "镇（街道）", "Town", "place", sort="coalesce(t.town, '')"),
        Column("name_cipher", "姓名", "Name", masked="name"),
        Column("person_no", "人员编号", "Person", sort="coalesce(t.person_no, '')", link="/people/{person_id}",
               needs="case.read"),
        Column("category", "身份", "Category", "word", words="law", sort="t.category"),
        Column("kind", "事项", "What", "word", words="claim_kind", sort="t.kind"),
        Column("timing", "资助方式", "How", "word", words="timing"),
        Column("clauses", "依据条款", "Clauses", link="/policies/{notice}#{clause}", needs="policy.see"),
        Column("standard", "个人缴费标准", "Standard", "fen", sort="coalesce(t.standard, 0)"),
        Column("amount", "金额", "Amount", "fen", sort="t.amount"),
        Column("paid_on", "缴费日期", "Paid on", "date", sort="coalesce(t.paid_on, '-infinity')"),
        Column("arrived_on", "发放或退回", "Paid out or back", "date", sort="coalesce(t.arrived_on, '-infinity')"),
    ),
    (
        Filter("town", "镇（街道）代码", "Town code", sql="t.town = :town"),
        Filter("category", "身份", "Category", sql="t.category = :category", choices=CATEGORIES, words="law"),
        Filter("kind", "事项", "What", sql="t.kind = :kind", choices=KINDS, words="claim_kind"),
        Filter("clauses", "依据条款", "Clauses", sql="t.clauses = :clauses"),
        Filter("person", "人员编号", "Person", sql="t.person_no = :person"),
    ),
    key="id", first="town", empty=("本单没有明细。", "The statement has no lines."),
)  # fmt: skip
