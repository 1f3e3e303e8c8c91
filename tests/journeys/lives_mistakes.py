"""Premiums of random lives that are paid in the wrong area, and the clerks of both sides who bring them to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from tests.journeys.lives_next_door import NextDoor
from tests.worker.handoff.two_houses import SHIQUAN, House
from worker.handoff import acts

End = Literal["completed", "refused", "unpaid", "rejected", "left"]
ENDS: tuple[End, ...] = ("completed", "completed", "refused", "unpaid", "rejected", "left")
"""How a case ends if the clerks have their way: ``unpaid`` is refused once accepted, ``left`` waits at some step."""
_ROUNDS = 9
"""How often days may pass before a case is left to itself."""
_CASE = "SELECT case_id, state, turn FROM handoff WHERE kind = 'wrong_area' AND side = 'origin' AND person_id = ({})"
_PERSON = "SELECT id FROM person WHERE person_no LIKE '_{:015d}'"


def led(there: NextDoor, person: int, end: End) -> Iterator[str]:
    """Lead the person's payment in the wrong area towards ``end``; its state, each time days are to pass.

    Of the areas in which lives are lived only Shiquan gives such a payment back: it is paid there, whichever side of
    the two that is, and meant for the other one.
    """
    side = 0 if there.pair.origin.area == SHIQUAN else 1
    origin, intended = there.pair.both if side == 0 else there.pair.both[::-1]
    if side == 1:
        there.enrol(person)  # over there they pay by mistake
    for _ in range(2):
        if (case := _open_case(origin, person) or there.open("wrong_area", side, person)) is not None:
            break
        yield "not paid"
    else:
        return
    there.enrol(person)
    for _ in range(_ROUNDS):
        yield (state := _state(origin, case))
        if state == end or (state, end) in _STAYS:
            return
        for house, act in _acts(state, end, origin, intended, case):
            if there.attempt(house, act, "zhou"):
                break


_STAYS = {("refused", "unpaid"), ("accepted", "left")} | {
    (closed, end) for closed in ("completed", "refused", "rejected") for end in ENDS
}
Act = Callable[..., Any]


def _acts(state: str, end: End, origin: House, intended: House, case: str) -> list[tuple[House, Act]]:
    """What a person may do at this step, in the order to try it; nothing where something else has to happen first."""
    accept = intended, lambda c, h, d, k: acts.accept(c, h, case, d, k)
    refuse = intended, lambda c, h, d, k: acts.refuse(c, h, case, "查无此人", d, k)
    approve = origin, lambda c, h, d, k: acts.approve(c, h, case, d, k)
    reject = origin, lambda c, h, d, k: acts.reject(c, h, case, "不予退费", d, k)
    match state, end:
        case "proposed", "refused":
            return [refuse]
        case "proposed", _:
            return [accept, refuse]
        case "accepted", "unpaid":
            return [refuse]
        case "paid", "rejected":
            return [reject]
        case "paid", _:
            return [approve, reject]
    return []


def _open_case(origin: House, person: int) -> str | None:
    rows = origin.desk.rows(_CASE.format(_PERSON.format(person)) + " AND turn IS NOT NULL")
    return str(rows[0][0]) if rows else None


def _state(origin: House, case: str) -> str:
    return str(origin.desk.one(f"SELECT state FROM handoff WHERE case_id = '{case}'"))
