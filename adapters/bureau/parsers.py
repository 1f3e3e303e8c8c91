"""Which parser reads which field, and whether its cells repeat so often that each is worth reading only once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from adapters.bureau import fields
from adapters.bureau.fields import Parser
from adapters.bureau.problems import Problem

_ACCOUNT = r"[0-9]{10,30}"
_BANK = r"(?!(?:.*\d){7})[^\W_][\w（）()·\- ]{1,59}"  # kept in clear: no document or account number, however written
_USUAL_NAME = r"[\u4e00-\u9fff]{2,6}"
_PARSERS: dict[str, Parser] = {
    "person_no": fields.number_of_ours("person_no"),
    "cert_type": fields.word("cert_type"),
    "name": fields.name_of_person("name"),
    "birth_date": fields.day("birth_date"),
    "person_type": fields.word("person_type"),
    "insured_year": fields.insured_year("insured_year"),
    "household_no": fields.number_of_ours("household_no"),
    "household_area": fields.area_or_none("household_area"),
    "residence_area": fields.area_or_none("residence_area"),
    "student_stage": fields.word("student_stage"),
    "school_area": fields.area("school_area"),
    "student_enrolled_on": fields.day("student_enrolled_on"),
    "registered_on": fields.day("registered_on"),
    "circumstances": fields.several_words("circumstances"),
    "prior_scheme": fields.word("prior_scheme"),
    "prior_area": fields.area("prior_area"),
    "prior_months": fields.months("prior_months"),
    "prior_ended_on": fields.day("prior_ended_on"),
    "account_name": fields.name_of_person("account_name"),
    "account_no": fields.matching("account_no", _ACCOUNT),
    "bank": fields.matching("bank", _BANK),
    "recognised_on": fields.day("recognised_on"),
    "revoked_on": fields.day("revoked_on"),
    "applied_on": fields.day("applied_on"),
    "reason": fields.word("reason"),
    "event_on": fields.day("event_on"),
    "benefits_used": fields.yes_or_no("benefits_used"),
    "own_fault": fields.yes_or_no("own_fault"),
    "scheme": fields.word("scheme"),
    "since": fields.day("since"),
    "months": fields.months("months"),
    "flexible_employment": fields.yes_or_no("flexible_employment"),
    "entitled": fields.yes_or_no("entitled"),
    "area": fields.area("area"),
    "memo": fields.anything("memo"),
    "quarantine_id": fields.matching("quarantine_id", r"[0-9]{1,18}"),
}
_MOSTLY_DISTINCT = {  # with what nearly all cells look like, which needs no closer look
    "person_no": fields.BUREAU_NUMBER,
    "name": _USUAL_NAME,
    "household_no": fields.BUREAU_NUMBER,
    "account_name": _USUAL_NAME,
    "account_no": _ACCOUNT,
}
_REMEMBERED = 50_000


class Cells(dict[str, Any]):
    """Values by cell, each read once; forgotten when there are suspiciously many."""

    def __init__(self, read: Parser) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> Any:
        if len(self) >= _REMEMBERED:
            self.clear()
        value = self[cell] = self._read(cell)
        return value


def column_reader(field: str, required: bool) -> Callable[[Sequence[str]], list[Any]]:
    """A function from a column's cells to its values: None where blank and optional, ``Problem`` where unreadable."""
    parse = _PARSERS[field]
    blank = Problem(field, "missing") if required else None

    def read(cell: str) -> Any:
        stripped = cell.strip(fields.BLANKS)
        return parse(stripped) if stripped else blank

    if field in _MOSTLY_DISTINCT:
        usual = re.compile(_MOSTLY_DISTINCT[field]).fullmatch
        return lambda cells: list(map(read, cells)) if None in map(usual, cells) else list(cells)
    known = Cells(read)
    return lambda cells: list(map(known.__getitem__, cells))
