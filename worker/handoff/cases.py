"""Cases in the database: read and locked, opened, and moved on by one step after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import orjson
from sqlalchemy import Connection, text

from adapters.peer.history import Case, Head, History, Kind, Step
from policies.money import Fen
from worker.handoff.course import COURSES, Side
from worker.privacy import Vault

_COLUMNS = (
    "id, case_id, kind, side, area, peer, insured_year, insurance, amount, voucher, first_paid_on, cert_index,"
    " identity, person_id, enrolment_id, due_id, state, steps, head, turn, next_by, draft, refund, diverged, opened_on"
)
_FIND = text(f"SELECT {_COLUMNS} FROM handoff WHERE case_id = :case")
_PLACE = text("SELECT enrolment_id, due_id FROM handoff WHERE case_id = :case")
_LOCK_ENROLMENT = text("SELECT id FROM enrolment WHERE id = :id FOR NO KEY UPDATE")
_LOCK_DUE = text("SELECT id FROM due WHERE id = :id FOR NO KEY UPDATE")
_OPEN = text(
    "INSERT INTO handoff (case_id, kind, side, area, peer, insured_year, insurance, amount, voucher, first_paid_on,"
    " cert_index, identity, person_id, enrolment_id, due_id, state, steps, head, turn, next_by, opened_on)"
    " VALUES (:case_id, :kind, :side, :area, :peer, :insured_year, :insurance, :amount, :voucher, :first_paid_on,"
    " :cert_index, :identity, :person_id, :enrolment_id, :due_id, 'opening', 0, '', :area, :opened_on, :opened_on)"
    " ON CONFLICT (case_id) DO NOTHING RETURNING id"
)
_STEP = text(
    "INSERT INTO handoff_step (handoff_id, number, what, by, day, next_by, facts, before, hash, key, seal, recorded_at)"
    " VALUES (:handoff, :number, :what, :by, :day, :next_by, CAST(:facts AS jsonb), :before, :hash, :key, :seal, :now)"
)
_MOVE = text(
    "UPDATE handoff SET state = :state, steps = :number, head = :head, turn = :turn, next_by = :next_by,"
    " draft = CASE WHEN CAST(draft->>'number' AS int) > :number THEN draft END, moved_at = :now WHERE id = :id"
)
_STEPS = text(
    "SELECT number, what, by, day::text, next_by::text, facts, before, hash, key, seal FROM handoff_step"
    " WHERE handoff_id = :id ORDER BY number"
)
_DRAFT = text("UPDATE handoff SET draft = CAST(:draft AS jsonb) WHERE id = :id")


class NoSuchCase(Exception):
    """There is no case under this id; `levy handoff list` shows the open ones."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A case as it stands on our side: one row of the table ``handoff``."""

    id: int
    case_id: str
    kind: Kind
    side: Side
    area: str
    peer: str
    insured_year: int
    insurance: str
    amount: Fen | None
    voucher: str | None
    first_paid_on: date | None
    cert_index: bytes
    identity: bytes
    person_id: int | None
    enrolment_id: int | None
    due_id: int | None
    state: str
    steps: int
    head_hash: str
    turn: str | None
    next_by: date | None
    draft: Mapping[str, Any] | None
    refund: Mapping[str, Any] | None
    diverged: bool
    opened_on: date

    @property
    def case(self) -> Case:
        """What the case is, as both sides say it."""
        ours, theirs = self.area, self.peer
        return Case(self.case_id, self.kind, *((ours, theirs) if self.side == "origin" else (theirs, ours)))

    @property
    def head(self) -> Head:
        """How far its history goes here."""
        return Head(self.steps, self.head_hash)

    @property
    def ours(self) -> bool:
        """Whether the next step is ours."""
        return self.turn == self.area


def find(connection: Connection, case: str) -> Stand | None:
    """The case as it stands, not locked."""
    row = connection.execute(_FIND, {"case": case}).one_or_none()
    return None if row is None else Stand(*row)


def locked(connection: Connection, case: str) -> Stand | None:
    """The case, locked after its enrolment and due, in the order in which every flow locks them."""
    place = connection.execute(_PLACE, {"case": case}).one_or_none()
    if place is None:
        return None
    connection.execute(_LOCK_ENROLMENT, {"id": place.enrolment_id})
    connection.execute(_LOCK_DUE, {"id": place.due_id})
    row = connection.execute(text(f"{_FIND.text} FOR UPDATE"), {"case": case}).one()
    return Stand(*row)


def known(connection: Connection, case: str) -> Stand:
    """As ``locked``. Raises ``NoSuchCase``."""
    if (stand := locked(connection, case)) is None:
        raise NoSuchCase(f"there is no case {case}: `levy handoff list` shows the open ones")
    return stand


def open_case(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Write a case that has no step yet; False when it is there already."""
    return connection.execute(_OPEN, dict(values)).one_or_none() is not None


def append(connection: Connection, stand: Stand, step: Step, now: datetime) -> Stand:
    """Add a step that is known to follow; returns the case as it then stands."""
    move = COURSES[stand.kind][step.what]
    area_of = {"origin": stand.case.origin, "intended": stand.case.intended, None: None}
    connection.execute(
        _STEP, step.wire() | {"handoff": stand.id, "facts": orjson.dumps(dict(step.facts)).decode(), "now": now}
    )
    connection.execute(
        _MOVE,
        {
            "id": stand.id,
            "state": step.what,
            "number": step.number,
            "head": step.hash,
            "turn": area_of[move.turn],
            "next_by": step.next_by,
            "now": now,
        },
    )
    return cast(Stand, find(connection, stand.case_id))


def draft(connection: Connection, stand: Stand, step: Step | None) -> None:
    """Note our next step, which counts once the peer holds it; None takes the note away."""
    body = None if step is None else orjson.dumps(step.wire()).decode()
    connection.execute(_DRAFT, {"id": stand.id, "draft": body})


def steps_of(connection: Connection, stand: Stand) -> tuple[Step, ...]:
    """All steps of a case, in order."""
    return tuple(Step(*row) for row in connection.execute(_STEPS, {"id": stand.id}))


def history(connection: Connection, vault: Vault, stand: Stand, more: Sequence[Step] = ()) -> History:
    """The whole history, with whom it is about and, at its end, ``more``."""
    person = orjson.loads(vault.decrypt_bytes([bytes(stand.identity)])[0])
    return History(stand.case, person, (*steps_of(connection, stand), *more))
