"""Headings and cells of a case file as people read them, in Chinese."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from policies.money import yuan
from policies.vocabulary import name_zh
from worker.clock import SHANGHAI

_HEADINGS = {
    "event": "序号", "business_date": "业务日期", "recorded_at": "记录时间", "actor": "经办", "what": "事项",
    "references": "关联编号", "notice": "依据文件", "clauses": "依据条款", "due": "应缴编号",
    "insured_year": "参保年度", "insurance": "险种", "payer": "缴费人", "part": "部分", "version": "版本",
    "current": "现行", "standard": "标准（元）", "amount": "金额（元）", "channel": "渠道", "assessed_on": "核定日",
    "deadline": "缴费截止", "state": "状态", "tax_no": "税务受理号", "reject_code": "退回代码", "paid": "已缴（元）",
    "lowered": "应退（元）", "paid_on": "缴费日", "reversed": "已冲正", "voucher_no": "票号", "line": "行",
    "kind": "类型", "reference": "我方编号", "reverses": "冲正票号", "remark": "备注", "paid_at": "缴费时间",
    "tax_date": "税务日期", "allocation": "认领编号", "undoes": "撤销", "reason": "原因", "correction": "更正编号",
    "corrected_on": "更正日", "assistance": "资助编号", "category": "身份类别", "source": "资金来源",
    "timing": "资助方式", "rule": "规则", "held_because": "待更正原因", "granted_on": "资助日",
    "order_no": "支付指令", "refund_item": "退费明细", "attempt": "次", "bank": "银行", "account": "账号",
    "batch": "批次", "code": "代码", "settled_on": "办结日", "clawback": "追回编号", "repaid": "已追回（元）",
    "revoked_on": "身份终止日", "opened_on": "立案日", "holds_cover": "暂停待遇", "repaid_on": "到账日",
    "refund": "退费编号", "entered_by": "录入", "applied_on": "申请日", "event_on": "事由日", "outcome": "结论",
    "reviewed_by": "复核", "reviewed_on": "复核日", "review_reason": "复核意见", "route": "途径",
    "handoff": "移交编号", "side": "方", "peer": "对方", "number": "步", "by": "由", "day": "日期",
    "duplicate": "重复编号", "other": "另一参保", "found_by": "发现途径", "other_since": "另一参保起",
    "decided_by": "裁定", "decided_on": "裁定日", "carried_out": "已执行", "scheme": "制度", "area": "统筹区",
    "since": "起始", "months": "月数", "flexible_employment": "灵活就业", "entitled": "可享受", "file": "文件",
    "statement": "请款单", "subject": "对象", "on_day": "日期", "live": "有效", "break": "差异编号", "item": "条目",
    "action": "处理", "debit": "借方", "credit": "贷方", "problems": "问题", "closed_by": "了结",
    "closed_at": "了结时间",
}  # fmt: skip
_NAMED = ("category", "source", "payer", "insurance")
_TIMINGS = {"at_levy": "先补后征", "after_payment": "先征后补"}


def heading(column: str) -> str:
    """The heading of a column, in Chinese."""
    return _HEADINGS.get(column.removesuffix("_fen"), column)


def cell(column: str, value: Any) -> str:
    """A cell as it is read: yuan, days, words of the vocabulary in Chinese; nothing where nothing is known."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case _ if column.endswith("_fen"):
            return yuan(int(value))
        case datetime():
            return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case _ if column == "recorded_at":
            return str(value)[:19].replace("T", " ")
        case _ if column == "payer" and value == "person":
            return "本人"
        case _ if column == "timing":
            return _TIMINGS.get(str(value), str(value))
        case _ if column in _NAMED:
            return name_zh(str(value))
        case _:
            return str(value)
