"""The tax system's book in figures, for whoever compares it with another ledger."""

from __future__ import annotations

from typing import Any

from adapters.simulators.tax.book import TaxBook, state_by


def totals(book: TaxBook) -> dict[str, Any]:
    """Counts and fen: dues by state, payments by kind and channel, rejections by code."""
    ask = book.connection.execute
    return {
        "today": book.today.isoformat(),
        "batches": ask("SELECT count(*) FROM reply").fetchone()[0],
        "dues": _dues_by_state(book),
        "rejections": dict(ask("SELECT code, count(*) FROM due WHERE code IS NOT NULL GROUP BY code").fetchall()),
        "payments": _grouped(book, "SELECT kind, count(*), sum(amount) FROM payment GROUP BY kind"),
        "channels": _grouped(
            book, "SELECT channel, count(*), sum(amount) FROM payment WHERE kind = 'payment' GROUP BY channel"
        ),
        "refunds_by_state": _grouped(
            book,
            "SELECT CASE WHEN voucher IS NULL THEN 'ordered' ELSE 'carried_out' END, count(*), sum(amount) FROM refund"
            " GROUP BY 1",
        ),
        "sponsors": _grouped(
            book,
            "SELECT due.sponsor, count(*), sum(payment.amount) FROM payment JOIN due ON due.id = payment.due"
            " WHERE payment.channel = 'sponsor' AND kind = 'payment' GROUP BY due.sponsor",
        ),
        "paid": ask(
            "SELECT coalesce(sum(CASE kind WHEN 'payment' THEN amount ELSE -amount END), 0) FROM payment"
        ).fetchone()[0],
    }


def details(book: TaxBook) -> dict[str, Any]:
    """Every key and every reference with its effects: amount and state held, payments booked, refunds ordered; every
    line of a voucher.
    """
    rows = book.connection.execute(
        "SELECT due.reference, batch, due.amount, code, count(payment.sequence) FROM due"
        " LEFT JOIN payment ON payment.due = due.id AND kind = 'payment' GROUP BY due.id ORDER BY due.id"
    ).fetchall()
    names = ("batch", "amount", "code", "payments")
    held = book.dues([row[0] for row in rows])
    references = {
        row[0]: dict(zip(names, row[1:], strict=True)) | {name: held[row[0]][name] for name in ("state", "paid")}
        for row in rows
    }
    refunds = book.connection.execute(
        "SELECT reference, batch, voucher_no, line, amount, voucher FROM refund ORDER BY id"
    )
    ordered = {row[0]: dict(zip(_REFUND, row[1:], strict=True)) for row in refunds}
    booked = book.connection.execute(f"SELECT {', '.join(_LINE)} FROM payment ORDER BY sequence")
    lines = [dict(zip(_LINE, row, strict=True)) for row in booked]
    return {"keys": book.keys(), "references": references, "refunds": ordered, "lines": lines}


_LINE = ("voucher_no", "line", "reference", "person_no", "amount", "channel", "kind", "reverses")
_REFUND = ("batch", "voucher_no", "line", "amount", "carried_out_by")


def _dues_by_state(book: TaxBook) -> dict[str, dict[str, int]]:
    states: dict[str, dict[str, int]] = {}
    for due, state, amount in book.connection.execute("SELECT id, state, amount FROM due"):
        receipt = book.receipts.get(due)
        name = state if receipt is None else state_by(state, receipt)
        group = states.setdefault(name, {"count": 0, "fen": 0})
        group["count"] += 1
        group["fen"] += amount
    return states


def _grouped(book: TaxBook, query: str) -> dict[str, dict[str, int]]:
    return {group: {"count": count, "fen": fen} for group, count, fen in book.connection.execute(query)}
