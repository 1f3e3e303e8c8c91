"""A page of payments: one row that cannot be trusted is set aside as it came, the others stand."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http import InvalidReply
from adapters.ports import Page, Unavailable
from adapters.replies import LARGEST_AMOUNT
from adapters.tax.client import TaxClient
from adapters.tax.reading import payment_page
from tests.adapters.raw_server import raw_server, reply, says
from tests.adapters.rows_made import fresh, sponsored_due
from tests.adapters.simulated import KEY, Simulated

GOOD: dict[str, Any] = {
    "sequence": 1,
    "voucher_no": "361092220090000000001",
    "line": 1,
    "reference": "due-1",
    "person_no": "person-1",
    "amount": 28000,
    "channel": "app",
    "paid_at": "2020-09-01T10:00:00+08:00",
    "treasury_received_on": "2020-09-02",
    "kind": "payment",
    "reverses": None,
    "refund": None,
}


def page_with(row: bytes) -> Page:
    """A page of a good row, this one, and another good row."""
    good = orjson.dumps(GOOD)
    return payment_page(b'{"items": [' + b",".join((good, row, good)) + b'], "next_cursor": "3", "more": false}', "0")


def with_amount(literal: str) -> bytes:
    return orjson.dumps(GOOD).replace(b"28000", literal.encode())


NO_AMOUNTS = "NaN Infinity 1e400 -1e400 28000.0 2.8e4 280.005 -0 0 -28000 1000000000001 123456789012345678901234567890"
NO_NUMBERS = ("true", "false", "null", '"28000"', '"２８０００"', "[]", "{}")


@pytest.mark.parametrize("literal", [*NO_AMOUNTS.split(), *NO_NUMBERS])
def test_an_amount_that_is_no_amount_is_set_aside_with_its_raw_text(literal: str) -> None:
    page = page_with(with_amount(literal))
    assert page.items == [GOOD, GOOD]
    [malformed] = page.malformed
    assert malformed.reason.startswith("its amount ")
    assert "due-1" in malformed.raw


def test_a_reason_names_the_field_and_never_what_stands_in_it() -> None:
    for name in ("amount", "voucher_no", "sequence", "channel", "kind", "paid_at", "treasury_received_on"):
        [malformed] = page_with(orjson.dumps({**GOOD, name: "610922199003078519\n"})).malformed
        assert "610922199003078519" not in malformed.reason


@pytest.mark.parametrize("name", ["reference", "person_no"])
def test_an_identity_number_in_the_place_of_a_number_of_ours_is_set_aside(name: str) -> None:
    page = page_with(orjson.dumps({**GOOD, name: "610922199003078519"}))
    assert (len(page.items), len(page.malformed)) == (2, 1)


def test_a_row_nested_beyond_measure_is_set_aside_like_any_other() -> None:
    page = page_with(b'{"voucher_no": ' + b"[" * 1010 + b"]" * 1010 + b"}")
    assert (len(page.items), len(page.malformed)) == (2, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"voucher_no": ""},
        {"voucher_no": "x" * 65},
        {"voucher_no": None},
        {"reference": "a\x00b"},
        {"reference": "line\nbreak"},
        {"person_no": 17},
        {"sequence": "1"},
        {"sequence": True},
        {"channel": "carrier pigeon"},
        {"channel": ["app"]},
        {"kind": "refund"},
        {"kind": "reversal"},
        {"reverses": "361092220090000000000"},
        {"paid_at": "2020-09-01T10:00:00Z"},
        {"paid_at": "2020-02-30T10:00:00+08:00"},
        {"paid_at": "2020-09-01 10:00:00+08:00"},
        {"paid_at": 1598925600},
        {"treasury_received_on": "2020-W01-1"},
        {"treasury_received_on": "20200902"},
    ],
    ids=str,
)
def test_a_row_that_cannot_be_booked_is_set_aside(change: dict[str, Any]) -> None:
    page = page_with(orjson.dumps(GOOD | change))
    assert page.items == [GOOD, GOOD]
    assert len(page.malformed) == 1


@pytest.mark.parametrize("row", [b"null", b"17", b'"text"', b"[]", b"{}", b'{"reference": "\\ud800"}'])
def test_a_row_that_is_no_row_is_set_aside(row: bytes) -> None:
    page = page_with(row)
    assert page.items == [GOOD, GOOD]
    page.malformed[0].raw.encode()


@given(st.integers(min_value=1, max_value=LARGEST_AMOUNT))
def test_every_amount_that_can_be_paid_passes_unchanged(amount: int) -> None:
    [_, row, _] = page_with(with_amount(str(amount))).items
    assert row["amount"] == amount


texts = st.text("aZ9-: +张\x00\n\u200b", max_size=70)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | texts
json_values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(texts, scalars, max_size=2)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), json_values))
def test_whatever_a_row_says_it_is_either_sound_or_set_aside(change: dict[str, Any]) -> None:
    page = page_with(orjson.dumps(GOOD | change))
    assert len(page.items) + len(page.malformed) == 3
    for row in page.items:
        assert type(row["amount"]) is int
        assert 0 < row["amount"] <= LARGEST_AMOUNT
        assert "\x00" not in orjson.dumps(row).decode()


@given(st.binary(max_size=200) | json_values.map(orjson.dumps))
def test_whatever_comes_for_a_page_is_a_page_or_an_invalid_reply(body: bytes) -> None:
    with suppress(InvalidReply):
        assert isinstance(payment_page(body, None), Page)


def test_a_page_that_would_be_asked_for_for_ever_is_not_believed() -> None:
    page = b'{"items": [], "next_cursor": "7", "more": true}'
    with raw_server(says(reply("200 OK", page))) as (url, _):
        tax = TaxClient(url, KEY, rng=random.Random(1))
        with pytest.raises(Unavailable):
            tax.payments("7", 10)
        assert tax.payments("6", 10).more


def test_a_page_spoiled_on_the_way_still_gives_its_other_rows(tax: TaxClient, tax_simulator: Simulated) -> None:
    rows, key = [sponsored_due() for _ in range(3)], fresh("batch")
    tax.submit_dues(key, tax.encode_due_batch(key, "610922", 2021, rows))
    declared = [{name: row[name] for name in ("reference", "person_no", "amount")} for row in rows]
    before = max((item["sequence"] for item in tax.payments(None, 5000).items), default=0)
    tax.declare_sponsor(key, tax.encode_sponsor_declaration(key, "610922", 2021, "medical_assistance", declared))
    tax_simulator.fault("malformed_line", "payments")
    page = tax.payments(str(before), 10)
    assert [item["reference"] for item in page.items] == [row["reference"] for row in rows[1:]]
    assert rows[0]["reference"] in page.malformed[0].raw
    assert len(tax.payments(str(before), 10).items) == 3
    tax_simulator.fault("duplicate_line", "payments")
    repeated = [item["reference"] for item in tax.payments(str(before), 10).items]
    assert repeated == [row["reference"] for row in (rows[0], *rows)]
