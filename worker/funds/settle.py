"""Settlement by the finance bureau: whole or in part, voucher by voucher; and the withdrawal of a statement."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

from policies.money import Fen, yuan
from worker.audit.log import Event
from worker.ledger import funds as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post

_LOCK = text(
    "SELECT id, number, insurance, source, claimed - deducted AS net, set_off, settled, state, drawn_on"
    " FROM fund_statement WHERE number = :number AND area = :area FOR NO KEY UPDATE"
)
_KNOWN = text(
    "SELECT p.statement_id, s.number, p.amount FROM fund_settlement p JOIN fund_statement s ON s.id = p.statement_id"
    " WHERE p.voucher = :voucher"
)
_SETTLED = text(
    "WITH paid AS (INSERT INTO fund_settlement (statement_id, amount, voucher, settled_on, recorded_by)"
    "  VALUES (:id, :amount, :voucher, :day, :by) RETURNING id, statement_id, amount)"
    " UPDATE fund_statement s SET settled = s.settled + paid.amount,"
    "  state = CASE WHEN s.settled + paid.amount = abs(s.claimed - s.deducted) THEN 'settled' ELSE 'partly_settled' END"
    " FROM paid WHERE s.id = paid.statement_id RETURNING paid.id"
)
_ALONE = text("LOCK TABLE fund_statement IN SHARE ROW EXCLUSIVE MODE")
_DEDUCTED_LATER = text(
    "SELECT DISTINCT s.number FROM fund_statement_line c JOIN fund_statement_line k ON k.kind = 'cancelled'"
    " AND k.subject_id = c.subject_id AND k.live JOIN fund_statement s ON s.id = k.statement_id"
    " WHERE c.statement_id = :id AND c.kind = 'claim' AND k.statement_id <> :id ORDER BY s.number"
)
_WITHDRAW = text(
    "WITH gone AS (UPDATE fund_statement_line SET live = false WHERE statement_id = :id)"
    " UPDATE fund_statement SET state = 'withdrawn', withdrawn_on = :today WHERE id = :id"
)


class NotSettled(Exception):
    """A settlement or withdrawal that cannot be booked; the message says why and what would do."""


def settle(
    connection: Connection, accounts: Accounts, area: str, number: str, amount: Fen, voucher: str, day: date, by: str
) -> list[Event]:
    """Book what the finance bureau has paid of a statement; the same voucher again changes nothing. Returns the events.

    Of a statement that deducts more than it claims, what was given back to the fund. Raises ``NotSettled`` for an
    unknown statement, for more than is open, for a day before it was drawn, and for a voucher with other figures.
    """
    row = connection.execute(_LOCK, {"number": number, "area": area}).one_or_none()
    if row is None:
        raise NotSettled(f"there is no statement {number} of {area}: `levy funds` lists them")
    known = connection.execute(_KNOWN, {"voucher": voucher}).one_or_none()
    if known is not None:
        if (known.statement_id, known.amount) == (row.id, amount):
            return []
        raise NotSettled(f"voucher {voucher} is booked already, of {yuan(known.amount)} yuan for {known.number}")
    if row.state == "withdrawn":
        raise NotSettled(f"statement {number} was withdrawn: what it asked for stands on another one")
    left = abs(row.net) - row.settled
    if not 0 < amount <= left:
        raise NotSettled(f"of statement {number} {yuan(left)} yuan are open, not {yuan(amount)}: see the voucher")
    if day < row.drawn_on:
        raise NotSettled(f"statement {number} was drawn on {row.drawn_on}: it was not paid before, on {day}")
    values = {"id": row.id, "amount": amount, "voucher": voucher, "day": day, "by": by}
    settlement = connection.execute(_SETTLED, values).scalar_one()
    move = ledger.settled if row.net > 0 else ledger.given_back
    post(connection, [move(accounts, settlement, row.insurance, row.source, amount)], day)
    facts = {
        "statement": row.id,
        "number": number,
        "source": row.source,
        "amount": amount,
        "voucher": voucher,
        "left": left - amount,
        "by": by,
    }
    return [Event("funds.settled" if row.net > 0 else "funds.given_back", None, facts)]


def withdraw(
    connection: Connection, accounts: Accounts, area: str, number: str, today: date, by: str, reason: str
) -> list[Event]:
    """Withdraw a statement of which nothing has been paid: what stood on it goes on the next one that is drawn.

    Raises ``NotSettled`` for an unknown or settled statement, and while a later one deducts what this one claims.
    """
    connection.execute(_ALONE)
    row = connection.execute(_LOCK, {"number": number, "area": area}).one_or_none()
    if row is None:
        raise NotSettled(f"there is no statement {number} of {area}: `levy funds` lists them")
    if row.state != "drawn":
        raise NotSettled(f"statement {number} is {row.state.replace('_', ' ')}: only one that nobody paid is withdrawn")
    if later := connection.execute(_DEDUCTED_LATER, {"id": row.id}).scalars().all():
        raise NotSettled(f"{', '.join(later)} deducts what {number} claims: withdraw that first")
    connection.execute(_WITHDRAW, {"id": row.id, "today": today})
    if row.set_off:
        move = ledger.set_off_undone(accounts, row.id, row.insurance, row.source, row.set_off)
        post(connection, [move], today)
    facts = {"statement": row.id, "number": number, "source": row.source, "by": by, "reason": reason}
    return [Event("funds.withdrawn", None, facts)]
