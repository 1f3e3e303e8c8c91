"""What neighbours reply, spoiled: refused as a whole, set aside by row, or true."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from adapters import replies
from adapters.http import ForeignPayload, InvalidReply
from adapters.ports import Page, Unavailable
from adapters.tax import reading as tax
from adapters.treasury import reading as treasury
from tests.adapters.test_payment_pages import GOOD
from tests.fuzzing.effort import effort
from tests.fuzzing.spoiling import spoiled_json

LARGEST = 10**12
RESULT: dict[str, Any] = {
    "sequence": 1, "reference": "a-1", "order_no": "o-1", "amount": 12000, "outcome": "paid", "code": None,
    "executed_on": "2020-09-16",
}  # fmt: skip
SENT = orjson.dumps({"rows": [{"reference": "due-1"}, {"reference": "due-2"}]})
ANSWER = {"batch": "b-1", "sha256": sha256(SENT).hexdigest()}
STATE = {
    "reference": "due-1", "state": "open", "amount": 28000, "paid": 0, "voucher_no": None, "number": "n-1",
    "person_no": "p-1", "insurance": "390", "sponsor": None, "deadline": "2020-12-31",
}  # fmt: skip
ORDER = {
    "reference": "due-1", "state": "returned", "amount": 12000, "fund": "fiscal", "purpose": "x",
    "code": "account_missing", "executed_on": "2020-09-16",
}  # fmt: skip


def whole(value: Any, least: int = 1, most: int = LARGEST) -> bool:
    return type(value) is int and least <= value <= most


def word(value: Any) -> bool:
    return type(value) is str and 0 < len(value) <= 64 and value.isprintable() and value.encode() != b""


def day(value: Any) -> bool:
    return type(value) is str and bool(re.fullmatch("(19|2[0-9])[0-9]{2}-[01][0-9]-[0-3][0-9]", value))


def pages(row: dict[str, Any]) -> st.SearchStrategy[bytes]:
    whole_page = {"items": [row, row | {"sequence": 2}, row | {"sequence": 3}], "next_cursor": "3", "more": False}
    return spoiled_json(whole_page)


def page_or_none(body: bytes, read: Callable[[bytes, str | None], Page]) -> Page | None:
    """The page; every row of it by a second reading of the same bytes either stands or is set aside."""
    try:
        page = read(body, "0")
    except InvalidReply as refusal:
        assert str(refusal)
        return None
    said = json.loads(body, parse_float=str, parse_constant=str)
    assert len(page.items) + len(page.malformed) == len(said["items"])
    assert [row for row in said["items"] if row in page.items] == page.items
    assert word(page.next_cursor)
    assert type(page.more) is bool
    assert all(bad.reason and bad.raw.isascii() for bad in page.malformed)
    return page


@effort(180)
@given(pages(GOOD))
def test_pages_of_payments(body: bytes) -> None:
    page = page_or_none(body, tax.payment_page)
    for row in page.items if page else ():
        assert whole(row["amount"]) and whole(row["line"], 1, 32767) and whole(row["sequence"], 1, 2**63 - 1), row
        assert word(row["voucher_no"]) and (row["kind"] == "payment") == (row["reverses"] is None), row
        assert 1900 <= datetime.fromisoformat(row["paid_at"]).year < 2200, row
        assert row["treasury_received_on"] is None or day(row["treasury_received_on"]), row


@effort(110)
@given(pages(RESULT))
def test_pages_of_results(body: bytes) -> None:
    page = page_or_none(body, lambda reply, cursor: replies.page(reply, cursor, treasury.result_fault))
    for row in page.items if page else ():
        assert whole(row["amount"]) and whole(row["sequence"], 1, 2**63 - 1), row
        assert word(row["reference"]) and word(row["order_no"]) and day(row["executed_on"]), row
        assert (row["outcome"] == "paid") == (row["code"] is None), row


ACKNOWLEDGED = ANSWER | {
    "acknowledgements": [
        {"reference": "due-1", "accepted": True, "number": "n-1", "code": None, "text": None},
        {"reference": "due-2", "accepted": False, "number": None, "code": "E1", "text": "no"},
    ]
}
VOIDED = ANSWER | {"results": [{"reference": f"due-{at}", "outcome": "voided"} for at in (1, 2)]}


@effort(150)
@given(spoiled_json(ACKNOWLEDGED), spoiled_json(VOIDED))
def test_answers_to_batches(acknowledged: bytes, voided: bytes) -> None:
    with suppress(InvalidReply, ForeignPayload):
        for at, one in enumerate(replies.acknowledgements("b-1", SENT)(acknowledged), 1):
            assert one.reference == f"due-{at}"
            assert type(one.accepted) is bool
            assert word(one.number) if one.accepted else re.fullmatch(r"[A-Za-z0-9_.:-]{1,40}", one.code or "")
    with suppress(InvalidReply, ForeignPayload):
        assert [one.reference for one in tax.void_results("b-1", SENT)(voided)] == ["due-1", "due-2"]


@effort(150)
@given(spoiled_json({"states": [STATE]}), spoiled_json({"states": [ORDER]}))
def test_states(dues: bytes, orders: bytes) -> None:
    with suppress(InvalidReply):
        for due in tax.due_states(["due-1"])(dues):
            assert all(due[name] is None or whole(due[name], 0) for name in ("amount", "paid")), due  # type: ignore[literal-required]
            assert due["deadline"] is None or day(due["deadline"]), due
    with suppress(InvalidReply):
        for order in treasury.order_states(["due-1"])(orders):
            known = order["state"] != "unknown"
            assert whole(order["amount"]) if known else order.get("amount") is None, order
            assert order.get("executed_on") is None or day(order["executed_on"]), order


@effort(100)
@given(spoiled_json({"totals": [{"area": "610922", "kind": "payment", "fund": "", "count": 3, "fen": 84000}]}))
def test_totals_of_a_month(body: bytes) -> None:
    with suppress(Unavailable):
        for total in replies.month_totals(body, "kind"):
            assert whole(total.lines, 0, 2**31 - 1) and whole(total.amount, 0, 2**53), total
            assert word(total.area) and word(total.kind), total
