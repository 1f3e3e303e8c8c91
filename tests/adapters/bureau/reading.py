"""Reading a file's bytes as intake does, for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from adapters.bureau.checking import RowChecker
from adapters.bureau.problems import BadRow
from adapters.bureau.table import open_table
from config.areas import load_areas

DAY = date(2020, 8, 31)

ENROLMENT = {
    "person_no": "6109220000000001",
    "cert_type": "01",
    "cert_no": "610922199003078519",
    "name": "张三",
    "birth_date": "1990-03-07",
    "person_type": "1501",
    "insured_year": "2021",
    "area": "610922",
    "town": "城关镇",
    "household_no": "H00000001",
    "household_area": "610922",
    "residence_area": "",
    "student_stage": "",
    "school_area": "",
    "student_enrolled_on": "",
    "registered_on": "",
    "circumstances": "",
    "prior_scheme": "",
    "prior_area": "",
    "prior_months": "",
    "prior_ended_on": "",
}
FLAG = {
    "cert_type": "01",
    "cert_no": "610922199003078519",
    "category": "低保",
    "area": "610922",
    "recognised_on": "2019-05-01",
    "revoked_on": "",
    "memo": "",
}
ACCOUNT = {
    "cert_type": "01",
    "cert_no": "610922199003078519",
    "account_name": "张三",
    "account_no": "6217001000000000000",
    "bank": "农村商业银行",
}
APPLICATION = {
    "cert_type": "01",
    "cert_no": "610922199003078519",
    "insured_year": "2021",
    "category": "低保",
    "area": "610922",
    "applied_on": "2020-08-20",
    "memo": "",
}
REFUND = {
    "cert_type": "01",
    "cert_no": "610922199003078519",
    "reason": "死亡",
    "event_on": "2020-08-01",
    "applied_on": "2020-08-20",
    "benefits_used": "否",
    "own_fault": "",
    "memo": "",
}
OTHER_COVER = {
    "cert_type": "01",
    "cert_no": "610922199003078519",
    "scheme": "职工",
    "area": "610100",
    "since": "2020-08-01",
    "months": "14",
    "flexible_employment": "否",
    "entitled": "是",
    "memo": "",
}


@dataclass
class Read:
    """What came out of a file: all good rows as columns, their lines, and the bad rows."""

    kind: str
    lines: list[int]
    columns: dict[str, list[Any]]
    bad: list[BadRow]
    notes: tuple[str, ...]

    @property
    def faults(self) -> list[tuple[int, str, str]]:
        """Line, field and code of all that is wrong."""
        return [(row.line, problem.field, problem.code) for row in self.bad for problem in row.problems]


def read(content: bytes, day: date = DAY, chunk_rows: int = 5000) -> Read:
    """Read and check all rows. Raises ``FileRefused``."""
    table = open_table(content, chunk_rows)
    checker = RowChecker(table.layout, day, load_areas())
    lines: list[int] = []
    columns: dict[str, list[Any]] = {}
    bad: list[BadRow] = []
    for chunk in table.chunks:
        checked = checker.check(chunk)
        lines += checked.lines
        bad += checked.bad
        for name, column in checked.columns.items():
            columns.setdefault(name, []).extend(column)
    return Read(table.layout.kind, lines, columns, bad, table.notes + checker.notes())


def lines_of(*rows: dict[str, str], header: list[str] | None = None) -> str:
    """The text of a file with these rows; all have the fields of the first."""
    return "\n".join([",".join(header or rows[0]), *(",".join(row.values()) for row in rows)]) + "\n"
