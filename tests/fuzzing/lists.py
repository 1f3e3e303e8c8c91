"""Lists of the bureau, drawn: right rows of every kind, then spoiled in some cells."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st

from adapters.bureau.columns import fields_of
from adapters.bureau.identity_number import check_character
from tests.adapters.bureau.reading import ACCOUNT, APPLICATION, ENROLMENT, FLAG, OTHER_COVER, REFUND
from tests.fuzzing.spoiling import spoiled_text, texts

KINDS = {
    "enrolments": ENROLMENT | {"account_name": "张三", "account_no": "6217001000000000000", "bank": "农村商业银行"},
    "flags": FLAG | {"person_no": "", "name": "张三"},
    "accounts": ACCOUNT,
    "applications": APPLICATION,
    "refunds": REFUND,
    "other_cover": OTHER_COVER,
}


class Drawn(NamedTuple):
    """A list: its kind, its header, its rows of cells."""

    kind: str
    header: list[str]
    rows: list[list[str]]


@st.composite
def drawn_lists(draw: st.DrawFn, cells: Any = None) -> Drawn:
    """A list of up to five rows, some cells of it spoiled; sometimes a column doubled, renamed, or a footer below."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    names = draw(st.permutations(sorted(KINDS[kind])))
    rows = [
        [_person(draw(st.integers(0, 99)), KINDS[kind])[name] for name in names] for _ in range(draw(st.integers(1, 5)))
    ]
    for _ in range(draw(st.integers(0, 4))):
        row, at = draw(st.sampled_from(rows)), draw(st.integers(0, len(names) - 1))
        row[at] = draw(spoiled_text(row[at]) if cells is None else cells)
    headings = {field.name: field.accepted for field in fields_of(kind)}
    header = [draw(st.sampled_from(headings[name])) if draw(st.booleans()) else name for name in names]
    match draw(st.integers(0, 9)):
        case 0:
            at = draw(st.integers(0, len(header) - 1))
            header.append(header[at])
            rows = [[*row, row[at]] for row in rows]
        case 1:
            header.append(draw(texts))
            rows = [[*row, draw(texts)] for row in rows]
        case 2:
            header.append(draw(st.sampled_from(("quarantine_id", "隔离编号"))))
            rows = [[*row, draw(st.just("7") | texts)] for row in rows]
        case 3:
            rows.append([draw(st.sampled_from(("合计", "制表人：张三", "备注"))), *([""] * (len(header) - 1))])
        case 4:
            draw(st.sampled_from(rows)).append(draw(texts))
        case 5:
            rows.append(list(rows[0]))
    return Drawn(kind, header, rows)


def _person(at: int, row: dict[str, str]) -> dict[str, str]:
    number = f"61092219900307{at:03d}"
    changed = {"cert_no": number + check_character(number)}
    if row.get("person_no"):
        changed["person_no"] = f"61092200000{at:05d}"
    return row | changed
