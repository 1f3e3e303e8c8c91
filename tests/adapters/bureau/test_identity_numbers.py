"""Identity numbers: every right one is taken, and no slip of the pen gets through."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from adapters.bureau.identity_number import birth_date, check_character, faults

_DIGITS = "0123456789"
numbers = st.builds(
    lambda area, born, order: f"{area}{born:%Y%m%d}{order:03d}",
    st.integers(110000, 659999),
    st.dates(date(1880, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
).map(lambda first17: first17 + check_character(first17))


def test_the_example_of_the_standard_is_right() -> None:
    assert faults(["11010519491231002X", "440524188001010014"]) == {}


@given(st.lists(numbers, max_size=20))
def test_right_numbers_are_right_and_hold_their_birth_date(right: list[str]) -> None:
    assert faults(right) == {}
    assert all(birth_date(number[6:14]) is not None for number in right)


@given(numbers, st.integers(0, 17), st.sampled_from(_DIGITS))
def test_one_wrong_digit_is_always_found(number: str, at: int, digit: str) -> None:
    slipped = number[:at] + digit + number[at + 1 :]
    assert (faults([slipped]) == {}) == (slipped == number)


@given(numbers, st.integers(0, 16))
def test_two_digits_in_the_wrong_order_are_always_found(number: str, at: int) -> None:
    slipped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert (faults([slipped]) == {}) == (slipped == number)


@given(st.text(max_size=25))
def test_any_text_at_all_is_judged_without_failing(text: str) -> None:
    found = faults([text])
    assert found == {} or set(found.values()) <= {"format", "cert_length", "cert_date", "cert_checksum"}


def test_a_day_that_never_was_is_found_even_with_a_right_check_digit() -> None:
    for day in ("19900230", "19901301", "19000229", "00010101", "18791231"):
        first17 = f"610922{day}001"
        assert faults([first17 + check_character(first17)]) == {0: "cert_date"}


def test_a_bad_number_among_good_ones_is_the_one_that_is_named() -> None:
    good = "610922199003078519"
    assert faults([good, "61092219900307851X", good, "", "610922900307851"]) == {
        1: "cert_checksum",
        3: "format",
        4: "cert_length",
    }
