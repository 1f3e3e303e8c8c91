"""Days and months of waiting: one date and a column of days are counted alike."""

from datetime import date, timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.calendar import (
    add_days,
    add_months,
    add_months_column,
    after_days,
    after_months,
    day_number,
    day_of,
    month_after,
    month_after_column,
)
from policies.clause import clause_order, in_text_order

DATES = st.dates(date(1950, 1, 1), date(2150, 12, 31))


def test_three_months_from_the_end_of_january_end_with_april() -> None:
    assert after_months(date(2021, 1, 31), 3) == date(2021, 5, 1)
    assert after_months(date(2020, 11, 30), 3) == date(2021, 3, 1)


def test_cover_starts_on_the_ninety_first_day_after_payment() -> None:
    assert after_days(date(2022, 1, 1), 90) == date(2022, 4, 2)


def test_ninety_days_after_birth_do_not_count_the_day_of_birth() -> None:
    assert add_days(date(2020, 12, 31), 90) == date(2021, 3, 31)


def test_the_month_after_december_is_january() -> None:
    assert month_after(date(2020, 12, 31)) == date(2021, 1, 1)


@given(DATES)
def test_the_month_after_starts_within_31_days_and_on_a_first(day: date) -> None:
    following = month_after(day)
    assert following.day == 1
    assert timedelta(0) < following - day <= timedelta(days=31)


@given(DATES, st.integers(1, 24))
def test_a_month_later_is_the_same_day_or_the_last_of_its_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


@given(st.lists(DATES, min_size=1), st.integers(1, 24))
def test_columns_count_like_single_dates(dates: list[date], months: int) -> None:
    days = np.array([day_number(day) for day in dates], np.int32)
    assert [day_of(int(day)) for day in days] == dates
    assert add_months_column(days, months).tolist() == [day_number(add_months(day, months)) for day in dates]
    assert month_after_column(days).tolist() == [day_number(month_after(day)) for day in dates]


@given(DATES, st.integers(1, 24), st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_a_crowd_of_days_near_one_another_counts_like_single_dates(first: date, months: int, dice: Random) -> None:
    dates = [first + timedelta(days=dice.randrange(400)) for _ in range(1_500)]
    days = np.array([day_number(day) for day in dates], np.int32)
    assert add_months_column(days, months).tolist() == [day_number(add_months(day, months)) for day in dates]
    assert month_after_column(days).tolist() == [day_number(month_after(day)) for day in dates]


def test_clauses_stand_in_the_order_of_the_text() -> None:
    assert in_text_order(["十二", "三(六)", "二(一)2", "二", "二(一)1", "三(六)"]) == (
        "二",
        "二(一)1",
        "二(一)2",
        "三(六)",
        "十二",
    )


@pytest.mark.parametrize("text", ["", "1", "二（一）", "二(1)", "(一)", "二(一)0", "二(一)1.2", "二二(", "a"])
def test_what_is_no_clause_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a clause number"):
        clause_order(text)


def test_columns_of_days_stay_whole_days_of_32_bits_with_a_month_count_for_each_row() -> None:
    days = np.array([day_number(date(2021, 1, 31)), day_number(date(2020, 11, 30))], np.int32)
    moved = add_months_column(days, np.array([1, 3], np.int32))
    assert [day_of(number) for number in moved.tolist()] == [date(2021, 2, 28), date(2021, 2, 28)]
    for column in (moved, add_months_column(days, 3), month_after_column(days)):
        assert column.dtype == np.int32
