"""What fuzzing has found, each by itself: it is refused or set aside, with the reason that fits."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters import replies
from adapters.http import InvalidReply
from adapters.peer.client import content_of
from adapters.ports import Unavailable
from adapters.tax.files.client import TaxFiles, Waits
from adapters.tax.reading import due_states, payment_page
from adapters.treasury.reading import order_states, result_fault
from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, lines_of, read
from tests.adapters.office_by_hand import reasons, sealed
from tests.adapters.test_payment_pages import GOOD
from tests.fuzzing.test_replies import ORDER, RESULT, STATE
from tests.fuzzing.test_tax_files import STATES
from worker.refunds.review_sheet import read_sheet

PASSPORT = ENROLMENT | {"cert_type": "04"}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (ENROLMENT | {"circumstances": ";"}, ("circumstances", "unknown_value")),
        (ENROLMENT | {"insured_year": "\x1c2021"}, ("insured_year", "control_character")),
        (ENROLMENT | {"town": "城关镇\x1f"}, ("town", "control_character")),
        (ENROLMENT | {"residence_area": "\x1d"}, ("residence_area", "control_character")),
        (PASSPORT | {"cert_no": "ı12345678"}, ("cert_no", "format")),
        (ACCOUNT | {"bank": "银行６２１７００１２３４５６７"}, ("bank", "full_width")),
        (ACCOUNT | {"bank": "银行621700 123456"}, ("bank", "format")),
    ],
)
def test_cells_that_say_nothing_were_taken(row: dict[str, str], fault: tuple[str, str]) -> None:
    assert read(lines_of(row).encode()).faults == [(2, *fault)]


@pytest.mark.parametrize("missing", ["reference", "person_no", "reverses", "refund", "treasury_received_on"])
def test_a_payment_row_without_a_member_stopped_the_feed(missing: str) -> None:
    row = {name: value for name, value in (GOOD | {"channel": "college_virtual_account"}).items() if name != missing}
    page = payment_page(orjson.dumps({"items": [row, GOOD], "next_cursor": "3", "more": False}), "0")
    assert (page.items, len(page.malformed)) == ([GOOD], 1)


@pytest.mark.parametrize(
    "change", [{"paid_at": "0001-01-01T00:00:00+08:00"}, {"treasury_received_on": "0201-09-02"}, {"sequence": 2**60}]
)
def test_days_and_numbers_that_no_database_gives_back_were_taken(change: dict[str, Any]) -> None:
    page = payment_page(orjson.dumps({"items": [GOOD | change], "next_cursor": "3", "more": False}), "0")
    assert (page.items, len(page.malformed)) == ([], 1)


def test_results_and_states_without_a_member_were_taken() -> None:
    assert result_fault({name: value for name, value in RESULT.items() if name != "code"})
    for read_states, state in ((due_states, STATE), (order_states, ORDER)):
        read_states(["due-1"])(orjson.dumps({"states": [state]}))
        for missing in state.keys() - {"reference"}:
            short = {name: value for name, value in state.items() if name != missing}
            with pytest.raises(InvalidReply):
                read_states(["due-1"])(orjson.dumps({"states": [short]}))


@pytest.mark.parametrize("change", [{"count": 2**31}, {"fen": 2**63}])
def test_totals_beyond_what_a_month_can_hold_broke_the_comparison(change: dict[str, int]) -> None:
    total = {"area": "610922", "kind": "payment", "count": 3, "fen": 84000} | change
    with pytest.raises(Unavailable):
        replies.month_totals(orjson.dumps({"totals": [total]}), "kind")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("1,due-1,open,280.00,abc,,T1,p-1,390,,2020-12-31", "one of its sums is not one in yuan"),
        ("1,due-1,open,280.00,0.00,,T1,p-1,390,,tomorrow", "its answer to row 1 is none that we know"),
    ],
)
def test_a_sum_that_is_none_broke_the_job_and_a_day_that_is_none_was_taken(
    tmp_path: Path, cells: str, says: str
) -> None:
    tax = TaxFiles(tmp_path / "drop", Waits(answer=0, poll=60, settle=0))
    with pytest.raises(Unavailable):
        tax.due_states(["due-1"])
    [asked] = (tmp_path / "drop" / "out").iterdir()
    head = f"HEAD,states_result,{asked.stem.removeprefix('states-')},{sha256(asked.read_bytes()).hexdigest()}"
    (tmp_path / "drop" / "results" / f"{asked.stem}.1.csv").write_bytes(sealed(head, STATES, cells, fen=28000))
    with pytest.raises(Unavailable):
        tax.due_states(["due-1"])
    assert says in "".join(reasons(tmp_path / "drop"))


@pytest.mark.parametrize("taken", [b"2.0", b"[" * 300 + b"]" * 300])
def test_fractions_for_whole_numbers_were_taken_and_deep_nesting_broke_the_request(taken: bytes) -> None:
    right = orjson.dumps({"key": "k", "sha256": "ab" * 32, "taken": 2})
    assert content_of(right, "Noticed")["taken"] == 2
    with pytest.raises(InvalidReply):
        content_of(re.sub(b"2}", taken + b"}", right), "Noticed")


def test_reviews_with_reasons_that_are_not_whole_or_cannot_be_kept_were_taken() -> None:
    sheet = 'case,decision,reason\n1,approve,bad, very bad\n2,approve,"bad\n3,approve,b\x00ad\n4,approve,good\n'
    verdicts, faults = read_sheet(sheet.encode())
    assert [one.case_id for one in verdicts] == [4]
    assert sorted(faults) == [2, 3, 4]
