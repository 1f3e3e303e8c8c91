"""The rule on bank accounts that the treasury and the synthetic roster share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulators.accounts import Defect, account_number, check_digit, defect_of

DEFECTS: list[Defect | None] = [None, "account_missing", "account_closed", "name_mismatch"]


@given(st.integers(0, 10**11 - 1), st.sampled_from(DEFECTS))
def test_an_account_has_the_defect_it_was_made_with(serial: int, defect: Defect | None) -> None:
    number = account_number(serial, defect)
    assert len(number) == 19
    assert defect_of(number) == defect


@given(st.integers(0, 10**11 - 1), st.integers(0, 18), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(serial: int, place: int, step: int) -> None:
    number = account_number(serial)
    wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    assert defect_of(wrong) == "account_missing"


def test_the_check_digit_is_that_of_luhn() -> None:
    assert check_digit("7992739871") == 3
    assert check_digit("453957876362148") == 6


@pytest.mark.parametrize("number", ["", "1", "abc", "６２１７００１００００００００１２３３", "0" * 31])
def test_what_is_no_number_is_an_account_that_does_not_exist(number: str) -> None:
    assert defect_of(number) == "account_missing"
