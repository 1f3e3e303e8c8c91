"""The installation next door, for lives that are lived in two areas: its tax side, treasury and door are its own."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from adapters.tax.client import TaxClient
from adapters.treasury.client import TreasuryClient
from config.areas import load_areas
from config.settings import load_settings
from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.adapters.simulated import KEY
from tests.journeys.lives_books import differing, uncovered
from tests.journeys.lives_places import payers, simulated
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
_PAY_WITHIN = 20
"""Days from the opening of our season in which everybody over there pays."""
_EXCHANGES = 4
"""How often both sides may say something because of what the other one has just said."""
_OPEN_TURNS = "SELECT case_id, turn, state FROM handoff WHERE state <> 'withdrawn' ORDER BY 1"
_CLOSED = frozenset({"completed", "refused", "rejected", "closed", "declined"})
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
        self,
        town: Town,
        stack: ExitStack,
        new_database: Callable[[], AbstractContextManager[str]],
        home: Path,
        opened: date,
        today: date,
    ) -> None:
        house, area = town.house, PEERS[town.area]
        tax, treasury = house.tax, house.treasury
        here = House(town.desk, town.area)
        house.tax, house.treasury = tax, treasury
        home = home / "next-door"
        with pytest.MonkeyPatch.context() as patch:
            places = {"LEVY_DATABASE_URL": stack.enter_context(new_database()), "LEVY_HOME": str(home)}
            for name, value in {**places, "LEVY_AREA": area}.items():
                patch.setenv(name, value)
            patch.delenv("LEVY_CONFIG", raising=False)
            there = House(Desk(build_house(load_settings())), area)
        stack.callback(there.house.engine.dispose)
        their = payers(opened, opened + timedelta(days=_PAY_WITHIN), late_share=0.0)
        self.tax = simulated(stack, "tax", home, 1, today, their)
        self.treasury = simulated(stack, "treasury", home, 1, today)
        there.house.tax = TaxClient(self.tax.url, KEY, rng=random.Random(1))
        there.house.treasury = TreasuryClient(self.treasury.url, KEY, rng=random.Random(1))
        self.area, self.pair, self._cases = area, Pair(here, there), 0
        self._enrolled: set[int] = set()
        self.today(today)

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

    def open(self, kind: str, side: int, person: int) -> str | None:
        """A clerk of our side (0) or theirs opens a case; returns it, None where it cannot be."""
        house, other = self.pair.both if side == 0 else self.pair.both[::-1]
        self._cases += 1
        case = UUID(int=(4 << 76) | (8 << 60) | self._cases)
        if kind == "wrong_area":
            wrong = Mistake(cert(person), other.area, False, False, house.day)
            done = self.attempt(house, lambda c, h, d, k: propose(c, h, wrong, case, d, k), "chen")
        else:
            done = self.attempt(house, lambda c, h, d, k: claim(c, h, cert(person), other.area, d, case, d, k), "chen")
        return str(case) if done else None

    def answer(self, agreeing: bool) -> None:
        """Second clerks of both sides take the steps that wait for a person."""
        steps = _STEPS if agreeing else _NOES
        for house in self.pair.both:
            for case, state in house.desk.rows(
                f"SELECT case_id, state FROM handoff WHERE turn = '{house.area}' AND draft IS NULL ORDER BY id"
            ):
                for at, act in steps:
                    if at == state:
                        self.attempt(house, lambda c, h, d, k, act=act, case=case: act(c, h, case, d, k), "zhou")

    def attempt(self, house: House, act: Callable[..., Any], clerk: str) -> bool:
        """Do it, or be told that it cannot be done; whatever it called for is done in the next round."""
        try:
            with house.house.engine.begin() as connection:
                act(connection, house.house, house.day, clerk)
        except CannotStep:
            return False
        return True

    def round(self, today: date, ours: Callable[..., None]) -> None:
        """Their scheduled work, and both sides' words to one another, until nothing is left to say."""
        there = self.pair.intended
        self.today(today)
        self.tax.advance(str(today))
        self.treasury.advance(str(today))
        there.tick(today, *_ROUND)
        there.drain()
        for _ in range(_EXCHANGES):
            said = self.pair.said()
            ours("handoffs")
            there.tick(today, "handoffs")
            there.drain()
            if said == self.pair.said():
                return

    def flaws(self) -> list[Any]:
        """Where both sides say otherwise, or nobody or somebody else owns the next step of an open case; where money in
        transit is not that of open cases; what is wrong in their own books, or differs from their tax side's and
        treasury's.
        """
        ours, theirs = ([tuple(row) for row in side.desk.rows(_OPEN_TURNS)] for side in self.pair.both)
        areas = {side.area for side in self.pair.both}
        told: list[Any] = [] if ours == theirs else [f"turns differ: {ours}, {theirs}"]
        told += [row for row in ours if (row[1] is None) != (row[2] in _CLOSED) or row[1] not in {*areas, None}]
        histories = [side.history() for side in self.pair.both]
        told += [] if histories[0] == histories[1] else [f"histories differ: {histories}"]
        tax, treasury = self.tax.book(), self.treasury.book()
        told += [key for book in (tax, treasury) for key in book["keys"] if key["effects"] != 1]
        with self.pair.origin.house.engine.connect() as here, self.pair.intended.house.engine.connect() as there:
            told += compare_cases(here, there) + check_ledger(there) + differing(there, tax, treasury)
            told += uncovered(here) + uncovered(there)
        return told
