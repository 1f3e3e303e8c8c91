"""Our references: read back as written, and mistyped ones noticed."""

from hypothesis import given
from hypothesis import strategies as st

from worker.dues.reference import due_number, due_reference

numbers = st.integers(1, 10**12)


@given(st.integers(110000, 659999), st.integers(2000, 2099), numbers)
def test_a_reference_is_read_back_as_written(area: int, year: int, number: int) -> None:
    assert due_number(due_reference(str(area), year, number)) == number


@given(numbers, st.data())
def test_one_wrong_digit_is_noticed(number: int, data: st.DataObject) -> None:
    right = due_reference("610922", 2021, number)
    at = data.draw(st.sampled_from([place for place, sign in enumerate(right) if sign.isdigit()]))
    digit = data.draw(st.sampled_from([sign for sign in "0123456789" if sign != right[at]]))
    assert due_number(right[:at] + digit + right[at + 1 :]) is None


@given(st.text(max_size=40))
def test_nonsense_is_no_reference(text: str) -> None:
    assert due_number(text) is None
