"""The drill: back up in the middle of a season, go on, lose everything since, restore; nothing is lost or doubled."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from tests.journeys.indoors import KEYS, indoors
from worker.audit.verify import verify
from worker.backup.look import Found, look
from worker.backup.make import back_up
from worker.backup.manifest import read
from worker.backup.put_back import put_back
from worker.backup.release import Released, release
from worker.clock import SystemClock, set_season_date
from worker.house import House
from worker.ledger.check import check_ledger
from worker.rounds import PHASES, run_round
from worker.season.books import compare_books
from worker.season.desk import Desk
from worker.season.finance import FinanceBureau
from worker.season.hands import working
from worker.season.neighbours import Neighbours
from worker.season.timeline import season_days

SHARE = 0.0015
BACKUP_AFTER, LOST_AT = date(2020, 10, 1), date(2020, 12, 16)


@dataclass
class Drill:
    """A season that was restored in its middle: what was found, what became of it, and how its books stand."""

    house: House
    found: Found
    held: list[tuple[str, str]]
    released: Released
    lost: dict[str, int]
    differing: list[str]

    def rows(self, statement: str) -> list[Any]:
        with self.house.engine.connect() as connection:
            return list(connection.execute(text(statement)))


def live(house: House, neighbours: Neighbours, days: Sequence[date], nudge: Any) -> None:
    """Let these days pass, with all that is scheduled and what people do in the evening."""
    evening = (Desk(house, 2021, neighbours).work, FinanceBureau(house, 2021).pay)
    for day in days:
        neighbours.advance(day)
        with house.engine.begin() as connection:
            set_season_date(connection, day)
        run_round(house.engine, nudge, house.law.area, day)
        for duty in evening:
            duty(day)


def counted(house: House) -> dict[str, int]:
    with house.engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in ("due", "payment", "disbursement")
        }


@pytest.fixture(scope="module")
def drill(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drill]:
    directory = tmp_path_factory.mktemp("drill")
    patch = pytest.MonkeyPatch()
    for name, value in KEYS.items():
        patch.setenv(name, value)
    with new_database() as url, indoors("shiquan-2021", SHARE, directory, url) as (house, script, place):
        keys, neighbours = house.keychain, Neighbours(house.settings)
        days = season_days(place.insured_year, script.drops, place.calendar.turns)
        with working(house) as nudge:
            live(house, neighbours, [day for day in days if day <= BACKUP_AFTER], nudge)
        where = (house.law.area, house.law.insured_year)
        back_up(house.engine, url, keys, where, directory / "backup", SystemClock().now())
        with working(house) as nudge:
            live(house, neighbours, [day for day in days if BACKUP_AFTER < day <= LOST_AT], nudge)
        lost = counted(house)
        house.engine.dispose()
        put_back(house.engine, url, directory / "backup", read(directory / "backup", keys))
        with house.engine.begin() as connection:
            set_season_date(connection, LOST_AT)
        with working(house) as nudge:
            run_round(house.engine, nudge, house.law.area, LOST_AT)  # a round while held: only lists come in
            with house.engine.connect() as connection:
                held = [tuple(row) for row in connection.execute(_WAITING)]
            found = look(house)
            released = release(house, "chen", "the disk was replaced")
            run_round(house.engine, nudge, house.law.area, LOST_AT, phases=[("pull_payments",), *PHASES, *PHASES])
            live(house, neighbours, [LOST_AT, *(day for day in days if day > LOST_AT)], nudge)
        with house.engine.connect() as connection:
            differing = compare_books(connection, *neighbours.books())
        yield Drill(house, found, held, released, lost, differing)
        house.engine.dispose()
    patch.undo()


_WAITING = text(
    "SELECT DISTINCT kind, state FROM job WHERE outcome->>'reason' LIKE 'the database was restored%' ORDER BY 1"
)


def test_after_the_restore_nothing_leaves_the_house_before_it_is_released(drill: Drill) -> None:
    assert {"tick.assess", "tick.disburse", "tick.pull_payments", "tick.refunds"} <= {kind for kind, _ in drill.held}
    assert {state for _, state in drill.held} == {"ready"}
    assert not {kind for kind, _ in drill.held} & {"tick.intake", "intake"}


def test_what_happened_since_the_backup_is_listed(drill: Drill) -> None:
    assert drill.found.payments[0] > 20
    assert drill.found.results[0] > 0
    assert drill.found.statements["tax"]
    assert sum(count for (side, _), (count, _) in drill.found.strays.items() if side == "tax") > 0
    assert sum(count for (side, _), (count, _) in drill.found.strays.items() if side == "treasury") > 0


def test_the_ledger_and_the_neighbours_own_books_agree_when_the_season_is_over(drill: Drill) -> None:
    with drill.house.engine.connect() as connection:
        assert check_ledger(connection) == []
        assert verify(connection, drill.house.keychain)[1] == []
    ((held,),) = drill.rows("SELECT count(*) FROM held_row WHERE reason = 'a refund that was not ordered so'")
    withdrawn = "SELECT count(*), sum(amount) / 100 FROM stray WHERE side = 'tax' AND outcome = 'withdrawn'"
    apart = re.compile(r"(.+): (\d+) with ([0-9.]+) yuan in our book, (\d+) with ([0-9.]+) in theirs")
    found = [apart.fullmatch(line) for line in drill.differing]
    gaps = {one[1]: (abs(int(one[2]) - int(one[4])), abs(Decimal(one[3]) - Decimal(one[5]))) for one in found if one}
    assert [gaps.pop("dues at tax, voided")] == drill.rows(withdrawn), "what only tax knew was voided there"
    assert len(gaps) + 1 == len(drill.differing)
    assert set(gaps.values()) == {(held, 280 * held)}, "refunds of the lost time wait for a person"
    assert all("refund" in line or line == "dues at tax, paid" for line in gaps)


def test_what_had_left_after_the_backup_is_adopted_under_its_own_number_and_not_sent_again(drill: Drill) -> None:
    strays = dict(
        tuple(row)
        for row in drill.rows("SELECT side || ' ' || coalesce(outcome, state), count(*) FROM stray GROUP BY 1")
    )
    assert strays.get("tax adopted", 0) == drill.released.adopted > 0
    assert strays.get("treasury adopted", 0) > 0
    twice = "SELECT person_no, insurance, count(*) FROM due d JOIN person p ON p.id = d.person_id WHERE d.current AND"
    assert drill.rows(f"{twice} d.part = 0 AND d.payer = 'person' GROUP BY 1, 2 HAVING count(*) > 1") == []


def test_no_number_is_given_again(drill: Drill) -> None:
    for name in ("due", "disbursement"):
        numbers = [number for (number,) in drill.rows(f"SELECT id FROM {name} ORDER BY id")]
        fresh = [number for number in numbers if number > 1_000_000_000]
        assert fresh, "work went on"
        assert max(number for number in numbers if number < 1_000_000_000) < fresh[0] - 999_000_000
