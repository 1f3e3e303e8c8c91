"""Which columns each kind of file has, and which field of a row of the port stands in each.

The columns bear the national platform's names (docs of the field: psn_no, insutype, psn_clct_amt, clct_type and so on)
where it has one. What comes back has, as first column, the number of the row in the batch that it answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.tax.files.sheet import AMOUNT, amount_cell, amount_of
from policies.money import parse_yuan

Columns = Mapping[str, str]
"""Field of a row by column."""

DUE: Columns = {
    "rsdt_clct_detl_id": "reference",
    "psn_no": "person_no",
    "psn_name": "name",
    "psn_cert_type": "cert_type",
    "certno": "cert_no",
    "psn_type": "person_type",
    "town": "town",
    "insutype": "insurance",
    AMOUNT: "amount",
    "payer": "payer",
    "sponsor": "sponsor",
    "accrym_begn": "period_begin",
    "accrym_end": "period_end",
    "deadline": "deadline",
    "channel": "channel",
    "clct_type": "collection_type",
    "notice_no": "special.notice_no",
    "notice_type": "special.type",
    "collector": "collector",
    "init_rsdt_clct_detl_id": "supersedes",
}
VOID: Columns = {"rsdt_clct_detl_id": "reference", "reason": "reason"}
DECLARED: Columns = {"rsdt_clct_detl_id": "reference", "psn_no": "person_no", AMOUNT: "amount"}
REFUND: Columns = {
    "refund_no": "reference",
    "rsdt_clct_detl_id": "due_reference",
    "elec_taxrpt_no": "voucher_no",
    "line": "line",
    AMOUNT: "amount",
    "reason": "reason",
}
ASKED: Columns = {"rsdt_clct_detl_id": "reference"}

ACKNOWLEDGED: Columns = {
    "row": "row",
    "reference": "reference",
    AMOUNT: "amount",
    "accepted": "accepted",
    "number": "number",
    "code": "code",
    "text": "text",
}
VOIDED: Columns = {"row": "row", "reference": "reference", "outcome": "outcome"}
STATE: Columns = {
    "row": "row",
    "reference": "reference",
    "state": "state",
    AMOUNT: "amount",
    "paid": "paid",
    "elec_taxrpt_no": "voucher_no",
    "number": "number",
    "psn_no": "person_no",
    "insutype": "insurance",
    "sponsor": "sponsor",
    "deadline": "deadline",
}
PAID: Columns = {
    "sequence": "sequence",
    "elec_taxrpt_no": "voucher_no",
    "line": "line",
    "rsdt_clct_detl_id": "reference",
    "psn_no": "person_no",
    AMOUNT: "amount",
    "clct_way": "channel",
    "paid_at": "paid_at",
    "intsury_time": "treasury_received_on",
    "kind": "kind",
    "init_elec_taxrpt_no": "reverses",
    "refund_no": "refund",
}
_TYPES = {"normal": "10", "supplement": "30"}
_NUMBERS = frozenset(("row", "line", "sequence"))


def to_cells(columns: Columns, row: Mapping[str, Any]) -> list[str]:
    """A row of the port as the cells of a line. Raises ``ValueError`` on an amount that is none."""
    return [_cell(row, field) for field in columns.values()]


def to_row(columns: Columns, line: dict[str, str]) -> dict[str, Any]:
    """A line as a row of the port; an empty cell is null, a cell that should be a number and is none stays text.

    Raises ``BadFile`` or ``ValueError`` on an amount that is none.
    """
    row: dict[str, Any] = {field: _value(field, line[column]) for column, field in columns.items() if column != AMOUNT}
    if AMOUNT in columns:
        row["amount"] = amount_of(line)
    if "special.type" in row:
        special = {name: row.pop(f"special.{name}") for name in ("notice_no", "type")}
        row["special"] = special if any(special.values()) else None
    return row


def _cell(row: Mapping[str, Any], field: str) -> str:
    if field in ("amount", "paid"):
        return "" if row[field] is None else amount_cell(row[field])
    if field.startswith("special."):
        special = row["special"]
        return "" if special is None else str(special[field.removeprefix("special.")])
    value = row[field]
    if field == "collection_type":
        return _TYPES.get(value, str(value))
    if type(value) is bool:
        return "1" if value else "0"
    return "" if value is None else str(value)


def _value(field: str, cell: str) -> Any:
    if not cell:
        return None
    if field == "collection_type":
        return next((word for word, code in _TYPES.items() if code == cell), cell)
    if field == "paid":
        return parse_yuan(cell)
    if field == "accepted":
        return {"1": True, "0": False}.get(cell, cell)
    if field in _NUMBERS and cell.isascii() and cell.isdecimal() and len(cell) < 19:
        return int(cell)
    return cell
