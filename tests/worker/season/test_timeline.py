"""The days of a replayed season."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from worker.season.timeline import season_days

drops = st.lists(st.dates(date(2020, 8, 1), date(2021, 7, 31)), min_size=1)


@given(drops)
def test_every_drop_has_a_round_after_it_and_every_month_begins_with_one(dropped: list[date]) -> None:
    days = season_days(2021, dropped)
    assert days == sorted(set(days))
    assert all(any(day > drop for day in days) for drop in dropped)
    assert {date(2021, month, 1) for month in range(1, 13) if date(2021, month, 1) >= days[0]} <= set(days)
    assert days[0] >= min(dropped)
    assert days[-1] > date(2021, 12, 31)


def test_shiquans_cut_offs_are_all_looked_at_on_their_first_day() -> None:
    """The window opens on 1 September and has closed on 1 January; 830 yuan from 1 July."""
    days = season_days(2021, [date(2020, 8, 31), date(2021, 6, 30)])
    assert days[0] == date(2020, 9, 1)
    assert {date(2021, 1, 1), date(2021, 4, 1), date(2021, 7, 1)} <= set(days)
    assert max(after - before for before, after in pairwise(days)) <= timedelta(days=31)
