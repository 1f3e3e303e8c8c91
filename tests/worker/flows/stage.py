"""A house whose neighbours say what a test wants them to say, and a runner that does its work to the end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from adapters.ports import Acknowledgement, Malformed, Page, VoidResult
from adapters.tax.client import TaxClient
from adapters.treasury.client import TreasuryClient
from tests.worker.intake.conftest import Desk
from worker.audit.verify import verify
from worker.dues.reference import due_reference
from worker.jobs.queue import NewJob, enqueue
from worker.ledger.check import check_ledger
from worker.wiring import build_runner

AREA, YEAR = "610922", 2021


def _rows(body: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(body)["rows"]
    return rows


@dataclass
class Feed:
    """A feed of rows in the order they were put in; its cursor counts them."""

    rows: list[dict[str, Any] | Malformed] = field(default_factory=list)

    def page(self, cursor: str | None, limit: int) -> Page:
        start = int(cursor or 0)
        cut = self.rows[start : start + limit]
        items = [row for row in cut if not isinstance(row, Malformed)]
        malformed = [row for row in cut if isinstance(row, Malformed)]
        return Page(items, str(start + len(cut)), start + len(cut) < len(self.rows), malformed)


class ScriptedTax(TaxClient):
    """Accepts every due and withdraws whatever is not in ``paid_already``; its feed is what the test puts there."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "k" * 16)
        self.feed = Feed()
        self.dues: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.paid_already: set[str] = set()
        self.refuses: str | None = None
        self.voided: list[str] = []

    def submit_dues(self, key: str, body: bytes) -> list[Acknowledgement]:
        self.dues |= {row["reference"]: row for row in _rows(body)}
        number = None if self.refuses else "T1"
        return [Acknowledgement(row["reference"], not self.refuses, number, self.refuses, None) for row in _rows(body)]

    def void_dues(self, key: str, body: bytes) -> list[VoidResult]:
        references = [row["reference"] for row in _rows(body)]
        self.voided += [reference for reference in references if reference not in self.paid_already]
        return [VoidResult(one, "already_paid" if one in self.paid_already else "voided") for one in references]

    def declare_sponsor(self, key: str, body: bytes) -> list[Acknowledgement]:
        number = None if self.refuses else "S1"
        return [Acknowledgement(row["reference"], not self.refuses, number, self.refuses, None) for row in _rows(body)]

    def submit_refunds(self, key: str, body: bytes) -> list[Acknowledgement]:
        number = None if self.refuses else "R1"
        if not self.refuses:
            self.refunds |= {row["reference"]: row for row in _rows(body)}
        return [Acknowledgement(row["reference"], not self.refuses, number, self.refuses, None) for row in _rows(body)]

    def payments(self, cursor: str | None, limit: int) -> Page:
        return self.feed.page(cursor, limit)

    def statements(self, first: date, last: date) -> dict[date, bytes]:
        return {}


