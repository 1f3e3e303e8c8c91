"""The installation next door, for lives that are lived in two areas: a scripted tax side, and a door of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from config.areas import load_areas
from config.settings import load_settings
from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.worker.flows.town import Town, cert
from tests.worker.handoff.looped import Mishap
from tests.worker.handoff.two_houses import House, Pair
from tests.worker.intake.conftest import Desk
from worker.handoff import acts
from worker.handoff.author import CannotStep
from worker.handoff.claims import claim, decide
from worker.handoff.propose import Mistake, propose
from worker.ledger.check import check_ledger
from worker.season.books import compare_cases
from worker.wiring import build_house

PEERS = {"220106": "220104", "220281": "610922", "430124": "610922", "610922": "220281", "220183": "220122"}
_ROUND = ("pull_payments", "pull_results", "assess", "duplicates", "refunds", "disburse", "handoffs")
_STEPS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("proposed", acts.accept),
    ("paid", acts.approve),
    ("confirmed", decide),
)
_NOES: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("proposed", lambda c, h, case, d, k: acts.refuse(c, h, case, "查无此人", d, k)),
    ("claimed", lambda c, h, case, d, k: acts.refuse(c, h, case, "查无此人", d, k)),
    ("paid", lambda c, h, case, d, k: acts.reject(c, h, case, "不予退费", d, k)),
)


class NextDoor:
    """Both installations as a pair, and what people and clerks of either do."""

    def __init__(
        self, town: Town, stack: ExitStack, new_database: Callable[[], AbstractContextManager[str]], home: Path
    ) -> None:
        house, area = town.house, PEERS[town.area]
        tax, treasury = house.tax, house.treasury
        here = House(town.desk, town.area)
        house.tax, house.treasury = tax, treasury
        with pytest.MonkeyPatch.context() as patch:
            places = {"LEVY_DATABASE_URL": stack.enter_context(new_database()), "LEVY_HOME": str(home / "next-door")}
            for name, value in {**places, "LEVY_AREA": area}.items():
                patch.setenv(name, value)
            patch.delenv("LEVY_CONFIG", raising=False)
            there = House(Desk(build_house(load_settings())), area)
        stack.callback(there.house.engine.dispose)
        self.area, self.pair, self._cases = area, Pair(here, there), 0
        self._enrolled: set[int] = set()

    def today(self, day: date) -> None:
        """The day of both."""
        self.pair.origin.day = self.pair.intended.day = day

    def befall(self, mishap: Mishap) -> None:
        """This happens to the next message of either."""
        for house in self.pair.both:
            house.loop.mishaps.append(mishap)

    def enrol(self, person: int) -> None:
        """They are on the roster over there too."""
        if person not in self._enrolled:
            self._enrolled.add(person)
            there, year = self.pair.intended, self.pair.intended.house.law.insured_year
            place = {"area": self.area, "household_area": self.area, "town": load_areas()[self.area].towns[0].name}
            row = {"cert_no": cert(person), "person_no": f"N{person:015d}", "insured_year": str(year)}
            account = ACCOUNT | {"cert_no": cert(person), "account_no": f"62170010000000009{person:02d}"}
            for rows in (ENROLMENT | place | row, account):
                assert there.desk.take(lines_of(rows), day=there.day).quarantined == 0
            there.tick(there.day, "assess")

    def recognise(self, person: int, category: str) -> None:
        """The area over there recognises them."""
        day = self.pair.intended.day
        row = {"cert_no": cert(person), "category": category, "area": self.area, "memo": f"list of {day}"}
        self.pair.intended.desk.take(lines_of(FLAG | row | {"recognised_on": str(day - timedelta(days=9))}), day=day)

    def pay(self) -> None:
        """Whatever is asked over there is paid."""
        there = self.pair.intended
        paid = {row["reference"] for row in there.tax.feed.rows if isinstance(row, dict) and row["kind"] == "payment"}
        for (due,) in there.desk.rows("SELECT id FROM due WHERE state = 'accepted' AND current ORDER BY id"):
            if there.reference(due) not in paid:
                there.pay(due, there.day)

    def open(self, kind: str, side: int, person: int) -> None:
        """A clerk of our side (0) or theirs opens a case."""
        house, other = self.pair.both if side == 0 else self.pair.both[::-1]
        self._cases += 1
        case = UUID(int=(4 << 76) | (8 << 60) | self._cases)
        if kind == "wrong_area":
            wrong = Mistake(cert(person), other.area, False, False, house.day)
            self._try(house, lambda c, h, d, k: propose(c, h, wrong, case, d, k), "chen")
        else:
            self._try(house, lambda c, h, d, k: claim(c, h, cert(person), other.area, d, case, d, k), "chen")

    def answer(self, agreeing: bool) -> None:
        """Second clerks of both sides take the steps that wait for a person."""
        steps = _STEPS if agreeing else _NOES
        for house in self.pair.both:
            for case, state in house.desk.rows(
                f"SELECT case_id, state FROM handoff WHERE turn = '{house.area}' AND draft IS NULL ORDER BY id"
            ):
                for at, act in steps:
                    if at == state:
                        self._try(house, lambda c, h, d, k, act=act, case=case: act(c, h, case, d, k), "zhou")

    def _try(self, house: House, act: Callable[..., Any], clerk: str) -> None:
        """Do it, or be told that it cannot be done; whatever it called for is done in the next round."""
        try:
            with house.house.engine.begin() as connection:
                act(connection, house.house, house.day, clerk)
        except CannotStep:
            pass

    def round(self, today: date, ours: Callable[..., None]) -> None:
        """Their scheduled work, and both sides' words to one another, until nothing is left to say."""
        there = self.pair.intended
        self.today(today)
        for _ in range(3):
            for reference in there.treasury.orders.keys() - {row["reference"] for row in there.treasury.feed.rows}:  # type: ignore[index]
                there.result(reference, executed_on=str(today))
            carried_out = {row.get("refund") for row in there.tax.feed.rows if isinstance(row, dict)}
            for reference in there.tax.refunds.keys() - carried_out:
                there.refund(reference, today)
            there.tick(today, *_ROUND)
            there.drain()
            ours("handoffs")

    def flaws(self) -> list[str]:
        """Where both sides' histories differ, or money in transit is not that of open cases; and their own books."""
        with self.pair.origin.house.engine.connect() as ours, self.pair.intended.house.engine.connect() as theirs:
            turns = [
                side.exec_driver_sql("SELECT case_id, turn FROM handoff WHERE state <> 'withdrawn' ORDER BY 1").all()
                for side in (ours, theirs)
            ]
            told = [] if turns[0] == turns[1] else [f"turns differ: {turns}"]
            return told + compare_cases(ours, theirs) + check_ledger(theirs)
