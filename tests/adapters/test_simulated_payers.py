"""The simulated residents: nearly all pay in the window, and nothing but seed, person and year decides how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulators.tax.payers import Payers
from adapters.simulators.tax.settings import PayerSettings, payer_settings
from adapters.tax.client import TaxClient
from tests.adapters.rows_made import due
from tests.adapters.simulated import KEY, Simulated

COUNTY = 60_000
OPENS, CLOSES = date(2020, 9, 1).toordinal(), date(2020, 12, 31).toordinal()
PERSON_TYPES = ("1501",) * 6 + ("16",) * 2 + ("1403", "1404")


@pytest.fixture(scope="module")
def habits() -> list[tuple[str, int, str, str | None]]:
    """Person type, day, channel and rejection of many persons."""
    payers = Payers(2021, 2021, PayerSettings())
    drawn = ((PERSON_TYPES[n % 10], payers.habit(f"person-{n}", PERSON_TYPES[n % 10])) for n in range(COUNTY))
    return [(kind, habit.day, habit.channel, habit.rejection) for kind, habit in drawn]


def test_about_ninety_nine_in_a_hundred_pay_in_the_window(habits: list[tuple[str, int, str, str | None]]) -> None:
    in_time = sum(OPENS <= day <= CLOSES for _, day, _, _ in habits) / COUNTY
    assert 0.985 <= in_time <= 0.995
    late = sum(day > CLOSES for _, day, _, _ in habits) / COUNTY
    assert 0.004 <= late <= 0.012
    never = sum(day == 0 for _, day, _, _ in habits) / COUNTY
    assert 0.002 <= never <= 0.007


def test_payments_come_on_every_day_of_the_window_and_most_of_all_at_its_end(
    habits: list[tuple[str, int, str, str | None]],
) -> None:
    by_day = Counter(day for _, day, _, _ in habits)
    assert all(by_day[day] > 0 for day in range(OPENS, CLOSES + 1))
    last_days = sum(by_day[day] for day in range(CLOSES - 2, CLOSES + 1))
    first_days = sum(by_day[day] for day in range(OPENS, OPENS + 3))
    assert last_days > 3 * first_days


def test_everyone_pays_in_their_own_way(habits: list[tuple[str, int, str, str | None]]) -> None:
    channels = {kind: Counter(channel for each, _, channel, _ in habits if each == kind) for kind in PERSON_TYPES}
    assert channels["16"].most_common(1)[0][0] == "bank_counter"
    assert channels["1501"].most_common(1)[0][0] == "app"
    assert set(channels["1404"]) == {"college_virtual_account"}
    assert len({day for kind, day, _, _ in habits if kind == "1404" and OPENS <= day <= CLOSES}) == 4


def test_about_one_and_a_half_in_a_thousand_are_rejected_for_three_reasons(
    habits: list[tuple[str, int, str, str | None]],
) -> None:
    rejected = Counter(rejection for _, _, _, rejection in habits if rejection)
    assert 0.001 <= sum(rejected.values()) / COUNTY <= 0.002
    assert set(rejected) == {"certificate_mismatch", "employee_elsewhere", "deceased"}


@given(st.text(max_size=30), st.integers(0, 2**40), st.integers(2001, 2100))
def test_a_habit_is_a_function_of_seed_person_and_year(person_no: str, seed: int, year: int) -> None:
    first = Payers(seed, year, PayerSettings()).habit(person_no, "1501")
    again = Payers(seed, year, PayerSettings())
    again.habit("somebody else", "16")
    assert again.habit(person_no, "1501") == first
    window = range(date(year - 1, 9, 1).toordinal(), date(year, 7, 1).toordinal())
    assert first.day == 0 or first.day in window


def test_another_seed_or_year_draws_anew() -> None:
    def days(seed: int, year: int) -> list[int]:
        payers = Payers(seed, year, PayerSettings())
        return [payers.habit(f"p{n}", "1501").day - date(year - 1, 9, 1).toordinal() for n in range(200)]

    assert days(1, 2021) != days(2, 2021)
    assert days(1, 2021) != days(1, 2022)


@pytest.mark.parametrize(
    "wanted",
    [
        {"nobody_share": 0.1},
        {"never_share": -0.1},
        {"never_share": 0.7, "late_share": 0.7},
        {"taken_back": {"p": {"again": True}}},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(wanted: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"settings|shares"):
        payer_settings(wanted)


def test_batches_in_another_order_and_size_bring_the_same_payments(start_tax: Callable[..., Simulated]) -> None:
    rows = [due(person_no=f"p{n}", reference=f"r{n}", person_type=PERSON_TYPES[n % 10]) for n in range(400)]
    books = []
    for size, order in ((400, 1), (7, -1)):
        simulated = start_tax(seed=7)
        tax = TaxClient(simulated.url, KEY)
        shuffled = rows[::order]
        for start in range(0, len(rows), size):
            key = f"b{start}"
            tax.submit_dues(key, tax.encode_due_batch(key, "610922", 2021, shuffled[start : start + size]))
        for month in ("2020-10-15", "2020-10-15", "2020-12-31", "2021-07-01"):
            simulated.advance(month)
        told = tax.payments(None, 5000).items
        books.append({item["reference"]: (item["paid_at"], item["channel"], item["amount"]) for item in told})
        tax.close()
    assert books[0] == books[1]
    assert 380 <= len(books[0]) < 400
