"""Statements that the scripted neighbours of a stage issue: what is in their feeds, and what a test does to it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from adapters.ports import MonthTotal
from adapters.rows import PaymentRow
from adapters.tax import statement as tax_file
from adapters.treasury import statement as treasury_file
from policies.money import yuan
from tests.worker.flows.stage import AREA, Stage


@dataclass
class Statements:
    """Each side states the rows of its feed on their day, unless ``moved`` (by voucher or order) or ``hidden``."""

    stage: Stage
    moved: dict[str, date] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    amounts: dict[str, int] = field(default_factory=dict)
    until: date = date(2022, 1, 1)
    totals: dict[str, int] = field(default_factory=dict)
    """What a side's totals of any month differ by, in fen."""

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Statements:
        """Let the neighbours of the stage issue them."""
        for side in ("tax", "treasury"):
            port = getattr(self.stage, side)
            monkeypatch.setattr(port, "statements", lambda *days, side=side: self._files(side, *days))
            monkeypatch.setattr(port, "monthly", lambda month, side=side: self._month(side, month))
        return self

    def _rows(self, side: str) -> list[tuple[date, str, Any, int]]:
        rows: list[Any] = getattr(self.stage, side).feed.rows
        name, day = ("voucher_no", "paid_at") if side == "tax" else ("reference", "executed_on")
        return [
            (
                self.moved.get(row[name], date.fromisoformat(row[day][:10])),
                row[name],
                row,
                self.amounts.get(row[name], row["amount"]),
            )
            for row in rows
            if row[name] not in self.hidden
        ]

    def _files(self, side: str, day: date, last: date) -> dict[date, bytes]:
        files: dict[date, bytes] = {}
        while day <= last and (file := self._file(side, day)) is not None:
            files[day] = file
            day += timedelta(days=1)
        return files

    def _file(self, side: str, day: date) -> bytes | None:
        if day >= self.until:
            return None
        rows = [(row, amount) for stated, _, row, amount in self._rows(side) if stated == day]
        line = _tax_line if side == "tax" else _treasury_line
        forth = sum(amount for row, amount in rows if row.get("kind", row.get("outcome")) in ("payment", "paid"))
        back = sum(amount for _, amount in rows) - forth
        columns = (tax_file if side == "tax" else treasury_file).COLUMNS
        lines = [line(day, row, amount) for row, amount in rows]
        return "\n".join([",".join(columns), *lines, f"TOTAL,{len(rows)},{yuan(forth)},{yuan(back)}", ""]).encode()

    def _month(self, side: str, month: date) -> list[MonthTotal] | None:
        after = (month + timedelta(days=32)).replace(day=1)
        if after > self.until:
            return None
        found: dict[str, list[int]] = defaultdict(list)
        for stated, _, row, amount in self._rows(side):
            if month <= stated < after:
                found[row["kind"] if side == "tax" else row["outcome"]].append(amount)
        fund = "" if side == "tax" else "medical_assistance"
        return [
            MonthTotal(AREA, kind, fund, len(amounts), sum(amounts) + self.totals.get(side, 0))
            for kind, amounts in sorted(found.items())
        ]


def _tax_line(day: date, row: PaymentRow, amount: int) -> str:
    said = (row["voucher_no"], row["line"], row["reference"] or "", row["person_no"] or "")
    return ",".join(map(str, (day, *said, 390, "202101-202112", AREA, yuan(amount), row["channel"], row["kind"])))


def _treasury_line(day: date, row: Any, amount: int) -> str:
    said = (day, row["reference"], row["order_no"], AREA, "medical_assistance", yuan(amount), row["outcome"])
    return ",".join(map(str, (*said, row["code"] or "")))
