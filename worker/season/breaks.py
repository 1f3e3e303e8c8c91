"""The clerk of a season who looks after breaks, as the operator's guide says, by the functions of ``levy breaks``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

from sqlalchemy import text

from worker.audit.log import Origin
from worker.dues.allocation import KEPT_UNDER
from worker.dues.reference import due_reference
from worker.dues.unclaimed import UNCLAIMED
from worker.house import House
from worker.jobs.run import Nudge
from worker.reconciliation.again import compare_again
from worker.reconciliation.handling import Desk, allocate_break, close, explain, own
from worker.reconciliation.sides import SIDES
from worker.refunds.enter import Asked, enter
from worker.season.neighbours import Neighbours

CLERK: Final = "经办员（模拟）"
_OPEN = text(
    "SELECT id, side, kind, owner, coalesce(stated_on, day) AS day, period, EXISTS (SELECT FROM break_step s"
    "  WHERE s.break_id = b.id AND s.action = 'explained' AND s.business_date < :today) AS answered"
    " FROM break_found b WHERE area = :area AND state = 'open' ORDER BY id"
)
_TOO_MUCH = text(
    "SELECT b.break_id, d.due_id, d.insured_year FROM"
    " (SELECT id AS break_id, row_number() OVER (ORDER BY id) AS at FROM break_found"
    "  WHERE area = :area AND kind = 'unidentified' AND state = 'open') AS b"
    " JOIN (SELECT id AS due_id, insured_year, row_number() OVER (ORDER BY id) AS at FROM due"
    "  WHERE area = :area AND state = 'part_paid' AND current AND insurance = :kept) AS d USING (at)"
)
_NOBODYS = text(
    "SELECT p.voucher_no, p.line FROM break_found b JOIN payment p ON p.voucher_no = split_part(b.item, '/', 1)"
    " AND p.line = coalesce(nullif(split_part(b.item, '/', 2), ''), '1')::int"
    f" WHERE b.area = :area AND b.kind = 'unidentified' AND b.state = 'open' AND b.side = 'tax' AND {UNCLAIMED} > 0"
    " AND p.kind = 'payment' AND NOT EXISTS (SELECT FROM refund_case c WHERE c.payment_id = p.id) ORDER BY b.id"
)
_SHORT = text(
    "SELECT p.voucher_no, p.line FROM due d JOIN payment p ON p.due_id = d.id AND p.kind = 'payment'"
    " WHERE d.area = :area AND d.state = 'part_paid' AND d.current AND d.insurance <> :kept AND d.deadline >= :today"
    " AND p.channel = 'college_virtual_account' ORDER BY p.id"
)
_LIST = "学校缴费名单更正（模拟）"
_FOUND_OUT: Final = {
    "unidentified": "学校多交，已与学校核实（模拟） / a school handed in too much, and says so",
    "only_theirs": "已去函查询该笔（模拟） / the other side was asked what this line is",
}
_ANEW = "已请对方重发对账文件（模拟） / the file was asked for anew"
_ANOTHERS = "对方复函：系他处误列，不再重发（模拟） / another office's line, they say; the file stays"


class BreaksClerk:
    """Owns, explains and closes breaks; asks for files anew; finds out whose nobody's money is, or gives it back."""

    def __init__(self, house: House, neighbours: Neighbours | None, nudge: Nudge) -> None:
        self._house, self._neighbours, self._nudge = house, neighbours, nudge

    def work(self, today: date) -> None:
        """What is done in the evening about all open breaks."""
        with self._house.engine.connect() as connection:
            found = connection.execute(_OPEN, {"area": self._house.law.area, "today": today}).all()
        if found:
            self._look_after(today, found)
            self._ask_anew(today, [row for row in found if row.kind not in _FOUND_OUT and row.period == "day"])
            self._give(today)

    def ring_up(self, today: date) -> None:
        """In the morning: have tax reverse what a school paid short, where no money of nobody may make it up."""
        if self._neighbours is None:
            return
        values = {"area": self._house.law.area, "kept": KEPT_UNDER, "today": today}
        with self._house.engine.connect() as connection:
            short = connection.execute(_SHORT, values).all()
        for row in short:
            self._neighbours.reverse(row.voucher_no, row.line)

    def _look_after(self, today: date, found: Sequence[Any]) -> None:
        """Take what is nobody's, and say what was done; close what the other side has explained by now."""
        fresh = [row for row in found if row.owner is None]
        ended = [row.id for row in found if row.kind == "only_theirs" and row.answered]
        with self._desk(today) as desk:
            if fresh:
                own(desk, [row.id for row in fresh], CLERK)
            for words in sorted({_FOUND_OUT.get(row.kind, _ANEW) for row in fresh}):
                explain(desk, [row.id for row in fresh if _FOUND_OUT.get(row.kind, _ANEW) == words], words)
            if ended:
                close(desk, ended, _ANOTHERS)

    def _ask_anew(self, today: date, wrong: Sequence[Any]) -> None:
        """Have wrong files issued anew, and their days compared with those."""
        if self._neighbours is None:
            return
        for side, day in sorted({(row.side, row.day) for row in wrong}):
            self._neighbours.reissue(side, day)
            with self._desk(today) as desk:
                jobs = compare_again(desk.connection, desk.audit, desk.origin, [SIDES[side]], day, day, desk.now)
            self._nudge(jobs)

    def _give(self, today: date) -> None:
        """What one school had too much makes up what another paid short; what is left is to be given back."""
        house, area = self._house, self._house.law.area
        house.accounts(area)  # opened before the transaction: they are written in one of their own
        with self._desk(today) as desk:
            for row in desk.connection.execute(_TOO_MUCH, {"area": area, "kept": KEPT_UNDER}).all():
                reference = due_reference(area, row.insured_year, row.due_id)
                allocate_break(desk, house.accounts, row.break_id, reference, _LIST, other_person=True)
            for row in desk.connection.execute(_NOBODYS, {"area": area}).all():
                asked = Asked("voucher", row.voucher_no, today, row.line)
                _, events = enter(desk.connection, house, asked, today, CLERK)
                desk.audit.record(desk.connection, desk.origin, events, desk.now)

    @contextmanager
    def _desk(self, today: date) -> Iterator[Desk]:
        house = self._house
        with house.engine.begin() as connection:
            yield Desk(connection, house.audit, Origin(f"clerk:{CLERK}", house.law.area, today), house.clock.now())
