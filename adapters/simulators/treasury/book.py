"""The treasury's own book: orders as given, results as executed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson

from adapters.simulators.accounts import defect_of
from adapters.simulators.book import Book

_SCHEMA = """
CREATE TABLE IF NOT EXISTS payment_order (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, batch TEXT NOT NULL, area TEXT NOT NULL, fund TEXT NOT NULL,
    account_no TEXT NOT NULL, amount INTEGER NOT NULL, given TEXT NOT NULL, order_no TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS result (
    sequence INTEGER PRIMARY KEY, payment_order INTEGER NOT NULL UNIQUE, reference TEXT NOT NULL,
    order_no TEXT NOT NULL, amount INTEGER NOT NULL, outcome TEXT NOT NULL, code TEXT, executed_on TEXT NOT NULL,
    text TEXT
);
CREATE TABLE IF NOT EXISTS purpose (payment_order INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS result_by_day ON result (executed_on);
"""
_FIELDS = ("sequence", "reference", "order_no", "amount", "outcome", "code", "executed_on", "text")
_STATE = ("reference", "state", "amount", "fund", "purpose", "code", "executed_on")
_TEXTS = {
    "account_missing": "The bank knows no such account.",
    "account_closed": "The account is closed.",
    "name_mismatch": "The account is in another name.",
    "duplicate_reference": "This reference was ordered before.",
    "account_unreadable": "The account number is not made of digits.",
}


class TreasuryBook(Book):
    """Orders are executed on the day after they were given, in the order in which they came."""

    def __init__(self, path: Path, seed: int | None, today: date) -> None:
        super().__init__(path, _SCHEMA, seed, today)

    def order(self, content: dict[str, Any]) -> dict[str, Any]:
        """Take in a batch of orders, row by row. Runs in the request's transaction."""
        rows, today = content["rows"], self.today.isoformat()
        taken = self._known(row["reference"] for row in rows)
        last: int = self.connection.execute("SELECT coalesce(max(id), 0) FROM payment_order").fetchone()[0]
        orders, answers, purposes = [], [], []
        for row in rows:
            reference, account = row["reference"], row["account_no"]
            readable = account.isascii() and account.isdecimal()
            code = "duplicate_reference" if reference in taken else None if readable else "account_unreadable"
            order_no = None
            if code is None:
                taken.add(reference)
                last += 1
                order_no = f"G{last:012d}"
                purposes.append((last, row["purpose"]))
                orders.append(
                    (
                        last,
                        reference,
                        content["batch"],
                        content["area"],
                        row["fund"],
                        account,
                        row["amount"],
                        today,
                        order_no,
                    )
                )
            answers.append(
                {
                    "reference": reference,
                    "accepted": code is None,
                    "number": order_no,
                    "code": code,
                    "text": _TEXTS[code] if code else None,
                }
            )
        self.connection.executemany("INSERT INTO payment_order VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", orders)
        self.connection.executemany("INSERT INTO purpose VALUES (?, ?)", purposes)
        return {"acknowledgements": answers}

    def advance(self, to: date) -> int:
        """Execute the orders of days before ``to`` and make it the business day; the number executed."""
        with self.transaction():
            self.move_to(max(to, self.today))
            sequence: int = self.connection.execute("SELECT coalesce(max(sequence), 0) FROM result").fetchone()[0]
            waiting = self.connection.execute(
                "SELECT id, reference, order_no, amount, account_no, given FROM payment_order"
                " WHERE id > coalesce((SELECT max(payment_order) FROM result), 0) AND given < ? ORDER BY id",
                (self.today.isoformat(),),
            )
            results = [_result(sequence + place, *row) for place, row in enumerate(waiting, start=1)]
            self.connection.executemany("INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", results)
        return len(results)

    def page(self, cursor: int, limit: int) -> dict[str, Any]:
        """The results after a sequence number."""
        rows = self.connection.execute(
            f"SELECT {', '.join(_FIELDS)} FROM result WHERE sequence > ? ORDER BY sequence LIMIT ?", (cursor, limit + 1)
        ).fetchall()
        items = [dict(zip(_FIELDS, row, strict=True)) for row in rows[:limit]]
        last = items[-1]["sequence"] if items else cursor
        return {"items": items, "next_cursor": str(last), "more": len(rows) > limit}

    def states(self, references: Sequence[str]) -> dict[str, Any]:
        """The state of each reference, in the order asked."""
        rows = self.connection.execute(
            "SELECT o.reference, coalesce(r.outcome, 'open'), o.amount, o.fund, p.text, r.code, r.executed_on"
            " FROM payment_order AS o LEFT JOIN result AS r ON r.payment_order = o.id"
            " LEFT JOIN purpose AS p ON p.payment_order = o.id"
            " WHERE o.reference IN (SELECT value FROM json_each(?))",
            (orjson.dumps(list(references)).decode(),),
        )
        held = {row[0]: dict(zip(_STATE, row, strict=True)) for row in rows}
        nothing = {"state": "unknown"} | dict.fromkeys(_STATE[2:])
        return {"states": [held.get(reference, {"reference": reference} | nothing) for reference in references]}

    def totals(self) -> dict[str, Any]:
        """Counts and fen, by outcome and by fund."""
        by_fund = (
            "SELECT fund, count(*), sum(result.amount) FROM result"
            " JOIN payment_order ON payment_order = payment_order.id WHERE outcome = 'paid' GROUP BY fund"
        )
        return {
            "today": self.today.isoformat(),
            "orders": self._grouped("SELECT 'given', count(*), coalesce(sum(amount), 0) FROM payment_order")["given"],
            "results": self._grouped("SELECT outcome, count(*), sum(amount) FROM result GROUP BY outcome"),
            "returns": self._grouped(
                "SELECT code, count(*), sum(amount) FROM result WHERE code IS NOT NULL GROUP BY code"
            ),
            "funds": self._grouped(by_fund),
        }

    def details(self) -> dict[str, Any]:
        """Every key and every reference with its effects."""
        rows = self.connection.execute(
            "SELECT payment_order.reference, batch, payment_order.amount, outcome, code FROM payment_order"
            " LEFT JOIN result ON result.payment_order = payment_order.id ORDER BY payment_order.id"
        )
        names = ("batch", "amount", "outcome", "code")
        return {"keys": self.keys(), "references": {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}}

    def _known(self, references: Iterable[str]) -> set[str]:
        rows = self.connection.execute(
            "SELECT reference FROM payment_order WHERE reference IN (SELECT value FROM json_each(?))",
            (orjson.dumps(list(references)).decode(),),
        )
        return {row[0] for row in rows}

    def _grouped(self, query: str) -> dict[str, dict[str, int]]:
        return {group: {"count": count, "fen": fen} for group, count, fen in self.connection.execute(query)}


def _result(
    sequence: int, order: int, reference: str, order_no: str, amount: int, account_no: str, given: str
) -> tuple[Any, ...]:
    """A line of the result table: executed on the day after the order, paid or returned by the bank."""
    code = defect_of(account_no)
    executed_on = (date.fromisoformat(given) + timedelta(days=1)).isoformat()
    outcome, text = ("returned", _TEXTS[code]) if code else ("paid", None)
    return (sequence, order, reference, order_no, amount, outcome, code, executed_on, text)
