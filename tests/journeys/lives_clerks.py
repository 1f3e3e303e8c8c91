"""Clerks of random lives: they enter and turn down refunds and judge duplicates, by the commands' own functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from worker.audit.log import Event, Origin
from worker.duplicates.review import ask_to_undo
from worker.duplicates.review import review as review_duplicate
from worker.duplicates.rule import CannotRule, rule
from worker.house import House
from worker.refunds.apply import Application, apply
from worker.refunds.decide import decide_cases
from worker.refunds.review import review

CLERK, SECOND = "周", "吴"
_DATED = ("joined_employee_scheme", "enrolled_elsewhere", "conscription", "death")


@dataclass
class Clerks:
    """The clerk and the second person of one house."""

    house: House

    def ask_back(
        self, today: date, person: int, reason: str, since: date, own_fault: bool | None, used: bool | None
    ) -> None:
        """Somebody asks their premium back; it is entered, and decided at once."""
        law = self.house.law
        one = Application(person, reason, today, since if reason in _DATED else None, own_fault, used)
        with self.house.engine.begin() as connection:
            applied = apply(connection, law.area, law.insured_year, [one], CLERK)
            decided = decide_cases(connection, law.notice, applied.cases)
            self._record(connection, CLERK, today, applied.events + decided)

    def turn_down(self, today: date) -> None:
        """The second person rejects whatever refund waits for a review."""
        law = self.house.law
        with self.house.engine.begin() as connection:
            cases = connection.execute(text("SELECT id FROM refund_case WHERE state = 'decided' ORDER BY id"))
            accounts, numbers = self.house.accounts(law.area), list(cases.scalars())
            done = review(connection, accounts, law.notice, today, numbers, False, SECOND, "不予同意")
            self._record(connection, SECOND, today, done.events)

    def rule_on_duplicates(self, today: date, outcome: str, agreed: bool) -> None:
        """A clerk rules on whatever the notice leaves open; the second person agrees or not."""
        for case in self._duplicates():
            try:
                with self.house.engine.begin() as connection:
                    events = rule(connection, self.house.law.area, case, CLERK, today, outcome, "已核实")
                    if outcome != "keep":
                        area = self.house.law.area
                        events += review_duplicate(connection, area, case, agreed, SECOND, "已核", today)
                    self._record(connection, CLERK, today, events)
            except CannotRule:
                pass

    def undo_duplicates(self, today: date, agreed: bool) -> None:
        """A clerk asks to undo whatever was carried out; the second person agrees or not."""
        area = self.house.law.area
        for case in self._duplicates():
            try:
                with self.house.engine.begin() as connection:
                    asked = ask_to_undo(connection, area, case, CLERK, "重新核实")
                    events = review_duplicate(connection, area, case, agreed, SECOND, "已核", today)
                    self._record(connection, SECOND, today, asked + events)
            except CannotRule:
                pass

    def _duplicates(self) -> Iterable[int]:
        with self.house.engine.connect() as connection:
            return list(connection.execute(text("SELECT id FROM duplicate_case ORDER BY id")).scalars())

    def _record(self, connection: Connection, clerk: str, today: date, events: list[Event]) -> None:
        origin = Origin(f"clerk:{clerk}", self.house.law.area, today)
        self.house.audit.record(connection, origin, events, self.house.clock.now())
