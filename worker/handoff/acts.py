"""What clerks do in a case: accept or refuse a proposal, and the origin's final review."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

from worker.handoff.author import CannotStep, clerk_marks, sound_reason, take_step
from worker.handoff.cases import Stand, known, steps_of
from worker.handoff.law import decide_wrong_area
from worker.handoff.place import enrolled_here
from worker.house import House

_STILL_PAID = text(
    "SELECT EXISTS (SELECT FROM due d JOIN payment p ON p.due_id = d.id AND p.voucher_no = :voucher"
    " WHERE d.id = :due AND d.state = 'paid' AND NOT EXISTS"
    " (SELECT FROM payment r WHERE r.reverses = p.voucher_no AND r.line = p.line AND r.remark = 'reversed'))"
)


def accept(connection: Connection, house: House, case: str, today: date, clerk: str) -> list[int]:
    """The intended place takes the person: they are enrolled here, and are to pay here. Raises ``CannotStep``."""
    stand = known(connection, case)
    if enrolled_here(connection, stand) is None:
        raise CannotStep(
            f"this person is not enrolled in {stand.area} for {stand.insured_year}: take in an enrolment list first"
        )
    return take_step(connection, house, stand, "accepted", {}, today, clerk)


def refuse(connection: Connection, house: House, case: str, reason: str, today: date, clerk: str) -> list[int]:
    """The intended place does not take the person, or they never paid there; or the area asked knows no payment."""
    return take_step(
        connection, house, known(connection, case), "refused", {"reason": sound_reason(reason)}, today, clerk
    )


def approve(connection: Connection, house: House, case: str, today: date, clerk: str) -> list[int]:
    """The origin's final review (终审): by another person than who proposed the case. Raises ``CannotStep``."""
    stand = _reviewed(connection, house, case, clerk)
    if stand.due_id is None or stand.enrolment_id is None:
        raise CannotStep("the payment of this case is not in our book")
    if not connection.execute(_STILL_PAID, {"voucher": stand.voucher, "due": stand.due_id}).scalar_one():
        raise CannotStep(f"tax has reversed voucher {stand.voucher}: nothing is left to refund; reject the case")
    proposed = steps_of(connection, stand)[0].facts
    answer = decide_wrong_area(connection, house, stand.due_id, stand.enrolment_id, stand.peer, proposed)
    if answer["outcome"] != "refund":
        raise CannotStep(f"{answer['notice']} gives nothing back any more: {'; '.join(answer['why'])}")
    return take_step(connection, house, stand, "approved", {}, today, clerk)


def reject(connection: Connection, house: House, case: str, reason: str, today: date, clerk: str) -> list[int]:
    """The origin's final review finds against the refund."""
    stand = _reviewed(connection, house, case, clerk)
    return take_step(connection, house, stand, "rejected", {"reason": sound_reason(reason)}, today, clerk)


def _reviewed(connection: Connection, house: House, case: str, clerk: str) -> Stand:
    stand = known(connection, case)
    if stand.state != "paid" or stand.side != "origin":
        raise CannotStep(f"case {case} is {stand.state}: it does not wait for our final review")
    if steps_of(connection, stand)[0].facts.get("clerk") in clerk_marks(house, clerk):
        raise CannotStep("who proposed a case does not review it: another person has to")
    return stand
