"""What somebody changes in the books past the service is named by `levy check`, with its place."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from tests.worker.flows.stage import Stage
from tests.worker.ledger import planted_dues, planted_payouts
from worker.ledger import assistance, clawback, dues, funds, handoffs, refunds
from worker.ledger.chart import chart
from worker.ledger.check import CHECKS, check_ledger
from worker.ledger.pairs import PAIRS, RECEIVABLE

_GUARDED = (
    "payment",
    "transfer",
    "due",
    "assistance",
    "disbursement",
    "bank_account",
    "person",
    "refund_item",
    "fund_statement",
    "fund_statement_line",
    "fund_settlement",
)
_WITHOUT = "ALTER TABLE due DROP CONSTRAINT IF EXISTS ck_due_paid; DROP INDEX uq_due_current;"
PLANTS = planted_dues.PLANTS | planted_payouts.PLANTS


@contextmanager
def planting(county: Stage, statements: str) -> Iterator[Connection]:
    """A transaction in which nothing guards the tables, with this done in it; it is rolled back."""
    with county.house.engine.connect() as connection:
        for table in _GUARDED:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.exec_driver_sql(_WITHOUT)
        connection.exec_driver_sql(statements)
        yield connection
        connection.rollback()


def test_an_untouched_county_gives_no_sentence(county: Stage) -> None:
    county.assert_books_hold()


@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_planted_is_named_with_its_place(county: Stage, plant: str) -> None:
    statements, named = PLANTS[plant]
    with planting(county, statements) as connection:
        found = check_ledger(connection)
    assert any(sentence.startswith(named) for sentence in found), found


def test_no_check_is_idle_each_notices_one_of_the_plants(county: Stage) -> None:
    idle = set(CHECKS)
    for statements, _ in PLANTS.values():
        with planting(county, statements) as connection:
            idle -= {check for check in idle if check(connection)}
    assert idle == set()


def test_many_wrong_rows_of_one_kind_are_counted(county: Stage) -> None:
    with planting(county, "DELETE FROM payment") as connection:
        assert "payment.settled of 1 and 5 more: there is no such payment" in check_ledger(connection)


def test_the_table_of_pairs_is_what_the_postings_do() -> None:
    """Accounts that are their own names tell what each posting debits and credits."""

    class Named(dict):  # type: ignore[type-arg]
        def __missing__(self, key: tuple[str, str, str]) -> str:
            return RECEIVABLE if key[0].startswith("receivable") else key[0]

    accounts = Named()
    about = (accounts, 1, 7, "resident_medical")
    posted = [
        dues.assessed(accounts, 7, "resident_medical", "fiscal", 1),
        dues.withdrawn(accounts, 7, "resident_medical", "person", 1),
        *dues.paid(*about, "person", 1, 1),
        *dues.reversed_payment(*about, "fiscal", 1, 1),
        dues.unidentified(accounts, 1, "resident_medical", 1),
        dues.unidentified_reversed(accounts, 1, "resident_medical", 1),
        *(step(*about, "fiscal", 1) for step in (
            assistance.granted, assistance.cancelled, assistance.ordered, assistance.arrived, assistance.came_back,
            refunds.ordered, refunds.arrived, refunds.came_back,
            assistance.applied, assistance.unapplied, clawback.opened, clawback.repaid,
        )),
        dues.allocated(*about, "person", 1),
        dues.unallocated(*about, "fiscal", 1),
        *(refunds.approved(*about, "", 1, stood) for stood in ("premium_levied", "overpaid", "unidentified")),
        refunds.approved(*about, "fiscal", 1, "premium_levied"),
        *(refunds.stopped(*about, "", 1, stood) for stood in ("premium_levied", "overpaid", "unidentified")),
        refunds.stopped(*about, "fiscal", 1, "premium_levied"),
        refunds.carried_out(*about, 1),
        dues.lowered(accounts, 1, 7, "resident_medical", 1),
        *(step(accounts, 1, "resident_medical", "fiscal", 1) for step in (
            funds.set_off, funds.set_off_undone, funds.settled, funds.given_back,
        )),
        dues.lowering_undone(accounts, 1, 7, "resident_medical", 1),
        handoffs.opened(accounts, 1, 7, "resident_medical", 1),
        handoffs.closed(accounts, 1, 7, "resident_medical", 1),
    ]  # fmt: skip
    assert {one.code: (one.debit_id, one.credit_id) for one in posted} == {
        code: (pair.debit, pair.credit) for code, pair in PAIRS.items()
    }
    assert {code for pair in PAIRS.values() for code in pair[1:]} - {RECEIVABLE} <= set(chart())
