"""Taking over what the other side holds and we lack: its new step, or all that a restore took from us.

The histories of both sides are compared from the first step. Whoever's is longer is right, as long as every step is
sealed by its author and follows by the course of such a case; ours are proven by our own seal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection, text

from adapters.peer.history import History, Step, flaw
from worker.audit.log import Event, Origin
from worker.handoff.cases import Stand, append, locked, steps_of
from worker.handoff.course import COURSES, Side, fault
from worker.handoff.effects import follow
from worker.handoff.opening import open_from
from worker.house import House

_DIVERGED = text("UPDATE handoff SET diverged = true WHERE id = :id AND NOT diverged RETURNING id")


class Impossible(Exception):
    """A history that cannot be true, or is none of ours: ``code`` says in what, and nothing was taken of it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a history that was offered, and the case as it stands here."""

    outcome: Literal["taken", "behind", "diverged"]
    stand: Stand


def take(connection: Connection, house: House, peer: str, offered: History, today: date, who: Origin) -> Result:
    """Append the steps that we lack, with what they do on our side; returns how the two histories compare.

    ``behind``: the peer's is shorter than ours, or its last step came too late. Raises ``Impossible``, ``NotYet``.
    """
    ours = house.law.area
    if {offered.case.origin, offered.case.intended} != {ours, peer} or offered.case.origin == offered.case.intended:
        raise Impossible("not_ours", f"the case is not one between {peer} and {ours}")
    stand = locked(connection, offered.case.id)
    mine: tuple[Step, ...] = ()
    if stand is not None:
        if stand.case != offered.case:
            raise Impossible("other_case", "the case is of another kind, or between others")
        mine = steps_of(connection, stand)
    same = _common(mine, offered.steps)
    if same == len(mine):
        missing = offered.steps[same:]
        _judge(house, offered, missing, stand)
        if stand is None and (stand := open_from(connection, house, offered, today)).steps:
            return take(connection, house, peer, offered, today, who)  # told of it twice at once: the other was first
        return Result("taken", record_steps(connection, house, stand, missing, today, who))
    assert stand is not None
    if same >= len(offered.steps) - 1:
        return Result("behind", stand)
    if connection.execute(_DIVERGED, {"id": stand.id}).one_or_none() is not None:
        told = Event("handoff.diverged", stand.person_id, {"case": stand.case_id, "agreed": same, "peer": peer})
        house.audit.record(connection, who, [told], house.clock.now())
    return Result("diverged", stand)


def _common(mine: Sequence[Step], theirs: Sequence[Step]) -> int:
    pairs = enumerate(zip(mine, theirs, strict=False))
    return next((at for at, (one, other) in pairs if one.hash != other.hash), min(len(mine), len(theirs)))


def _judge(house: House, offered: History, missing: Sequence[Step], stand: Stand | None) -> None:
    """Raises ``Impossible`` for the first step that was not sealed by its author, or cannot follow."""
    proves = house.peers.keyring.proves
    wrong = flaw(offered.case, missing, proves) if stand is None else flaw(offered.case, missing, proves, stand.head)
    if wrong is not None:
        raise Impossible("not_proven", wrong)
    state = None if stand is None or not stand.steps else stand.state
    for step in missing:
        by: Side = "origin" if step.by == offered.case.origin else "intended"
        sentence = fault(offered.case.kind, state, step.what, by, step.facts)
        if sentence is None and (COURSES[offered.case.kind][step.what].turn is None) != (step.next_by is None):
            sentence = f"{step.what} does not say until when the next step is to be taken"
        if sentence is not None:
            raise Impossible("cannot_follow", sentence)
        state = step.what
    amount = offered.steps[0].facts.get("amount")
    if any(step.what == "refunded" and step.facts["amount"] != amount for step in missing):
        raise Impossible("other_amount", "what was refunded is not what was paid")


def record_steps(
    connection: Connection, house: House, stand: Stand, steps: Sequence[Step], today: date, who: Origin
) -> Stand:
    """Append steps that are known to be right, with what they do here, as the last part of a transaction."""
    events: list[Event] = []
    overtaken = stand.draft if stand.draft and stand.draft["hash"] not in {step.hash for step in steps} else None
    for step in steps:
        before, stand = stand, append(connection, stand, step, house.clock.now())
        events += follow(connection, house, before, stand, step, today)
    if overtaken and steps and stand.draft is None:
        facts = {"case": stand.case_id, "what": overtaken["what"], "by": stand.state}
        events.append(Event("handoff.overtaken", stand.person_id, facts))
    house.audit.record(connection, who, events, house.clock.now())
    return stand
