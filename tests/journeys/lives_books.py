"""Our book beside the neighbours' own: due by due, payment by payment, refund by refund, order by order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, text

from worker.assistance.reference import order_reference
from worker.audit.verify import verify
from worker.dues.reference import due_reference
from worker.keys import Keychain
from worker.refunds.reference import refund_reference
from worker.season.books import AT_TAX

_DUES = f"SELECT id, area, insured_year, amount, {AT_TAX} AS at_tax FROM due WHERE state <> 'assessed'"
_PAID = "SELECT due_id, sum(CASE kind WHEN 'payment' THEN amount ELSE -amount END)::bigint FROM payment GROUP BY 1"
_LINES = "SELECT voucher_no, line, reference, person_no, amount, channel, kind, reverses FROM payment"
_HELD = "SELECT count(*) FROM held_row WHERE booked_at IS NULL AND feed = 'tax.payments'"
_REFUNDS = (
    "SELECT i.id, i.area, i.amount, p.voucher_no, p.line, i.state = 'paid' AS done FROM refund_item i"
    " JOIN payment p ON p.id = i.payment_id WHERE i.route = 'tax' AND i.state IN ('ordered', 'paid')"
)
_ORDERS = (
    "SELECT o.id, coalesce(a.area, i.area) AS area, o.amount, o.state, o.code FROM disbursement o"
    " LEFT JOIN assistance a ON a.id = o.assistance_id LEFT JOIN refund_item i ON i.id = o.refund_item_id"
    " WHERE o.state <> 'refused'"
)
_UNCOVERED = text(
    "SELECT h.case_id, h.first_paid_on, e.benefit_start FROM handoff h JOIN enrolment e ON e.id = h.enrolment_id"
    " JOIN due d ON d.enrolment_id = e.id AND d.insurance = h.insurance AND d.current AND d.state = 'paid'"
    " JOIN handoff_step s ON s.handoff_id = h.id AND s.what = 'completed'"
    " WHERE h.kind = 'wrong_area' AND h.side = 'intended' AND e.closed_because IS NULL AND NOT e.stale"
    " AND (e.benefit_start IS NULL OR e.benefit_start > least((s.facts->>'cover_from')::date,"
    "  CASE WHEN extract(year FROM h.first_paid_on) < e.insured_year THEN make_date(e.insured_year, 1, 1) END))"
)
_CHAINS = text("SELECT chain, events, head FROM audit_chain ORDER BY chain")
_MAC = text("SELECT mac FROM audit_event WHERE chain = :chain AND position = :position")
Items = Mapping[Any, tuple[Any, ...]]


def differing(connection: Connection, tax: dict[str, Any], treasury: dict[str, Any]) -> list[str]:
    """Each item that one side has and the other has not, or otherwise; ``tax`` and ``treasury`` are books in detail."""
    pairs: tuple[tuple[str, Callable[[], Items], Callable[[], Items]], ...] = (
        ("due", lambda: _dues(connection), lambda: _their_dues(tax)),
        ("payment", lambda: _lines(connection), lambda: _their_lines(connection, tax)),
        ("refund", lambda: _refunds(connection), lambda: _their_refunds(tax)),
        ("order", lambda: _orders(connection), lambda: _their_orders(treasury)),
    )
    told = []
    for what, ours, theirs in pairs:
        here, there = ours(), theirs()
        told += [
            f"{what} {key}: {here.get(key)} in our book, {there.get(key)} in theirs"
            for key in sorted(here.keys() | there.keys())
            if here.get(key) != there.get(key)
        ]
    return told


def _dues(connection: Connection) -> Items:
    paid = {row[0]: row[1] for row in connection.execute(text(_PAID))}
    return {
        due_reference(row.area, row.insured_year, row.id): (row.at_tax, row.amount, paid.get(row.id, 0))
        for row in connection.execute(text(_DUES))
    }


def _their_dues(tax: dict[str, Any]) -> Items:
    return {key: (one["state"], one["amount"], one["paid"]) for key, one in tax["references"].items()}


def _lines(connection: Connection) -> Items:
    return {(row.voucher_no, row.line, row.kind): tuple(row[2:]) for row in connection.execute(text(_LINES))}


def _their_lines(connection: Connection, tax: dict[str, Any]) -> Items:
    """Without what waits in our book, held for a refund that has to end first."""
    lines = {(one["voucher_no"], one["line"], one["kind"]): tuple(one.values())[2:] for one in tax["lines"]}
    unbooked = lines.keys() - _lines(connection).keys()
    waiting = connection.execute(text(_HELD)).scalar_one()
    return {key: one for key, one in lines.items() if key not in unbooked} if len(unbooked) == waiting else lines


def _refunds(connection: Connection) -> Items:
    return {
        refund_reference(row.area, row.id): (row.voucher_no, row.line, row.amount, row.done)
        for row in connection.execute(text(_REFUNDS))
    }


def _their_refunds(tax: dict[str, Any]) -> Items:
    return {
        key: (one["voucher_no"], one["line"], one["amount"], one["carried_out_by"] is not None)
        for key, one in tax["refunds"].items()
    }


def _orders(connection: Connection) -> Items:
    return {
        order_reference(row.area, row.id): (
            row.amount,
            row.state if row.state in ("paid", "returned") else None,
            row.code,
        )
        for row in connection.execute(text(_ORDERS))
    }


def _their_orders(treasury: dict[str, Any]) -> Items:
    return {key: (one["amount"], one["outcome"], one["code"]) for key, one in treasury["references"].items()}


def uncovered(connection: Connection) -> list[str]:
    """Whose premium reached its place, and whose cover does not count from the first payment: by every notice one
    before the year covers from its first day.
    """
    return [
        f"case {row.case_id}: first paid on {row.first_paid_on}, covered from {row.benefit_start}"
        for row in connection.execute(_UNCOVERED)
    ]


class Chains:
    """The audit chains as they were last seen: what is new has to hold, and to go on from just there."""

    def __init__(self, keychain: Keychain) -> None:
        self._keychain, self._seen = keychain, dict[str, tuple[int, bytes]]()

    def flaws(self, connection: Connection) -> list[Any]:
        """What is wrong with the events since the last time."""
        now = {row.chain: (row.events, bytes(row.head)) for row in connection.execute(_CHAINS)}
        found: list[Any] = []
        for chain, (events, head) in self._seen.items():
            mac = connection.execute(_MAC, {"chain": chain, "position": events}).scalar_one_or_none()
            if mac is None or bytes(mac) != head or now.get(chain, (0, b""))[0] < events:
                found.append(f"chain {chain} does not go on from event {events}")
        fresh = max((events - self._seen.get(chain, (0, b""))[0] for chain, (events, _) in now.items()), default=0)
        self._seen = now
        return found + verify(connection, self._keychain, newest=fresh)[1]