class ScriptedTreasury(TreasuryClient):
    """Accepts every order; its feed is what the test puts there."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", "k" * 16)
        self.feed = Feed()
        self.orders: dict[str, dict[str, Any]] = {}

    def submit_orders(self, key: str, body: bytes) -> list[Acknowledgement]:
        self.orders |= {row["reference"]: row for row in _rows(body)}
        return [Acknowledgement(row["reference"], True, f"O{at}", None, None) for at, row in enumerate(_rows(body))]

    def results(self, cursor: str | None, limit: int) -> Page:
        return self.feed.page(cursor, limit)

    def statements(self, first: date, last: date) -> dict[date, bytes]:
        return {}


class Stage:
    """The house, its scripted neighbours, and what one does with them in a test."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.house = desk, desk.house
        self.tax, self.treasury = ScriptedTax(), ScriptedTreasury()
        self.house.tax, self.house.treasury = self.tax, self.treasury
        self._runner = build_runner(self.house, lambda _: None)
        self._ticks = 0

    def tick(self, day: date, *names: str) -> None:
        """Do this scheduled work, and all that it calls for, as of ``day``."""
        for name in names:
            self._ticks += 1
            with self.house.engine.begin() as connection:
                enqueue(connection, [NewJob(f"tick.{name}", f"{day}-{self._ticks}", {}, day, self.house.law.area)])
            self.work()

    def work(self) -> None:
        """Do every job that is due, and what it calls for."""
        while found := self.desk.rows(
            "SELECT id FROM job WHERE state = 'ready' AND next_attempt_at <= now() ORDER BY id LIMIT 1"
        ):
            self._runner.run(found[0][0])

    def drain(self) -> None:
        """Do all jobs, those that wait for another attempt too, until none is left."""
        for _ in range(500):
            with self.house.engine.begin() as connection:
                connection.exec_driver_sql("UPDATE job SET next_attempt_at = now() WHERE state IN ('ready', 'unknown')")
            found = self.desk.rows("SELECT id FROM job WHERE state IN ('ready', 'unknown') ORDER BY id")
            if not found:
                return
            for (job,) in found:
                self._runner.run(job)
        raise AssertionError("jobs that never end")

    def reference(self, due: int) -> str:
        """What tax knows the due by."""
        return due_reference(self.house.law.area, self.house.law.insured_year, due)

    def pay(self, due: int, day: date, amount: int | None = None, **other: Any) -> str:
        """Put a payment of the due into tax's feed; returns its voucher."""
        person, owed = self.desk.rows(
            f"SELECT p.person_no, d.amount FROM due d JOIN person p ON p.id = d.person_id WHERE d.id = {due}"
        )[0]
        number = len(self.tax.feed.rows) + 1
        row = {
            "sequence": number, "voucher_no": f"V{number}", "line": 1, "reference": self.reference(due),
            "person_no": person, "amount": owed if amount is None else amount, "channel": "app",
            "paid_at": f"{day}T10:00:00+08:00", "treasury_received_on": None, "kind": "payment", "reverses": None,
            "refund": None,
        }  # fmt: skip
        self.tax.feed.rows.append(row | other)
        return str((row | other)["voucher_no"])

    def reverse(self, voucher: str, due: int, day: date, amount: int | None = None) -> str:
        """Put a reversal of the voucher into tax's feed, under the reference of ``due``."""
        return self.pay(due, day, amount, kind="reversal", reverses=voucher)

    def refund(self, reference: str, day: date, **other: Any) -> str:
        """Put into tax's feed that it has carried out this refund; returns the voucher."""
        row = self.tax.refunds[reference]
        (paid,) = (
            one
            for one in self.tax.feed.rows
            if isinstance(one, dict) and (one["voucher_no"], one["line"]) == (row["voucher_no"], row["line"])
        )
        number = len(self.tax.feed.rows) + 1
        told = {
            "sequence": number, "voucher_no": f"V{number}", "amount": row["amount"], "kind": "refund",
            "paid_at": f"{day}T10:00:00+08:00", "reverses": row["voucher_no"], "refund": reference,
        }  # fmt: skip
        self.tax.feed.rows.append(paid | told | other)
        return f"V{number}"

    def result(self, reference: str, outcome: str = "paid", code: str | None = None, **other: Any) -> None:
        """Put a result of an order into the treasury's feed."""
        number, amount = len(self.treasury.feed.rows) + 1, self.treasury.orders.get(reference, {"amount": 1})["amount"]
        row = {
            "sequence": number, "reference": reference, "order_no": f"O{number}", "amount": amount,
            "outcome": outcome, "code": code, "executed_on": "2020-10-20",
        }  # fmt: skip
        self.treasury.feed.rows.append(row | other)

    def dues(self) -> dict[int, tuple[str, int, int]]:
        """State, amount and what is paid of each due, by number."""
        return {row[0]: row[1:] for row in self.desk.rows("SELECT id, state, amount, paid FROM due ORDER BY id")}  # type: ignore[misc]

    def assert_books_hold(self) -> None:
        """Ledger, dues and audit chain agree with one another."""
        with self.house.engine.connect() as connection:
            assert check_ledger(connection) == []
            assert verify(connection, self.house.keychain)[1] == []


def after(day: date, days: int) -> date:
    """The day so many days later."""
    return day + timedelta(days=days)
