"""Files that a tax office answers with, spoiled, some with a trailer that fits what was spoiled."""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from adapters.ports import NotYetAnswered, Refused, Unavailable
from adapters.tax.files.client import TaxFiles, Waits
from tests.adapters.office_by_hand import ACKNOWLEDGED, PAID, accepted, paid, reasons, sealed
from tests.fuzzing.effort import effort
from tests.fuzzing.spoiling import spoiled_bytes, spoiled_text

STATES = "row,reference,state,psn_clct_amt,paid,elec_taxrpt_no,number,psn_no,insutype,sponsor,deadline"
WAITS = Waits(answer=0, poll=60, settle=0)
SHEETS = {
    "dues": (ACKNOWLEDGED, [accepted(1, "due-1"), "2,due-2,280.00,0,,E1,no"]),
    "states": (STATES, ["1,due-1,open,280.00,0.00,,T1,p-1,390,,2020-12-31", "2,due-2,unknown,,,,,,,,"]),
    "payments": (PAID, [paid(1), paid(2)]),
}


@st.composite
def files(draw: st.DrawFn, kind: str, head: str) -> bytes:
    """A file of the office with spoiled cells, sealed so that it adds up; or spoiled as bytes after that."""
    columns, right = SHEETS[kind]
    rows = [row.split(",") for row in right]
    for _ in range(draw(st.integers(0, 3))):
        row = draw(st.sampled_from(rows))
        at = draw(st.integers(0, len(row) - 1))
        row[at] = draw(spoiled_text(row[at]))
    lines = [head, columns, *map(",".join, rows)]
    at = columns.split(",").index("psn_clct_amt")
    amounts = [row[at] for row in rows if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,2})?", row[at])]
    fen = sum(round(float(amount) * 100) for amount in amounts)
    body = sealed(*(line.encode("utf-8", "replace").decode().replace("\n", " ") for line in lines), fen=fen)
    return draw(spoiled_bytes(body)) if draw(st.integers(0, 2)) == 0 else body


def refused_with_a_sentence(root: Path) -> None:
    for reason in reasons(root):
        assert re.fullmatch(r"[^\n]* was refused: it.*\.\n|[^\n]* was refused: (its|one of its) .*\.\n", reason), reason


@effort(40)
@given(st.data())
def test_results_of_batches(data: st.DataObject) -> None:
    with TemporaryDirectory() as place:
        root = Path(place) / "drop"
        tax = TaxFiles(root, WAITS)
        due = {
            "name": "张三", "cert_type": "01", "cert_no": "1", "person_type": "1501", "town": "t", "insurance": "390",
            "amount": 28000, "payer": "person", "sponsor": None, "period_begin": "202101", "period_end": "202112",
            "deadline": "2020-12-31", "channel": "ordinary", "collection_type": "normal", "special": None,
            "collector": None, "supersedes": None, "person_no": "p-1",
        }  # fmt: skip
        body = tax.encode_due_batch("b-1", "610922", 2021, [due | {"reference": f"due-{at}"} for at in (1, 2)])
        file = data.draw(files("dues", f"HEAD,dues_result,b-1,{sha256(body).hexdigest()}"))
        (root / "results" / "dues-b-1.0001.csv").write_bytes(file)
        try:
            answers = tax.submit_dues("b-1", body)
        except (NotYetAnswered, Refused):
            refused_with_a_sentence(root)
            return
        said = file.decode().splitlines()[2:-1]
        for at, (answer, line) in enumerate(
            zip(answers, sorted(said, key=lambda line: line.split(",")[0]), strict=True), 1
        ):
            assert answer.reference == f"due-{at}"
            assert f",{answer.number}," in line or f",{answer.code}," in line


@effort(40)
@given(st.data())
def test_answers_to_questions(data: st.DataObject) -> None:
    with TemporaryDirectory() as place:
        root = Path(place) / "drop"
        tax = TaxFiles(root, WAITS)
        try:
            tax.due_states(["due-1", "due-2"])
        except Unavailable:
            [asked] = (root / "out").iterdir()
        head = f"HEAD,states_result,{asked.stem.removeprefix('states-')},{sha256(asked.read_bytes()).hexdigest()}"
        (root / "results" / f"{asked.stem}.0001.csv").write_bytes(data.draw(files("states", head)))
        try:
            states = tax.due_states(["due-1", "due-2"])
        except Unavailable:
            refused_with_a_sentence(root)
            return
        for state in states:
            for name in ("amount", "paid"):
                amount = state[name]  # type: ignore[literal-required]
                assert amount is None or (type(amount) is int and 0 <= amount <= 10**12), state
            assert state["deadline"] is None or re.fullmatch(
                "(19|2[0-9])[0-9]{2}-[01][0-9]-[0-3][0-9]", state["deadline"]
            )
            assert all(word is None or len(word) <= 64 for word in (state["number"], state["voucher_no"])), state


@effort(40)
@given(st.data())
def test_files_of_payments(data: st.DataObject) -> None:
    with TemporaryDirectory() as place:
        root = Path(place) / "drop"
        tax = TaxFiles(root, WAITS)
        file = data.draw(files("payments", "HEAD,payments,1,2020-09-02"))
        (root / "payments" / "payments-000001.csv").write_bytes(file)
        try:
            page = tax.payments(None, 10)
        except Unavailable:
            refused_with_a_sentence(root)
            return
        lines = [
            line for line in file.decode("utf-8", "replace").split("\n")[2:] if line and not line.startswith("TOTAL")
        ]
        if page.next_cursor != "1.0":
            assert len(page.items) + len(page.malformed) == len(lines)
        for row in page.items:
            assert type(row["amount"]) is int
            assert 0 < row["amount"] <= 10**12
            assert any(f",{row['amount'] // 100}" in line for line in lines)
            assert datetime.fromisoformat(row["paid_at"]).year >= 1900
