"""The tax system's own book: dues as presented, payments as booked. Its amounts are its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from adapters.simulators.book import Book
from adapters.simulators.tax.agenda import Agenda
from adapters.simulators.tax.payers import REJECTION_TEXTS, Habit, Payers
from adapters.simulators.tax.settings import PayerSettings

_SCHEMA = """
CREATE TABLE IF NOT EXISTS due (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, batch TEXT NOT NULL, area TEXT NOT NULL,
    person_no TEXT NOT NULL, insurance TEXT NOT NULL, period TEXT NOT NULL, amount INTEGER NOT NULL,
    deadline TEXT NOT NULL, sponsor TEXT, number TEXT, pay_day INTEGER NOT NULL, channel TEXT NOT NULL,
    second INTEGER NOT NULL, state TEXT NOT NULL, code TEXT, collector TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS payment (
    sequence INTEGER PRIMARY KEY, voucher_no TEXT NOT NULL, line INTEGER NOT NULL, due INTEGER, reference TEXT,
    person_no TEXT, amount INTEGER NOT NULL, channel TEXT NOT NULL, paid_at TEXT NOT NULL, treasury_received_on TEXT,
    kind TEXT NOT NULL, reverses TEXT, refund TEXT, tax_date TEXT NOT NULL, insurance TEXT NOT NULL,
    period TEXT NOT NULL, area TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS payment_by_day ON payment (tax_date);
CREATE INDEX IF NOT EXISTS payment_by_voucher ON payment (voucher_no, line);
CREATE INDEX IF NOT EXISTS payment_undone ON payment (reverses, line) WHERE reverses IS NOT NULL;
CREATE TABLE IF NOT EXISTS refund (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, batch TEXT NOT NULL, voucher_no TEXT NOT NULL,
    line INTEGER NOT NULL, amount INTEGER NOT NULL, number TEXT NOT NULL, given TEXT NOT NULL, voucher TEXT
);
CREATE INDEX IF NOT EXISTS refund_by_voucher ON refund (voucher_no, line);
"""
_INSERT_DUE = "INSERT INTO due VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Receipt(NamedTuple):
    """What came in on one due: fen, the last voucher, and the state of the due since."""

    paid: int
    voucher_no: str | None
    state: str


_TOLD = ("amount", "paid", "voucher_no", "number", "person_no", "insurance", "sponsor", "deadline")
_NOTHING = Receipt(0, None, "open")


class TaxBook(Book):
    """Dues, voids and states. Payments are in :mod:`adapters.simulators.tax.till`."""

    def __init__(self, path: Path, seed: int | None, today: date, settings: PayerSettings) -> None:
        super().__init__(path, _SCHEMA, seed, today)
        self.agenda = Agenda()
        self.receipts: dict[int, Receipt] = {}
        self._settings = settings
        self.bank_days: dict[date, list[str]] = {}
        """Whose bank takes their payment back, by day."""
        for person_no, back in settings.taken_back.items():
            self.bank_days.setdefault(back.day, []).append(person_no)
        self._payers: dict[int, Payers] = {}
        self.after_rollback()

    def after_rollback(self) -> None:
        """Read receipts, agenda and the last number from the book."""
        ask = self.connection.execute
        self.receipts.clear()
        for due, amount, kind, voucher_no in ask(
            "SELECT due, amount, kind, voucher_no FROM payment WHERE due IS NOT NULL ORDER BY sequence"
        ):
            self.receive(due, amount, kind, voucher_no)
        rows = ask("SELECT person_no || '|' || insurance || '|' || period, id, state, pay_day FROM due ORDER BY id")
        dues = ((levy, due, "paid" if due in self.receipts else state, day) for levy, due, state, day in rows)
        self.agenda.rebuild(dues, self.today.toordinal())
        self._last_due: int = ask("SELECT coalesce(max(id), 0) FROM due").fetchone()[0]

    def receive(self, due: int, amount: int, kind: str, voucher_no: str) -> None:
        """Note that a payment, reversal or refund of a due was booked; its line is in the payment table."""
        paid, last_voucher, state = self.receipts.get(due, _NOTHING)
        match kind:
            case "payment":
                self.receipts[due] = Receipt(paid + amount, voucher_no, "paid")
            case "reversal":
                self.receipts[due] = Receipt(paid - amount, last_voucher, "reversed")
            case _:
                self.receipts[due] = Receipt(paid - amount, last_voucher, state if paid > amount else "refunded")

    def present(self, content: dict[str, Any]) -> dict[str, Any]:
        """Take in a batch of dues: good rows are saved as open, bad rows as rejected with a code."""
        payers = self._payers_of(content["insured_year"])
        batch, area, today = content["batch"], content["area"], self.today.isoformat()
        now = self.today.toordinal()
        taken = self._known([row["reference"] for row in content["rows"]])
        dues, answers = [], []
        for row in content["rows"]:
            reference, person_no = row["reference"], row["person_no"]
            habit = payers.habit(person_no, row["person_type"])
            code = "deadline_passed" if row["deadline"] < today else habit.rejection
            if reference in taken:
                answers.append(_rejected(reference, "duplicate_reference"))
                continue
            taken.add(reference)
            self._last_due += 1
            number = None if code else f"{content['insured_year']}{self._last_due:010d}"
            answers.append(_rejected(reference, code) if code else _accepted(reference, number))
            pay_day = _pay_day(row, habit, now)
            dues.append(_due(self._last_due, batch, area, row, number, pay_day, habit, code))
            if code is None:
                self.agenda.present(_levy(row), self._last_due, pay_day)
        self.connection.executemany(_INSERT_DUE, dues)
        return {"acknowledgements": answers}

    def void(self, content: dict[str, Any]) -> dict[str, Any]:
        """Withdraw dues that are not paid yet."""
        references = [row["reference"] for row in content["rows"]]
        held = self.dues(references)
        results, now = [], self.today.toordinal()
        for reference in references:
            due = held.get(reference)
            results.append({"reference": reference, "outcome": _void_outcome(due)})
            if due is not None and due["state"] in ("open", "reversed"):
                due["state"] = "voided"
                self.connection.execute("UPDATE due SET state = 'voided' WHERE id = ?", (due["id"],))
                self.agenda.withdraw(due["levy"], due["id"], now)
        return {"results": results}

    def dues(self, references: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What is held for each of the references that are known."""
        rows = self.connection.execute(
            "SELECT reference, id, person_no, insurance, period, area, amount, deadline, sponsor, number, state,"
            " person_no || '|' || insurance || '|' || period AS levy"
            " FROM due WHERE reference IN (SELECT value FROM json_each(?))",
            (orjson.dumps(references).decode(),),
        )
        names = [column[0] for column in rows.description]
        return {row[0]: self._with_receipt(dict(zip(names, row, strict=True))) for row in rows}

    def states(self, references: Sequence[str]) -> dict[str, Any]:
        """The state of each reference, in the order asked."""
        held = self.dues(references)
        return {"states": [_state(reference, held.get(reference)) for reference in references]}

    def _with_receipt(self, due: dict[str, Any]) -> dict[str, Any]:
        receipt = self.receipts.get(due["id"])
        if receipt is not None:
            due["state"] = state_by(due["state"], receipt)
        paid, voucher_no, _ = receipt or _NOTHING
        return due | {"paid": paid, "voucher_no": voucher_no}

    def _known(self, references: Sequence[str]) -> set[str]:
        rows = self.connection.execute(
            "SELECT reference FROM due WHERE reference IN (SELECT value FROM json_each(?))",
            (orjson.dumps(references).decode(),),
        )
        return {row[0] for row in rows}

    def _payers_of(self, insured_year: int) -> Payers:
        if insured_year not in self._payers:
            self._payers[insured_year] = Payers(self.seed, insured_year, self._settings)
        return self._payers[insured_year]


def state_by(state: str, receipt: Receipt) -> str:
    """The state of a due by what came in on it: one whose payment was reversed may have been withdrawn since."""
    return state if state == "voided" and receipt.state == "reversed" else receipt.state


def _levy(row: dict[str, Any]) -> str:
    return f"{row['person_no']}|{row['insurance']}|{row['period_begin']}-{row['period_end']}"


def _due(
    number: int,
    batch: str,
    area: str,
    row: dict[str, Any],
    due_number: str | None,
    pay_day: int,
    habit: Habit,
    code: str | None,
) -> tuple[Any, ...]:
    """A line of the due table."""
    return (
        number,
        row["reference"],
        batch,
        area,
        row["person_no"],
        row["insurance"],
        f"{row['period_begin']}-{row['period_end']}",
        row["amount"],
        row["deadline"],
        row["sponsor"] if row["payer"] == "sponsor" else None,
        due_number,
        pay_day,
        habit.channel,
        habit.second,
        "rejected" if code else "open",
        code,
        row["collector"] or row["town"],
    )


def _pay_day(row: dict[str, Any], habit: Habit, today: int) -> int:
    """When a person would pay this due: on their own day or today, never after its deadline (0: not by itself)."""
    day = max(habit.day, today)
    if not habit.day or row["payer"] != "person" or day > date.fromisoformat(row["deadline"]).toordinal():
        return 0
    return 0 if habit.stops and day >= habit.stops else day


def _accepted(reference: str, number: str | None) -> dict[str, Any]:
    return {"reference": reference, "accepted": True, "number": number, "code": None, "text": None}


def _rejected(reference: str, code: str) -> dict[str, Any]:
    return {
        "reference": reference,
        "accepted": False,
        "number": None,
        "code": code,
        "text": REJECTION_TEXTS[code],
    }


def _void_outcome(due: dict[str, Any] | None) -> str:
    if due is None or due["state"] == "rejected":
        return "unknown_reference"
    return {"open": "voided", "reversed": "voided", "voided": "already_voided"}.get(due["state"], "already_paid")


def _state(reference: str, due: dict[str, Any] | None) -> dict[str, Any]:
    if due is None:
        return {"reference": reference, "state": "unknown"} | dict.fromkeys(_TOLD)
    return {"reference": reference, "state": due["state"]} | {name: due[name] for name in _TOLD}
