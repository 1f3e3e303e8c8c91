"""Who has paid: the people whose cover runs, and the day that decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from policies.vocabulary import INSURANCES
from worker.law import Law
from worker.roster.facts import Facts

GONE = ("void", "rejected")


class Settled(NamedTuple):
    """An enrolment whose levy is paid: on which day, when the paid amount was asked for, and all its current dues."""

    enrolment_id: int
    person_id: int
    paid_on: date
    asked_on: date
    dues: Sequence[Any]
    unsure: bool = False
    """The medical premium was withdrawn or refused: perhaps netted to nothing, perhaps to be asked for anew."""


def free(enrolment_id: int, person_id: int, since: date, dues: Sequence[Any]) -> Settled | None:
    """Somebody from whom nothing is due, covered since a day as if they had paid on it; None while a due is alive."""
    return None if any(due.state not in GONE for due in dues) else Settled(enrolment_id, person_id, since, since, ())


def settled(dues: Sequence[Any]) -> Settled | None:
    """The enrolment of these current dues (rows of ``worker.dues.batch``) as settled; None while its levy is open.

    It is the medical premium that cover hangs on; only where it was netted to nothing the other insurance's. What was
    asked for later, as a supplement, does not take the cover away.
    """
    if len(dues) == 1:  # nearly everybody
        [one] = dues
        if one.state != "paid" or one.part:
            return None
        return Settled(one.enrolment_id, one.person_id, one.paid_on, one.assessed_on, dues)
    levied = [due for due in dues if due.part == 0 and due.state not in GONE]
    counting = [due for due in levied if due.insurance == INSURANCES[0]] or levied
    if not counting or any(due.state != "paid" for due in counting):
        return None
    last = max(counting, key=lambda due: due.paid_on)
    gone = any(due.part == 0 and due.insurance == INSURANCES[0] and due.state in GONE for due in dues)
    unsure = gone and last.insurance != INSURANCES[0]
    return Settled(last.enrolment_id, last.person_id, last.paid_on, last.assessed_on, dues, unsure)


def certain(law: Law, facts: Facts, people: Sequence[Settled], today: date) -> list[Settled]:
    """Those of the ``people`` whose levy is surely paid: of whom the law, asked today, wants no medical premium.

    ``facts`` hold all of them.
    """
    unsure = {one.enrolment_id for one in people if one.unsure}
    if not unsure:
        return list(people)
    asked = facts.chosen([at for at, one in enumerate(facts.enrolment_ids) if one in unsure])
    netted = {
        enrolment
        for enrolment, ruling in zip(asked.enrolment_ids, law.assess(asked.people, today).rulings, strict=True)
        if ruling.outcome in ("due", "no_due") and all(slot.insurance != INSURANCES[0] for slot in ruling.slots)
    }
    return [one for one in people if not one.unsure or one.enrolment_id in netted]
