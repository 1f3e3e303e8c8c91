"""Two towns with one person each: of Changchun, assisted both ways, and of Jilin, assisted after the payment."""

from collections.abc import Iterator
from datetime import date

import pytest

from tests.worker.flows.town import Town
from tests.worker.intake.conftest import environment

__all__ = ["environment"]

PAID = {"changchun": date(2021, 11, 2), "jiaohe": date(2020, 11, 2)}


@pytest.fixture
def changchun(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """360 yuan, of which 130 are netted and 140 follow from two funds; the premium is paid on 2 November 2021."""
    yield from _paid(Town.of(monkeypatch, "220106", 2022), date(2021, 10, 12), PAID["changchun"], 2)


@pytest.fixture
def jiaohe(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """320 yuan paid on 2 November 2020, of which 130 follow from medical assistance."""
    yield from _paid(Town.of(monkeypatch, "220281", 2021), date(2020, 10, 9), PAID["jiaohe"], 1)


def _paid(town: Town, opens: date, pays: date, dues: int) -> Iterator[Town]:
    town.enrol(1, opens)
    town.flag(1, "低保", "2019-03-01", day=opens)
    town.tick(opens, "assess")
    for due in range(1, dues + 1):
        town.pay(due, pays)
    town.tick(pays, "pull_payments")
    yield town
    town.assert_books_hold()
    town.house.engine.dispose()
