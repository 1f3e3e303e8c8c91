"""Whatever differs between two books is found with its type, and nothing else is."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from adapters.ports import BadLine
from tests.worker.reconciliation.books import Books, Row
from worker.reconciliation.sides import TAX, TREASURY, Side

A, B = Row(1, 0), Row(2, 0, amount=12000, owner="b")
BOTH = {
    "only_ours": ([A], []),
    "only_theirs": ([], [A]),
    "amount less": ([A], [A._replace(amount=27999)]),
    "amount more": ([A], [A._replace(amount=28001)]),
    "reversed by them": ([A], [A._replace(kind="back")]),
    "reversed by us": ([A._replace(kind="back")], [A]),
    "area": ([A], [A._replace(area="999999")]),
    "day stated before it is booked": ([A._replace(day=2)], [A]),
    "day that the line says": ([A], [A._replace(said=1)]),
    "repeated in a file": ([A], [A, A]),
    "repeated on another day": ([A], [A, A._replace(day=1)]),
}
OF_TAX = {
    "person": ([A], [A._replace(owner="z")]),
    "person of ours": ([A._replace(owner="z")], [A]),
    "reference": ([A], [A._replace(reference="s")]),
    "period later": ([A], [A._replace(period="202201-202212")]),
    "period earlier": ([A._replace(period="202201-202212")], [A]),
}
OF_TREASURY = {
    "fund": ([A], [A._replace(owner="z")]),
    "reversed for another reason": (
        [A._replace(kind="back")],
        [A._replace(kind="returned name_mismatch")],
    ),
}
CASES = [
    pytest.param(side, name, *books, id=f"{side.name}: {name}")
    for side, own in ((TAX, OF_TAX), (TREASURY, OF_TREASURY))
    for name, books in (BOTH | own).items()
]


@pytest.fixture(scope="module")
def engine(module_engine: Engine) -> Engine:
    return module_engine


@pytest.mark.parametrize(("side", "name", "ours", "theirs"), CASES)
def test_a_difference_is_found_with_just_its_type(
    engine: Engine, side: Side, name: str, ours: list[Row], theirs: list[Row]
) -> None:
    books = Books(engine, side, [*theirs, B])
    books.book([*ours, B])
    for _ in range(2):
        books.compare([0, 1, 2])
        assert books.kinds() == [name.split(" ", maxsplit=1)[0]]
    assert books.steps() == ["found"], "comparing again is no news"
    books.theirs = [*ours, B]
    books.compare([0, 1, 2])
    assert books.kinds() == []
    assert books.kinds("vanished") == [name.split(" ", maxsplit=1)[0]]
    books.theirs = [*theirs, B]
    books.compare([0, 1, 2])
    assert books.kinds() == [name.split(" ", maxsplit=1)[0]], "what comes back opens again"
    assert books.steps() == ["found", "vanished", "reopened"]


@pytest.mark.parametrize("side", [TAX, TREASURY], ids=lambda side: side.name)
def test_what_they_state_on_a_later_day_is_late_and_resolved_by_itself(engine: Engine, side: Side) -> None:
    books = Books(engine, side, [A._replace(day=2)])
    books.book([A])
    books.compare([0])
    assert books.breaks() == {(0, books.item(1), "only_ours")}
    books.compare([1, 2])
    assert (books.kinds(), books.breaks("resolved")) == ([], {(0, books.item(1), "late")})
    books.compare([0])
    assert (books.kinds(), books.kinds("resolved")) == ([], ["late"]), "the day itself, compared again, knows"
    books.theirs = []
    books.compare([2])
    assert books.breaks() == {(0, books.item(1), "only_ours")}, "it was taken out of the later statement"
    assert books.steps() == ["found", "late", "reopened"]


def test_what_they_state_on_two_later_days_is_late_once_and_repeated_once(engine: Engine) -> None:
    for order in ([0, 1, 2], [2], [1]):
        books = Books(engine, TAX, [A._replace(day=1), A._replace(day=2)])
        books.book([A])
        books.compare(order)
        for day in (1, 2, 0):
            books.compare([day])
        assert books.breaks() == {(2, books.item(1), "repeated")}
        assert books.breaks("resolved") == {(0, books.item(1), "late")}


@pytest.mark.parametrize("side", [TAX, TREASURY], ids=lambda side: side.name)
def test_what_reaches_us_after_its_day_was_compared_is_late_too(engine: Engine, side: Side) -> None:
    books = Books(engine, side, [A])
    books.compare([0])
    assert books.kinds() == ["only_theirs"]
    books.book([A])
    books.compare([0])
    assert (books.kinds(), books.kinds("resolved")) == ([], ["late"])
    assert books.steps() == ["found", "late"]


def test_a_line_that_cannot_be_read_is_named_by_its_item_and_blocks_nothing(engine: Engine) -> None:
    books = Books(engine, TAX, [B])
    books.book([A, B])
    books.bad[0] = BadLine(2, "amount", "Its amount is not one in yuan.", f"2020-10-01,{books.item(1)},r,a,28O.00")
    books.compare([0])
    assert books.breaks() == {(0, books.item(1), "unreadable")}
    books.bad[0] = BadLine(5, "", "It does not have the columns.", "???")
    books.compare([0])
    assert books.breaks() == {(0, books.item(1), "only_ours"), (0, "#line 5", "unreadable")}


def test_a_closed_break_stays_closed_until_it_differs_otherwise(engine: Engine) -> None:
    books = Books(engine, TAX, [A._replace(amount=1)])
    books.book([A])
    books.compare([0])
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE break_found SET state = 'closed' WHERE area = '{books.area}'")
    books.theirs = [B, A._replace(amount=1)]
    books.compare([0])
    assert books.kinds("closed") == ["amount"], "another line of the file is no other difference"
    books.theirs = [A._replace(amount=2)]
    books.compare([0])
    assert books.kinds() == ["amount"]


def test_a_break_that_changes_its_kind_stays_the_same_break(engine: Engine) -> None:
    books = Books(engine, TAX, [])
    books.book([A])
    books.compare([0])
    books.theirs = [A._replace(amount=1)]
    books.compare([0])
    assert books.rows(
        "SELECT s.action, s.text FROM break_step s JOIN break_found b ON b.id = s.break_id"
        f" WHERE b.area = '{books.area}' ORDER BY s.id"
    ) == [("found", "only_ours"), ("changed", "only_ours became amount")]
