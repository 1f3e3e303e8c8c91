"""Clerks of two installations in the cases between them, as the season's plan has it: each acts on its own side only,
through the same functions as the commands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, text

from adapters.simulators.bureau.next_door import enrol_there
from worker.database.arrays import array
from worker.handoff import acts
from worker.handoff.claims import claim, decide
from worker.handoff.propose import Mistake, propose
from worker.handoff.withdraw import withdraw
from worker.house import House

_CLERK, _REVIEWER = "经办员（模拟）", "复核员（模拟）"
_NAMESPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")
_REASONS = {
    "refused": "查无此人参保缴费",
    "rejected": "终审不予退费",
    "withdrawn": "申请人撤回申请",
}
_PAID = text(
    "SELECT n.person_no FROM person n JOIN due d ON d.person_id = n.id AND d.state = 'paid' AND d.payer = 'person'"
    " AND d.lowered = 0 WHERE n.person_no = ANY(CAST(:people AS text[]))"
    " AND (SELECT count(*) FROM payment p WHERE p.due_id = d.id) = 1"  # who paid twice has a refund of that first
)
_STANDS = text(
    "SELECT case_id, state, CASE WHEN draft IS NULL THEN turn END AS turn FROM handoff"
    " WHERE case_id = ANY(CAST(:cases AS text[]))"
)
_CLOSED = frozenset({"completed", "refused", "rejected", "withdrawn", "closed", "declined"})
Act = Callable[[Connection], Any]


@dataclass
class _Case:
    """A case of the plan; ``id`` once it is opened."""

    kind: str
    opened: str
    end: str
    begins: date
    person: str | None
    id: str | None = None
    state: str = "planned"
    listed: bool = False


@dataclass
class Jobs:
    """What was called for on both sides; it counts as something where any act was done."""

    ours: list[int] = field(default_factory=list)
    theirs: list[int] = field(default_factory=list)
    acted: int = 0

    def __bool__(self) -> bool:
        return self.acted > 0


class Between:
    """The cases of a season, and the clerks who move them."""

    def __init__(self, plan: Mapping[str, Any], ours: House, theirs: House, their_drop: Path, seed: int) -> None:
        self._plan, self._drop, self._seed = plan, their_drop, seed
        self._sides = {"here": ours, "there": theirs}
        self._cases = [
            _Case(each["kind"], each["opened"], each["end"], date.fromisoformat(each["begins"]), each.get("person"))
            for each in plan["cases"]
        ]

    def busy(self, day: date) -> bool:
        """Whether a case is to be opened, or is open and will go on."""
        return any(
            case.begins <= day and case.state not in _CLOSED and (case.end, case.state) != ("open", "accepted")
            for case in self._cases
        )

    def open(self, day: date) -> Jobs:
        """Open what has come up and is paid; residents of ours whom the neighbour will take come on a list of its."""
        jobs = Jobs()
        paid = {side: self._paid(side) for side in self._sides}
        for number, case in enumerate(self._cases):
            if case.id is not None or case.begins > day:
                continue
            person = case.person or next((one for one in paid["here"] if not self._taken(one)), None)
            if person is None or (case.kind == "wrong_area" and person not in paid[case.opened]):
                continue
            case.person = person
            self._open(case, number, day, jobs)
        self._enrol(day)
        return jobs

    def _enrol(self, day: date) -> None:
        """Residents of ours who have paid here by mistake, and whom the neighbour will take, come on a list of its."""
        coming = {
            case.person: case
            for case in self._cases
            if case.id and not case.listed and (case.kind, case.opened) == ("wrong_area", "here")
            if case.end not in ("refused", "withdrawn")
        }
        if coming:
            listed = [one for one in self._plan["payers"] if one["person_no"] in coming]
            enrol_there(listed, self._plan, day, self._drop)
        for case in coming.values():
            case.listed = True

    def answer(self, day: date) -> Jobs:
        """What waits for a person, on either side; nothing where nobody has anything to do."""
        jobs = Jobs()
        known = {case.id: case for case in self._cases if case.id is not None and case.state not in _CLOSED}
        for side, house in self._sides.items():
            with house.engine.connect() as connection:
                rows = connection.execute(_STANDS, {"cases": array(list(known))}).all()
            for row in rows:
                case = known[row.case_id]
                case.state = row.state
                if row.turn == house.law.area and (act := self._next(case, side, house, day)):
                    self._do(side, act, jobs)
        return jobs

    def _paid(self, side: str) -> list[str]:
        """Whose premium is paid on a side, of those whom the plan names, in its order."""
        named = [case.person for case in self._cases if case.person and case.kind == "wrong_area"]
        people = [one["person_no"] for one in self._plan["payers"]] if side == "here" else named
        with self._sides[side].engine.connect() as connection:
            paid = set(connection.execute(_PAID, {"people": array(people)}).scalars())
        return [one for one in people if one in paid]

    def _taken(self, person: str) -> bool:
        return any(case.person == person for case in self._cases)

    def _open(self, case: _Case, number: int, day: date, jobs: Jobs) -> None:
        house, other = self._sides[case.opened], self._sides["there" if case.opened == "here" else "here"]
        assert case.person is not None
        name, person, to = uuid5(_NAMESPACE, f"season-{self._seed}-{number}"), case.person, other.law.area

        def act(connection: Connection) -> list[int]:
            if case.kind == "wrong_area":
                return propose(connection, house, Mistake(person, to, False, False, day), name, day, _CLERK)[1]
            return claim(connection, house, person, to, day, name, day, _CLERK)[1]

        state = _state(house, str(name))  # it is there where its commit was not answered
        if state is None and case.end != "withdrawn":
            self._do(case.opened, act, jobs)
        elif state is None:
            with house.engine.begin() as connection:
                act(connection)
        if case.end == "withdrawn" and state != "withdrawn":
            withdraw(house, str(name), _REASONS["withdrawn"], _REVIEWER)
        case.id, case.state = str(name), "withdrawn" if case.end == "withdrawn" else "opening"

    def _next(self, case: _Case, side: str, house: House, day: date) -> Act | None:
        """What a person on this side does now, whose turn it is; None where the work goes on by itself."""
        assert case.id is not None
        name, ours = case.id, case.opened == side
        match case.kind, ours, case.state:
            case ("wrong_area", False, "proposed") | ("assistance_claim", False, "claimed") if case.end == "refused":
                return lambda connection: acts.refuse(connection, house, name, _REASONS["refused"], day, _CLERK)
            case "wrong_area", False, "proposed":
                return lambda connection: acts.accept(connection, house, name, day, _CLERK)
            case "wrong_area", True, "paid" if case.end == "rejected":
                return lambda connection: acts.reject(connection, house, name, _REASONS["rejected"], day, _REVIEWER)
            case "wrong_area", True, "paid":
                return lambda connection: acts.approve(connection, house, name, day, _REVIEWER)
            case "assistance_claim", True, "confirmed":
                return lambda connection: decide(connection, house, name, day, _REVIEWER)
        return None

    def _do(self, side: str, act: Act, jobs: Jobs) -> None:
        with self._sides[side].engine.begin() as connection:
            called_for = act(connection)
        jobs.acted += 1
        (jobs.ours if side == "here" else jobs.theirs).extend(called_for)


def _state(house: House, case: str) -> str | None:
    with house.engine.connect() as connection:
        found = connection.execute(_STANDS, {"cases": array([case])}).one_or_none()
    return None if found is None else str(found.state)
