"""A county of six people to whom everything has happened that can, for tests that plant what is wrong in its books."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest

from adapters.bureau.identity_number import check_character
from config.settings import load_settings
from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.worker.flows.refunding import asked_back, reviewed
from tests.worker.flows.stage import Stage
from tests.worker.funds.claims import number as statement_number
from tests.worker.funds.claims import paid as settled
from tests.worker.intake.conftest import KEYS, NEIGHBOURS, Desk
from worker.wiring import build_house

SEPTEMBER, OCTOBER, NOVEMBER = date(2020, 9, 2), date(2020, 10, 15), date(2020, 11, 1)


def _person(number: int) -> dict[str, str]:
    digits = f"6109221990030700{number}"
    return {"cert_no": digits + check_character(digits)}


PEOPLE = [
    ENROLMENT | _person(number) | {"person_no": f"610922000000000{number}", "name": f"张{name}"}
    for number, name in enumerate("一二三四五六", start=1)
]

SEVENTH = ENROLMENT | _person(7) | {"person_no": "6109220000000007", "name": "张七"}


@pytest.fixture(scope="module")
def county(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Dues 1 to 6 are of the people in their order; 7 takes the place of 6, which a department pays.

    1 is paid, its assistance paid out; 2 was paid, reversed and paid again, its assistance came back and was ordered
    to another account; 3 is paid twice; 4 in part, with money of nobody beside it; 5 is open; 6 was withdrawn.
    """
    home: Path = tmp_path_factory.mktemp("county")
    with new_database() as url, pytest.MonkeyPatch.context() as environment:
        places = {"LEVY_DATABASE_URL": url, "LEVY_BROKER_URL": "redis://127.0.0.1:1/0", "LEVY_HOME": str(home)}
        for name, value in {**places, **KEYS, **NEIGHBOURS}.items():
            environment.setenv(name, value)
        stage = Stage(Desk(build_house(load_settings())))
        _live(stage)
        yield stage
        stage.house.engine.dispose()


def _live(stage: Stage) -> None:
    poor = [FLAG | {"cert_no": person["cert_no"]} for person in PEOPLE[:3]]
    accounts = [_account(person, f"621700100000000000{at}") for at, person in enumerate(PEOPLE[:3])]
    for rows in (PEOPLE, poor, accounts):
        assert stage.desk.take(lines_of(*rows)).quarantined == 0
    stage.tick(SEPTEMBER, "assess")
    stage.pay(1, OCTOBER)
    mistaken = stage.pay(2, OCTOBER)
    stage.pay(3, OCTOBER)
    stage.pay(3, OCTOBER)
    stage.pay(4, OCTOBER, 10000)
    stage.pay(4, OCTOBER, 500, reference="NOBODYS-1")
    stage.tick(OCTOBER, "pull_payments", "assess")
    stage.reverse(mistaken, 2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    stage.pay(2, OCTOBER)
    stage.desk.take(lines_of(FLAG | {"cert_no": PEOPLE[5]["cert_no"], "category": "特困"}), day=OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "assess", "assess", "sponsor", "disburse")
    stage.pay(7, OCTOBER, channel="sponsor")
    stage.result(_order(stage, due=1))
    stage.result(_order(stage, due=2), "returned", "account_closed")
    stage.tick(OCTOBER, "pull_payments", "pull_results")
    stage.desk.take(lines_of(_account(PEOPLE[1], "6217001000000000009")), day=NOVEMBER)
    stage.tick(NOVEMBER, "disburse")
    _refunds(stage)
    stage.tick(NOVEMBER, "funds")
    settled(stage, statement_number(stage, 0), 10000, "CZ-1", NOVEMBER)


def _refunds(stage: Stage) -> None:
    """A seventh person's due 8 is refunded, after the bank had returned the first order; what 3 overpaid is"
    " approved."""
    assert stage.desk.take(lines_of(SEVENTH), day=OCTOBER).added == 1
    assert stage.desk.take(lines_of(_account(SEVENTH, "6217001000000000007")), day=OCTOBER).added == 1
    stage.tick(OCTOBER, "assess")
    stage.pay(8, OCTOBER)
    stage.tick(OCTOBER, "pull_payments", "refunds")
    seventh = stage.desk.one(f"SELECT id FROM person WHERE person_no = '{SEVENTH['person_no']}'")
    asked_back(stage, seventh, "joined_employee_scheme", NOVEMBER, event_on=SEPTEMBER)
    assert [reviewed(stage, case, NOVEMBER).refused for case in (1, 2)] == [{}, {}]
    for number, outcome, code in (("7", "returned", "account_closed"), ("8", "paid", None)):
        stage.desk.take(lines_of(_account(SEVENTH, f"621700100000000007{number}")), day=NOVEMBER)
        stage.tick(NOVEMBER, "disburse")
        order = stage.desk.one("SELECT max(id) FROM disbursement WHERE refund_item_id IS NOT NULL")
        stage.result(f"610922-{order}", outcome, code)
        stage.tick(NOVEMBER, "pull_results")


def _account(person: dict[str, str], number: str) -> dict[str, str]:
    return ACCOUNT | {"cert_no": person["cert_no"], "account_name": person["name"], "account_no": number}


def _order(stage: Stage, due: int) -> str:
    orders = "SELECT max(o.id) FROM disbursement o JOIN assistance a ON a.id = o.assistance_id"
    return f"610922-{stage.desk.one(f'{orders} WHERE a.due_id = {due}')}"
