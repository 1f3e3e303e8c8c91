"""Who has paid: the people whose cover runs, and the day that decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from policies.vocabulary import INSURANCES

GONE = ("void", "rejected")


class Settled(NamedTuple):
    """An enrolment whose levy is paid: on which day, when the paid amount was asked for, and all its current dues."""

    enrolment_id: int
    person_id: int
    paid_on: date
    asked_on: date
    dues: Sequence[Any]


def free(enrolment_id: int, person_id: int, since: date, dues: Sequence[Any]) -> Settled | None:
    """Somebody from whom nothing is due, covered since a day as if they had paid on it; None while a due is alive."""
    return None if any(due.state not in GONE for due in dues) else Settled(enrolment_id, person_id, since, since, ())


def settled(dues: Sequence[Any]) -> Settled | None:
    """The enrolment of these current dues (rows of ``worker.dues.batch``) as settled; None while its levy is open.

    It is the medical premium that cover hangs on; only where it was netted to nothing the other insurance's. What was
    asked for later, as a supplement, does not take the cover away.
    """
    levied = [due for due in dues if due.part == 0 and due.state not in GONE]
    counting = [due for due in levied if due.insurance == INSURANCES[0]] or levied
    if not counting or any(due.state != "paid" for due in counting):
        return None
    last = max(counting, key=lambda due: due.paid_on)
    return Settled(last.enrolment_id, last.person_id, last.paid_on, last.assessed_on, dues)
