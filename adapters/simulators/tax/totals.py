"""The tax system's book in figures, for whoever compares it with another ledger."""

from __future__ import annotations

from typing import Any

from adapters.simulators.tax.book import TaxBook


def totals(book: TaxBook) -> dict[str, Any]:
    """Counts and fen: dues by state, payments by kind and channel, rejections by code."""
    ask = book.connection.execute
    return {
        "today": book.today.isoformat(),
        "batches": ask("SELECT count(*) FROM reply").fetchone()[0],
        "dues": _grouped(book, "SELECT state, count(*), sum(amount) FROM due GROUP BY state"),
        "rejections": dict(ask("SELECT code, count(*) FROM due WHERE code IS NOT NULL GROUP BY code").fetchall()),
        "payments": _grouped(book, "SELECT kind, count(*), sum(amount) FROM payment GROUP BY kind"),
        "channels": _grouped(
            book, "SELECT channel, count(*), sum(amount) FROM payment WHERE kind = 'payment' GROUP BY channel"
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
    """Every key and every reference with its effects: amount and state held, payments booked."""
    rows = book.connection.execute(
        "SELECT due.reference, batch, state, due.amount, paid, code, count(payment.sequence) FROM due"
        " LEFT JOIN payment ON payment.due = due.id AND kind = 'payment' GROUP BY due.id ORDER BY due.id"
    )
    names = ("batch", "state", "amount", "paid", "code", "payments")
    return {"keys": book.keys(), "references": {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}}


def _grouped(book: TaxBook, query: str) -> dict[str, dict[str, int]]:
    return {group: {"count": count, "fen": fen} for group, count, fen in book.connection.execute(query)}
