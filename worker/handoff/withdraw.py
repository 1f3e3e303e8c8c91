"""Withdrawing a case that the other side has not got: by another person than who opened it, with a reason.

Once the peer holds the case, its end is the peer's to agree to: it refuses, and both hold that step.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from adapters.peer.history import NOTHING
from adapters.ports import Unavailable
from worker.audit.log import Event, Origin
from worker.handoff.author import CannotStep, clerk_marks, sound_reason
from worker.handoff.cases import Stand, known
from worker.house import House

_JOB = text(
    "SELECT j.id, j.state, EXISTS (SELECT FROM job_attempt a WHERE a.job_id = j.id"
    "  AND a.outcome NOT IN ('later', 'rejected')) AS unclear,"
    " (SELECT max(ended_at) FROM job_attempt a WHERE a.job_id = j.id) > now() - make_interval(secs => :window) AS fresh"
    " FROM job j WHERE j.kind = 'handoff' AND j.payload->>'case' = :case ORDER BY j.id DESC LIMIT 1 FOR UPDATE"
)
_LAY_ASIDE = text("UPDATE job SET state = 'discarded', lease_until = NULL, ended_at = now() WHERE id = :id")
_WITHDRAWN = text(
    "UPDATE handoff SET state = 'withdrawn', turn = NULL, next_by = NULL, draft = NULL, moved_at = now() WHERE id = :id"
)


def withdraw(house: House, case: str, reason: str, clerk: str) -> None:
    """Withdraw the case; nothing of it has moved. Raises ``CannotStep``, ``NoSuchCase``.

    Where a message may have arrived whose reply was lost, the peer is asked first. A late one is refused there by the
    time in its signature, and what a peer holds all the same comes back with the next comparison.
    """
    said = sound_reason(reason)
    with house.engine.begin() as connection:
        stand, job = _undelivered(connection, house, case, clerk)
    if job is not None and job.unclear:
        if job.fresh:
            raise CannotStep(f"a message may still be on its way to {stand.peer}: try again in some minutes")
        _ask(house, stand)
    with house.engine.begin() as connection:
        stand, again = _undelivered(connection, house, case, clerk)
        if again != job:
            raise CannotStep(f"our message was just sent to {stand.peer}: look at `levy handoff show`")
        if job is not None:
            connection.execute(_LAY_ASIDE, {"id": job.id})
        connection.execute(_WITHDRAWN, {"id": stand.id})
        event = Event("handoff.withdrawn", stand.person_id, {"case": case, "reason": said})
        who = Origin(f"clerk:{clerk}", stand.area, house.clock.today())
        house.audit.record(connection, who, [event], house.clock.now())


def _undelivered(connection: Connection, house: House, case: str, clerk: str) -> tuple[Stand, Any]:
    """The case and the job that delivers it, locked."""
    stand = known(connection, case)
    if stand.steps:
        raise CannotStep(
            f"{stand.peer} holds this case: only it can end it now, with `levy handoff refuse` on its side; tell them"
        )
    if stand.state != "opening" or stand.draft is None:
        raise CannotStep(f"case {case} is {stand.state}: there is nothing to withdraw")
    if stand.draft["facts"].get("clerk") in clerk_marks(house, clerk):
        raise CannotStep("who opened a case does not withdraw it: another person has to")
    window = house.settings.peer_door.window_seconds
    job = connection.execute(_JOB, {"case": case, "window": window}).one_or_none()
    if job is not None and job.state == "running":
        raise CannotStep(f"it is being sent to {stand.peer} just now: look again in a minute")
    return stand, job


def _ask(house: House, stand: Stand) -> None:
    try:
        theirs = house.peers.port(stand.peer).heads([stand.case_id])[stand.case_id]
    except Unavailable as error:
        raise CannotStep(f"{stand.peer} may hold this case and cannot be asked now: {error}") from error
    if theirs != NOTHING:
        raise CannotStep(f"{stand.peer} holds this case: its answer comes with the next attempt")
