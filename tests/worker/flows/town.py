"""A town of any area and notice, for tests of what becomes known of its people, and when."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from adapters.bureau.identity_number import check_character
from config.areas import load_areas
from config.settings import load_settings
from tests.adapters.bureau.reading import ACCOUNT, APPLICATION, ENROLMENT, FLAG, lines_of
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import Desk
from worker.wiring import build_house


class Town(Stage):
    """People are numbered from 1, all adults of 1990 unless said otherwise; every list has a day of its own."""

    @classmethod
    def of(cls, patch: pytest.MonkeyPatch, area: str, year: int, settings: Path | None = None) -> Town:
        """The town of an area and insured year, on the database and home of the environment."""
        patch.setenv("LEVY_AREA", area)
        patch.setenv("LEVY_INSURED_YEAR", str(year))
        if settings is not None:
            patch.setenv("LEVY_CONFIG", str(settings))
        return cls(Desk(build_house(load_settings())))

    @property
    def area(self) -> str:
        return self.house.law.area

    def enrol(self, count: int, day: date, **facts: str) -> None:
        """Enrol so many people, each with a bank account."""
        whose = [{"cert_no": cert(number), "name": "张三"} for number in range(1, count + 1)]
        place = {
            "insured_year": str(self.house.law.insured_year),
            "area": self.area,
            "town": load_areas()[self.area].towns[0].name,
            "household_area": self.area,
        }
        people = [
            ENROLMENT | place | facts | one | {"person_no": f"P{number:015d}"} for number, one in enumerate(whose, 1)
        ]
        accounts = [
            ACCOUNT | {"cert_no": one["cert_no"], "account_no": f"62170010000000000{number:02d}"}
            for number, one in enumerate(whose, 1)
        ]
        for rows in (people, accounts):
            taken = self.desk.take(lines_of(*rows), day=day)
            assert (taken.outcome, taken.quarantined) == ("taken", 0), taken

    def account(self, person: int, number: str, day: date) -> None:
        """The bank's list of ``day`` has another account of theirs."""
        row = {"cert_no": cert(person), "account_no": number}
        taken = self.desk.take(lines_of(ACCOUNT | row), day=day)
        assert taken.added + taken.changed == 1, taken

    def flag(self, person: int, category: str, recognised_on: str, day: date, revoked_on: str = "") -> None:
        """A department's list of ``day`` says that this identity was recognised, and perhaps that it ended."""
        row = {"cert_no": cert(person), "category": category, "area": self.area}
        dates = {"recognised_on": recognised_on, "revoked_on": revoked_on, "memo": f"list of {day}"}
        taken = self.desk.take(lines_of(FLAG | row | dates), day=day)
        assert taken.added + taken.changed == 1, taken

    def apply(self, person: int, category: str, day: date) -> None:
        """They apply for its assistance on ``day``."""
        row = {"cert_no": cert(person), "category": category, "area": self.area, "applied_on": str(day)}
        year = {"insured_year": str(self.house.law.insured_year)}
        assert self.desk.take(lines_of(APPLICATION | row | year), day=day).added == 1

    def apply_once(self, person: int, category: str, day: date) -> None:
        """They apply, perhaps once more: the same application changes nothing."""
        row = {"cert_no": cert(person), "category": category, "area": self.area, "applied_on": str(day)}
        year = {"insured_year": str(self.house.law.insured_year)}
        self.desk.take(lines_of(APPLICATION | row | year), day=day)

    def assistance(self, person: int) -> list[tuple[str, str, str, int, str]]:
        """Category, source, timing, fen and state of all that the person was given, cancelled rows left out."""
        return self.desk.rows(  # type: ignore[return-value]
            "SELECT category, source, timing, amount, state FROM assistance a JOIN person p ON p.id = a.person_id"
            f" WHERE p.person_no = 'P{person:015d}' AND state <> 'cancelled' ORDER BY a.id"
        )

    def balance(self, account: str) -> int:
        """What an account of the chart holds over all insurances and funds: debits less credits, in fen."""
        return int(
            self.desk.one(
                "SELECT coalesce(sum(CASE WHEN a.id = t.debit_id THEN t.amount ELSE -t.amount END), 0) FROM transfer t"
                f" JOIN account a ON a.id IN (t.debit_id, t.credit_id) WHERE a.code = '{account}'"
            )
        )

    def pay_out(self, day: date) -> None:
        """Whatever is granted is ordered and arrives."""
        self.tick(day, "disburse")
        for reference in list(self.treasury.orders):
            if not any(row["reference"] == reference for row in self.treasury.feed.rows):  # type: ignore[index]
                self.result(reference)
        self.tick(day, "pull_results")


def write_settings(path: Path, **values: object) -> Path:
    """A settings file of an installation."""
    path.write_text(yaml.safe_dump(values, allow_unicode=True), "utf-8")
    return path


def cert(number: int) -> str:
    """The identity number of a person of the town."""
    digits = f"22010619900307{number:03d}"
    return digits + check_character(digits)
