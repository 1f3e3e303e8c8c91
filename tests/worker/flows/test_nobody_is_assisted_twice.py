"""The database lets nobody be assisted both ways, whoever writes: a fund, another area, two transactions at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.worker.flows.test_what_is_known_later import GIVEN, NETTED, OPENS, PAYS, pay_all
from tests.worker.flows.town import Town
from tests.worker.intake.conftest import KEYS, NEIGHBOURS

PREMIUM, LEFT = 36000, 9000
"""Of 360 yuan 130 were netted and 140 follow: 90 may be assisted still."""


@pytest.fixture(scope="module")
def town(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """Somebody of 绿园区 with both flows at once, rightly: netted by medical assistance, fiscal money to follow."""
    with pytest.MonkeyPatch.context() as patch, new_database() as url:
        places = {"LEVY_DATABASE_URL": url, "LEVY_HOME": str(tmp_path_factory.mktemp("home"))}
        for name, value in {**places, "LEVY_BROKER_URL": "redis://127.0.0.1:1/0", **KEYS, **NEIGHBOURS}.items():
            patch.setenv(name, value)
        made = Town.of(patch, "220106", 2022)
        made.enrol(1, OPENS)
        made.flag(1, *NETTED, day=OPENS)
        made.tick(OPENS, "assess")
        pay_all(made, PAYS)
        assert made.assistance(1) == GIVEN
        yield made
        assert made.assistance(1) == GIVEN
        made.assert_books_hold()
        made.house.engine.dispose()


def given(
    connection: Connection,
    amount: int = LEFT,
    category: str = "extreme_poverty",
    source: str = "medical_assistance",
    timing: str = "after_payment",
    ordinal: int = 4,
    claim: int | None = None,
) -> None:
    """Assist the person with so much more, past the service; ``claim``: on a claim of another area."""
    here, state = "NULL" if claim else "1", "applied" if timing == "at_levy" else "granted"
    connection.exec_driver_sql(
        "INSERT INTO assistance (id, enrolment_id, handoff_id, person_id, due_id, area, insured_year, insurance,"
        " category, source, timing, amount, rule, state, ordinal, granted_on) VALUES (nextval('assistance_number'),"
        f" {here}, {claim or 'NULL'}, 1, {here}, '220106', 2022, 'resident_medical', '{category}', '{source}',"
        f" '{timing}', {amount}, 'r', '{state}', {ordinal}, '2022-01-09')"
    )


@contextmanager
def rolled_back(town: Town) -> Iterator[Connection]:
    with town.house.engine.connect() as connection:
        yield connection
        connection.rollback()


def test_what_is_left_of_the_premium_may_follow_from_another_identity(town: Town) -> None:
    """A fund that has netted one identity may pay out for another: the guard refuses no more than the law does."""
    with rolled_back(town) as connection:
        given(connection)


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ({"amount": LEFT + 1}, "36001 fen of a premium of 36000"),
        ({"amount": LEFT + 1, "source": "model_worker_fund", "category": "model_worker"}, "36001 fen"),
        ({"category": "minimum_living_allowance"}, "both at the levy and after the payment"),
        ({"category": "minimum_living_allowance", "source": "municipal_fiscal", "timing": "at_levy"}, "both at the"),
        ({"claim": 7, "amount": 1}, "on a claim between areas"),
        ({"ordinal": 3}, "uq_assistance_person_id"),
    ],
)
def test_the_database_refuses_to_assist_both_ways(town: Town, more: dict[str, object], refused: str) -> None:
    with rolled_back(town) as connection, pytest.raises(IntegrityError, match=refused):
        given(connection, **more)  # type: ignore[arg-type]


def test_what_a_sponsor_has_paid_is_not_assisted_as_well(town: Town) -> None:
    with rolled_back(town) as connection:
        connection.exec_driver_sql(
            'INSERT INTO due SELECT (json_populate_record(d, \'{"id": 99, "payer": "veterans_affairs",'
            ' "amount": 10000, "paid": 10000}\')).* FROM due d WHERE id = 1'
        )
        with pytest.raises(IntegrityError, match="27001 fen of a premium of 26000"):
            given(connection, 1)


@pytest.mark.parametrize("change", ["amount = 1", "enrolment_id = 2", "person_id = 2", "timing = 'after_payment'"])
def test_what_was_granted_is_not_made_something_else(town: Town, change: str) -> None:
    with rolled_back(town) as connection, pytest.raises(IntegrityError, match="never changes"):
        connection.exec_driver_sql(f"UPDATE assistance SET {change} WHERE ordinal = 2")


def test_what_is_cancelled_leaves_room_and_does_not_come_back(town: Town) -> None:
    with rolled_back(town) as connection:
        connection.exec_driver_sql("UPDATE assistance SET state = 'cancelled' WHERE ordinal = 2")
        given(connection, LEFT + 7000)
        with pytest.raises(IntegrityError, match="stays so"):
            connection.exec_driver_sql("UPDATE assistance SET state = 'granted' WHERE ordinal = 2")


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
@pytest.mark.parametrize("kept", [True, False])
def test_of_two_that_grant_at_once_one_comes_through(engine: Engine, isolation: str, kept: bool) -> None:
    """Each sees nothing given of a premium of 360 yuan, and gives 270 from a fund of its own."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_PREMIUM)
    at_once = engine.execution_options(isolation_level=isolation)
    with ThreadPoolExecutor(1) as hands, at_once.connect() as first, at_once.connect() as second:
        second.exec_driver_sql("SELECT count(*) FROM assistance")  # it sees the books as they are now
        given(first, PREMIUM - LEFT, source="municipal_fiscal", ordinal=1)
        with pytest.raises(OperationalError, match="without a gap"), second.begin_nested():
            given(second, PREMIUM - LEFT, ordinal=2)
        waiting = hands.submit(given, second, PREMIUM - LEFT, ordinal=1)
        first.commit() if kept else first.rollback()
        if kept:
            with pytest.raises(IntegrityError, match="uq_assistance_person_id"):
                waiting.result(timeout=60)
        else:
            waiting.result(timeout=60)
            second.commit()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT sum(amount) FROM assistance").scalar_one() == PREMIUM - LEFT


_PREMIUM = (
    "INSERT INTO due (id, enrolment_id, person_id, area, insured_year, insurance, payer, version, decision_id,"
    " standard, amount, channel, assessed_on, deadline, batch) VALUES (1, 1, 1, '220106', 2022,"
    f" 'resident_medical', 'person', 1, 1, {PREMIUM}, {PREMIUM}, 'ordinary', '2021-10-12', '2021-12-31', 'b')"
)
