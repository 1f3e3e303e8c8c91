"""Settle: follow the tax system's feed of payments, page by page, and clear the dues they pay."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, text

from adapters.ports import Malformed, Page
from adapters.rows import PaymentRow
from worker.assistance.cancel import cancel_unpaid
from worker.audit.log import Event
from worker.database.arrays import array
from worker.database.copy import copy_columns
from worker.dues.allocation import standing_allocations, take_back
from worker.dues.batch import current_dues, next_numbers
from worker.dues.lowering import undo_lowering
from worker.dues.messages import present
from worker.dues.open import open_dues, uncover, write_dues_paid
from worker.dues.paid import Confirmed, confirm
from worker.dues.receipts import OpenDue, Receipt, Split, apply_payments, transfers
from worker.dues.reference import due_number
from worker.dues.settled import certain, settled
from worker.feeds.cursor import BUSY, PAYMENTS, advance, following, note_followed, position
from worker.feeds.held import hold, note_booked, waiting_rows
from worker.feeds.turns import Overtaken, Turn
from worker.house import House
from worker.jobs.outcome import Done, Outcome
from worker.jobs.work import Work
from worker.ledger.post import post
from worker.refunds.at_tax import carry_out, dues_of, expected
from worker.refunds.opening import Overpaid, open_overpaid
from worker.refunds.progress import cases_of
from worker.refunds.stopping import FREE, Waiting, stop_reversed
from worker.roster.facts import load_facts, without_closed

_KNOWN = text(
    "SELECT voucher_no, line, amount, reference FROM payment WHERE voucher_no = ANY(CAST(:vouchers AS text[]))"
)
_SPLITS = text(
    "SELECT p.voucher_no, p.line, p.due_id,"
    " coalesce(sum(t.amount) FILTER (WHERE t.code = 'payment.settled'), 0)::bigint AS settled,"
    " coalesce(sum(t.amount) FILTER (WHERE t.code <> 'payment.settled'), 0)::bigint AS above"
    " FROM payment p JOIN transfer t ON t.subject_id = p.id"
    " AND t.code IN ('payment.settled', 'payment.overpaid', 'payment.unidentified')"
    " WHERE p.voucher_no = ANY(:vouchers) AND NOT EXISTS"
    "  (SELECT FROM payment r WHERE r.reverses = p.voucher_no AND r.line = p.line AND r.remark = 'reversed')"
    " AND NOT EXISTS (SELECT FROM refund_item i WHERE i.payment_id = p.id AND i.state <> 'stopped')"  # given back
    " GROUP BY p.voucher_no, p.line, p.due_id"
)


def pull(work: Work, house: House) -> Outcome | None:
    """The tick: take page after page until the feed has no more; each page is one transaction with its cursor.

    While a page is settled, the next one is begun (``worker.feeds.turns``), and the one after asked for.
    """
    with following(work, PAYMENTS) as still_here:
        if still_here is None:
            return BUSY
        _take_again(work, house)
        return _follow(work, house, still_here)


def _follow(work: Work, house: House, still_here: Callable[[], None]) -> Outcome:
    seen, before = 0, position(house.engine, PAYMENTS)
    under_way: deque[Future[int]] = deque()
    turn, vouchers = None, frozenset[str]()
    with ThreadPoolExecutor(max_workers=1) as ahead, ThreadPoolExecutor(max_workers=2) as hands:
        page = _fetch(house, before)
        while True:
            still_here()
            coming = ahead.submit(_fetch, house, page.next_cursor) if page.more else None
            turn, earlier = Turn(turn), vouchers
            vouchers = frozenset(item["voucher_no"] for item in page.items)
            alone = bool(page.malformed or vouchers & earlier or any(one["kind"] != "payment" for one in page.items))
            told = copy_context()  # what the log says of the job
            under_way.append(hands.submit(told.run, _book, work, house, before, page, turn, alone))
            try:
                while under_way and (coming is None or len(under_way) > 1):
                    seen += under_way.popleft().result()
            except Overtaken:
                return BUSY
            if coming is None:
                return Done({"payments": seen})
            before, page = page.next_cursor, coming.result()


def _take_again(work: Work, house: House) -> None:
    """Book what was held for a refund that is not on its way any more."""
    with work.step() as connection:
        for number, row in waiting_rows(connection, house.vault, PAYMENTS, FREE).items():
            count, events = _settle_page(connection, work, house, Page([row], f"again-{number}", False), Turn())
            house.audit.record(connection, work.origin(f"payments-again-{number}"), events, house.clock.now())
            if count:
                note_booked(connection, number)


def _fetch(house: House, cursor: str | None) -> Page:
    return house.tax.payments(cursor, house.settings.payments_page)


def _book(work: Work, house: House, before: str | None, page: Page, turn: Turn, alone: bool) -> int:
    """One page and its cursor. Raises ``Overtaken`` where another worker has moved the cursor."""
    with turn, work.begin() as connection:
        turn.may_lock(alone)
        count, events = _settle_page(connection, work, house, page, turn)
        turn.may_end()
        work.renew(connection)
        if not advance(connection, PAYMENTS, before, page.next_cursor):
            raise Overtaken
        if not page.more:  # asked for after the business date had begun: tax has booked all days before it
            today = work.job.business_date
            note_followed(connection, PAYMENTS, min(today, page.whole_before or today))
        house.audit.record(connection, work.origin(f"payments-{page.next_cursor}"), events, house.clock.now())
    return count


def _settle_page(
    connection: Connection, work: Work, house: House, page: Page, turn: Turn
) -> tuple[int, Sequence[Event]]:
    """Book what a page brings; returns how many payments are new, and what to say of them in the audit log."""
    rows, odd = _unseen(connection, page.items)
    refunds, unasked = expected(connection, house.law.area, [row for row in rows if row["kind"] == "refund"])
    rows = [row for row in rows if row["kind"] != "refund" or row["voucher_no"] in refunds]
    hold(connection, house.vault, PAYMENTS, work.job.id, [*page.malformed, *odd, *unasked])
    if not rows:
        return 0, ()
    area, today = house.law.area, work.job.business_date
    accounts = house.accounts(area)
    reversed_vouchers = [row["reverses"] for row in rows if row["kind"] == "reversal"]
    allocated = standing_allocations(connection, reversed_vouchers)
    named = [number for row in rows if (number := due_number(row["reference"] or "")) is not None]
    also = dues_of(connection, list(refunds.values()))
    dues = open_dues(connection, [*named, *also, *(one.due_id for one in allocated)])
    carried_out = cases_of(connection, list(refunds.values()))
    stopped, waiting = stop_reversed(connection, accounts, rows, dues, today, carried_out)
    hold(connection, house.vault, PAYMENTS, work.job.id, [_waiting(one) for one in waiting])
    rows = [row for row in rows if not any(row is one.row for one in waiting)]
    turn.has_locked()
    splits = {
        (row.voucher_no, row.line): Split(row.due_id, row.settled, row.above)
        for row in (connection.execute(_SPLITS, {"vouchers": reversed_vouchers}) if reversed_vouchers else ())
    }
    receipts = apply_payments(rows, next_numbers(connection, "payment_number", len(rows)), dues, splits)
    _write_payments(connection, receipts, area, house.law.insured_year)
    taken_back = take_back(connection, accounts, allocated, receipts, dues, today)
    post(connection, transfers(accounts, receipts, "resident_medical"), today)
    touched = [due for due in dues.values() if due.touched]
    unpaid = [due for due in touched if due.state != "paid"]
    undone = undo_lowering(connection, accounts, [due.id for due in unpaid], today)
    write_dues_paid(connection, touched)
    batch = f"{area}-{work.job.id}-{page.next_cursor}"
    confirmed = _confirm(connection, house, batch, touched, today)
    uncover(connection, unpaid)
    present(work, connection, house, batch, confirmed.new, (), confirmed.withdraw)
    events = stopped + _events(receipts) + taken_back + open_overpaid(connection, today, _overpaid(receipts)) + undone
    events += confirmed.events
    events += carry_out(connection, accounts, today, list(refunds.values()))
    events += cancel_unpaid(connection, accounts, today, [due.id for due in unpaid])
    return len(rows), events


def _waiting(one: Waiting) -> Malformed:
    return Malformed(orjson.dumps(one.row).decode(), one.sentence, one.case_id)


def _unseen(connection: Connection, items: Sequence[Any]) -> tuple[list[PaymentRow], list[Malformed]]:
    """Lines of vouchers not booked yet, each once, and those that bring a known one with other figures."""
    known = {
        (row.voucher_no, row.line): (row.amount, row.reference)
        for row in connection.execute(_KNOWN, {"vouchers": array(item["voucher_no"] for item in items)})
    }
    fresh: list[PaymentRow] = []
    odd: list[Malformed] = []
    for item in items:
        told = (item["amount"], item["reference"])
        before = known.setdefault((item["voucher_no"], item["line"]), told)
        if before is told:
            fresh.append(item)
        elif before != told:
            odd.append(Malformed(orjson.dumps(item).decode(), "its voucher came before with other figures"))
    return fresh, odd


def _write_payments(connection: Connection, receipts: Sequence[Receipt], area: str, insured_year: int) -> None:
    rows = [receipt.row for receipt in receipts]
    copied = ("voucher_no", "line", "reference", "person_no", "amount", "channel", "kind", "reverses", "paid_at")
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in copied}  # type: ignore[literal-required]
    columns |= {
        "id": [receipt.payment_id for receipt in receipts],
        "due_id": [receipt.due.id if receipt.due else None for receipt in receipts],
        "remark": [receipt.remark for receipt in receipts],
        "tax_date": [row["paid_at"][:10] for row in rows],
        "area": [area] * len(rows),
        "insured_year": [insured_year] * len(rows),
    }
    copy_columns(connection, "payment", columns)


def _confirm(connection: Connection, house: House, batch: str, touched: Sequence[OpenDue], today: date) -> Confirmed:
    """Date the cover of those whose levy is paid now, and give what follows the payment."""
    known = current_dues(connection, sorted({due.enrolment_id for due in touched}))
    people = [one for dues in known.values() if (one := settled(dues))]
    if not people:
        return Confirmed([], [], [], {})
    facts = without_closed(connection, load_facts(connection, [one.enrolment_id for one in people]))
    open_ones = set(facts.enrolment_ids)
    people = certain(house.law, facts, [one for one in people if one.enrolment_id in open_ones], today)
    sure = {one.enrolment_id for one in people}
    facts = facts.chosen([at for at, one in enumerate(facts.enrolment_ids) if one in sure])
    return confirm(connection, house, batch, facts, people, today) if people else Confirmed([], [], [], {})


def _overpaid(receipts: Sequence[Receipt]) -> list[Overpaid]:
    """What was paid above what was due. Money of nobody is a break first."""
    return [
        Overpaid(one.due.id, one.row["voucher_no"], one.row["line"], one.above, one.due.state)
        for one in receipts
        if one.row["kind"] == "payment" and one.above and one.due
    ]


def _events(receipts: Sequence[Receipt]) -> list[Event]:
    return [
        Event(
            f"payment.{receipt.remark or 'settled'}",
            receipt.due.person_id if receipt.due else None,
            {
                "voucher": receipt.row["voucher_no"],
                "line": receipt.row["line"],
                "due": receipt.due.id if receipt.due else None,
                "amount": receipt.row["amount"],
                "settles": receipt.settles,
                "above": receipt.above,
                "channel": receipt.row["channel"],
                "paid_at": receipt.row["paid_at"],
            },
        )
        for receipt in receipts
    ]
