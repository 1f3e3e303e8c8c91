"""Entering an application for a refund: whose, of which money, and what the notice says of it at once."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from worker.audit.log import Event
from worker.house import House
from worker.refunds.apply import Application, apply
from worker.refunds.decide import decide_cases
from worker.refunds.finding import due_of, payment_of, person_of
from worker.refunds.opening import Overpaid, open_overpaid

NAMED_BY = ("person", "reference", "voucher")


class NotEntered(Exception):
    """No case comes of an application: a sentence that says why."""


class NoReason(NotEntered):
    """An application for money of somebody we know must say why."""


class Asked(NamedTuple):
    """What the applicant says; None where it is not known, and no ``reason`` of money of nobody we know.

    ``named_by``: what ``given`` is, one of ``NAMED_BY``; ``line``: of a voucher that has several.
    """

    named_by: str
    given: str
    applied_on: date
    line: int | None = None
    reason: str | None = None
    event_on: date | None = None
    own_fault: bool | None = None
    benefits_used: bool | None = None


def enter(connection: Connection, house: House, asked: Asked, today: date, by: str) -> tuple[list[int], list[Event]]:
    """Open the cases that an application is about, and have each decided by the notice; a second person reviews them.

    No case and an event where somebody died who had paid nothing: the enrolment is closed. The caller records the
    events. Raises ``NotEntered``, and ``NotFound`` where nobody and nothing is known by what is given.
    """
    about = _about(connection, house, asked)
    if isinstance(about, Overpaid):
        events = open_overpaid(connection, today, [about], by)
        if not events:
            raise NotEntered("that money is given back by a case already: `levy refund list`")
        return [int(event.facts["case"]) for event in events], events
    if asked.reason is None:
        raise NoReason("say why it is asked back: choose a reason")
    person, due = about
    one = Application(person, asked.reason, asked.applied_on, asked.event_on, asked.own_fault, asked.benefits_used, due)
    applied = apply(connection, house.law.area, house.law.insured_year, [one], by)
    events = applied.events + decide_cases(connection, house.law.notice, applied.cases)
    if not applied.cases and not any(event.action == "enrolment.closed" for event in events):
        raise NotEntered(applied.refused[0].sentence)
    return applied.cases, events


def _about(connection: Connection, house: House, asked: Asked) -> tuple[int, int | None] | Overpaid:
    if asked.named_by == "person":
        return person_of(connection, house.vault, asked.given), None
    if asked.named_by == "reference":
        return due_of(connection, asked.given)
    return payment_of(connection, asked.given, asked.line)
