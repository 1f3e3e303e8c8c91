"""Sheets of reviews, spoiled: a verdict is what stands in its line, every other line has its sentence."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from adapters.bureau.problems import FileRefused
from tests.fuzzing import oracle
from tests.fuzzing.effort import effort
from tests.fuzzing.spoiling import spoiled_bytes, spoiled_text
from worker.refunds.review_sheet import SheetRefused, read_sheet

APPROVES = {"approve": True, "通过": True, "reject": False, "退回": False}


@st.composite
def sheets(draw: st.DrawFn) -> bytes:
    rows = [[str(at), draw(st.sampled_from(sorted(APPROVES))), "材料不全"] for at in range(1, 5)]
    for _ in range(draw(st.integers(0, 4))):
        row = draw(st.sampled_from(rows))
        at = draw(st.integers(0, len(row) - 1))
        row[at] = draw(spoiled_text(row[at]))
    text = "\n".join(["case,decision,reason", *(",".join(row).replace("\n", " ") for row in rows)])
    body = text.encode(draw(st.sampled_from(("utf-8", "gb18030", "utf-8-sig"))), "replace")
    return draw(spoiled_bytes(body)) if draw(st.booleans()) else body


@effort(110)
@given(sheets())
def test_sheets_of_reviews(body: bytes) -> None:
    try:
        verdicts, faults = read_sheet(body)
    except (FileRefused, SheetRefused) as refusal:
        assert str(refusal).isprintable()
        return
    raw = re.split(b"\r\n|\r|\n", body)
    lines = {one.line for one in verdicts}
    assert not lines & faults.keys()
    assert len(lines) + len(faults) == sum(bool(line) for line in raw[1:])
    for one in verdicts:
        assert type(one.case_id) is int
        assert 0 <= one.case_id < 2**63
        assert one.reason.isprintable()
        assert 0 < len(one.reason) <= 1000
        texts = []
        for encoding in ("utf-8", "gb18030"):
            try:
                texts.append(raw[one.line - 1].decode(encoding))
            except UnicodeDecodeError:
                continue
        readings = [
            [cell.strip() for cell in cells] for text in texts if (cells := oracle.split(text, ",")) is not None
        ]
        said = [cells for cells in readings if cells[:1] == [str(one.case_id)] or int(cells[0]) == one.case_id]
        assert any(APPROVES[cells[1].lower()] == one.approved and cells[2] == one.reason for cells in said), readings
        assert all(not any(cells[3:]) for cells in said), "what stands beyond the reason was dropped"
