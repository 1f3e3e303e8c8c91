"""Handoff: say to the other area what has happened here, take what it says, and compare histories now and then."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from adapters.peer.history import NOTHING, History, Step
from adapters.peer.port import Ahead, Taken
from worker.audit.log import Event
from worker.exchange import answered, exchange
from worker.handoff.author import delivery, take_step
from worker.handoff.cases import Stand, find, history, known, steps_of
from worker.handoff.own_turn import cases_to_move, next_step
from worker.handoff.take import Impossible, record_steps, take
from worker.house import House
from worker.jobs.outcome import Done, Outcome, Parked
from worker.jobs.queue import NewJob
from worker.jobs.work import Work

_COMPARED_DAYS = 30
_LARGEST = 1000
_TO_COMPARE = text(
    "SELECT peer, case_id FROM handoff WHERE (turn IS NOT NULL OR moved_at > now() - make_interval(days => :days))"
    " AND state <> 'opening' AND NOT EXISTS (SELECT FROM job WHERE kind = 'handoff_compare'"
    "  AND state IN ('ready', 'running', 'unknown') AND payload->>'peer' = handoff.peer) ORDER BY peer, id"
)


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: take those of our steps that need no person, and compare with each peer what both hold.

    Cases between areas are few, and each is moved in a transaction of its own.
    """
    today, moved = work.job.business_date, 0
    if not house.peers.ports:
        return Done({"peers": 0})
    with work.begin() as connection:
        ours = cases_to_move(connection, house.law.area)
    for case in ours:
        with work.step() as connection:
            moved += _move(connection, work, house, case, today)
    with work.completing(Done({"moved": moved})) as connection:
        by_peer: dict[str, list[str]] = defaultdict(list)
        for row in connection.execute(_TO_COMPARE, {"days": _COMPARED_DAYS}):
            by_peer[row.peer].append(row.case_id)
        work.enqueue(connection, [job for peer, cases in by_peer.items() for job in _compare(work, peer, cases)])
    return None


def _compare(work: Work, peer: str, cases: list[str]) -> list[NewJob]:
    job = work.job
    return [
        NewJob(
            "handoff_compare", f"{peer}-{job.id}-{at}", {"peer": peer, "cases": cases[at : at + _LARGEST]},
            job.business_date, job.area,
        )
        for at in range(0, len(cases), _LARGEST)
    ]  # fmt: skip


def _move(connection: Connection, work: Work, house: House, case: str, today: date) -> int:
    stand = known(connection, case)
    said = next_step(connection, house, stand, today) if stand.ours and stand.draft is None else None
    if said is None:
        return 0
    work.enqueued.extend(take_step(connection, house, stand, *said, today))
    return 1


def deliver(work: Work, house: House) -> Outcome | None:
    """Offer a history with our next step at its end; the step counts once the peer holds it."""
    with work.begin() as connection:
        stand = find(connection, work.job.payload["case"])
    if stand is None:
        return Parked("the case is not there")
    port = house.peers.port(stand.peer)
    reply = exchange(
        work,
        house.vault,
        f"peer {stand.peer}",
        lambda connection: _compose(connection, house, work),
        port.ask_offer,
        port.offer,
    )
    today = work.job.business_date
    try:
        with work.completing() as connection:
            match reply:
                case Taken():
                    _taken(connection, work, house, today)
                case Ahead():
                    take(connection, house, stand.peer, reply.history, today, work.origin())
            if reply is not None:
                answered(connection, work)
    except Impossible as error:
        return Parked(f"what {stand.peer} holds cannot be: {error}")
    return None


def _compose(connection: Connection, house: House, work: Work) -> bytes | None:
    """The history up to the step of the payload: our draft, or a step that the peer has lost."""
    stand = known(connection, work.job.payload["case"])
    wanted, pending = work.job.payload["hash"], _pending(stand)
    more = (pending,) if pending is not None and pending.hash == wanted else ()
    if not more and wanted not in {step.hash for step in steps_of(connection, stand)}:
        return None  # overtaken by what the peer took meanwhile
    return house.peers.port(stand.peer).encode_offer(history(connection, house.vault, stand, more))


def _taken(connection: Connection, work: Work, house: House, today: date) -> None:
    stand = known(connection, work.job.payload["case"])
    pending = _pending(stand)
    if pending is not None and pending.hash == work.job.payload["hash"]:
        record_steps(connection, house, stand, [pending], today, work.origin())


def _pending(stand: Stand) -> Step | None:
    return None if stand.draft is None else Step(**stand.draft)


def compare(work: Work, house: House) -> Outcome | None:
    """Ask a peer how far its histories go: what it lacks is offered again, what we lack is taken."""
    peer, cases = work.job.payload["peer"], work.job.payload["cases"]
    port, today = house.peers.port(peer), work.job.business_date
    theirs = port.heads(cases)
    with work.begin() as connection:
        ours = {case: stand for case in cases if (stand := find(connection, case)) is not None}
    other = {case: stand for case, stand in ours.items() if stand.head != theirs[case]}
    longer = [case for case, stand in other.items() if theirs[case].number >= stand.head.number]
    told = {case: held for case in longer if (held := port.case(case)) is not None}
    refused = [sentence for case, held in told.items() if (sentence := _catch_up(work, house, peer, held, today))]
    with work.completing(Done({"cases": len(cases), "differed": len(other), "refused": refused})) as connection:
        behind = [stand for case, stand in other.items() if theirs[case].number < stand.head.number]
        for stand in behind:
            last = steps_of(connection, stand)[-1]
            work.enqueue(connection, [delivery(stand, last, today, f"-{work.job.id}")])
        events = [_told_of(stand, theirs[stand.case_id]) for stand in behind]
        house.audit.record(connection, work.origin(), events, house.clock.now())
    return None


def _catch_up(work: Work, house: House, peer: str, held: History, today: date) -> str | None:
    try:
        with work.step() as connection:
            take(connection, house, peer, held, today, work.origin())
    except Impossible as error:
        return f"{held.case.id}: {error}"
    return None


def _told_of(stand: Stand, head: Any) -> Event:
    facts = {"case": stand.case_id, "peer": stand.peer, "peer_holds": head.number, "we_hold": stand.head.number}
    return Event("handoff.peer_lost" if head == NOTHING else "handoff.peer_behind", stand.person_id, facts)
