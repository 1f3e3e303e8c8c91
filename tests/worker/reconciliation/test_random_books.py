"""Whatever two books hold: breaks are open just when the books differ, and none is left once they are mended."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.drawn import drawn
from tests.worker.reconciliation.books import Books, Row
from worker.reconciliation.sides import TAX, TREASURY, Side

DAYS = range(4)
_rows = st.tuples(
    st.integers(1, 5),
    st.sampled_from(DAYS),
    st.sampled_from([1, 28000]),
    st.sampled_from(["forth", "forth", "back"]),
    st.sampled_from(["a", "b"]),
).map(lambda values: Row(*values))
_ours = st.lists(_rows, max_size=5, unique_by=lambda row: row.number)
_order = st.permutations(list(DAYS))


def _agree(ours: list[Row], theirs: list[Row]) -> bool:
    """Each row of ours stands once in theirs, on its day or a later one, with the same figures, and nothing else."""
    stated = Counter(row.number for row in theirs)
    if stated != Counter(row.number for row in ours):
        return False
    by_number = {row.number: row for row in theirs}
    return all(
        (far := by_number[row.number]).day >= row.day and far._replace(day=row.day, said=None) == row for row in ours
    )


@pytest.mark.parametrize("side", [TAX, TREASURY], ids=lambda side: side.name)
@drawn(20, phases=(Phase.reuse, Phase.generate))
@given(ours=_ours, noise=st.lists(_rows, max_size=3), kept=st.integers(0, 31), late=st.integers(0, 3), days=_order)
def test_breaks_are_open_just_when_the_books_differ(
    module_engine: Engine, side: Side, ours: list[Row], noise: list[Row], kept: int, late: int, days: list[int]
) -> None:
    copies = [row for at, row in enumerate(ours) if kept >> at & 1]
    if copies:
        copies[0] = copies[0]._replace(day=min(max(DAYS), copies[0].day + late))
    books = Books(module_engine, side, [*copies, *noise])
    books.book(ours)
    for day in days:
        books.compare([day])
    assert (books.breaks() == set()) == _agree(ours, books.theirs)
    once, steps = books.breaks(), books.steps()
    books.compare(list(DAYS))
    assert (books.breaks(), books.steps()) == (once, steps), "all at once finds what day by day has found"
    books.theirs = ours
    for day in reversed(days):
        books.compare([day])
    assert books.breaks() == set()
    assert books.steps()[: len(steps)] == steps
    books.theirs = [*copies, *noise]
    books.compare(list(DAYS))
    assert books.breaks() == once
