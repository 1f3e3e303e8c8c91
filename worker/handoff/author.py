"""Taking our own step in a case: sealed, noted as a draft, and sent. It counts once the peer holds it.

Nothing of ours moves before both sides hold the step. So a side that was put back to an earlier state and takes
another step than before is told so by the peer, and nothing has to be undone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from adapters.peer.history import Step, seal
from adapters.words import WRITTEN
from worker.handoff.cases import Stand, draft
from worker.handoff.course import days_for, fault
from worker.house import House
from worker.jobs.queue import NewJob, enqueue
from worker.privacy import Seal

_IDENTITY = re.compile(WRITTEN)
_LONGEST_REASON = 300


class CannotStep(Exception):
    """The step cannot be taken now; the text says why, and what to do."""


def take_step(
    connection: Connection,
    house: House,
    stand: Stand,
    what: str,
    facts: Mapping[str, Any],
    today: date,
    clerk: str | None = None,
) -> list[int]:
    """Seal the step, note it, and enqueue its delivery; returns the new job's id. ``stand`` is locked.

    ``clerk``: who does it; their mark goes into the step. Raises ``CannotStep``.
    """
    if stand.draft is not None:
        raise CannotStep(
            f"our step {stand.draft['what']} is on its way to {stand.peer}: see `levy jobs --kind handoff`"
        )
    if stand.diverged:
        raise CannotStep(f"{stand.peer} holds other steps than we do: compare `levy handoff show` on both sides first")
    said = dict(facts) | ({"clerk": clerk_mark(house.vault.sealing(connection), clerk)} if clerk else {})
    state = stand.state if stand.steps else None
    if problem := fault(stand.kind, state, what, stand.side, said):
        raise CannotStep(problem)
    days = days_for(stand.kind, what, house.settings.handoff_days)
    next_by = None if days is None else (today + timedelta(days=days)).isoformat()
    key = house.peers.keyring.signer(stand.peer)
    step = seal(stand.case, stand.head, what, stand.area, today.isoformat(), next_by, said, key)
    draft(connection, stand, step)
    return enqueue(connection, [delivery(stand, step, today)])


def delivery(stand: Stand, step: Step, today: date, again: str = "") -> NewJob:
    """The job that offers the history up to this step; ``again`` tells a repetition for a peer that has lost it."""
    key = f"{stand.case_id}-{step.number}-{step.hash[:16]}{again}"
    return NewJob("handoff", key, {"case": stand.case_id, "hash": step.hash}, today, stand.area)


def clerk_mark(seal: Seal, clerk: str) -> str:
    """A keyed mark of a clerk, in place of the name: equal for one person, however they write themselves."""
    return seal.index_one(f"clerk|{clerk.strip().lower()}")[1:].hex()[:16]


def clerk_marks(house: House, clerk: str) -> set[str]:
    """The clerk's mark by every index key that is known: a case may be older than the key in use."""
    data, ring = house.vault.keychain.newest("data"), house.vault.keychain.ring("index")
    return {clerk_mark(Seal(data, key), clerk) for key in ring.values()}


def sound_reason(reason: str) -> str:
    """The reason as it may cross the wire. Raises ``CannotStep`` where it is none, or names somebody's number."""
    said = reason.strip()
    if not said or len(said) > _LONGEST_REASON or not said.isprintable():
        raise CannotStep(f"say why in one line of at most {_LONGEST_REASON} characters")
    if _IDENTITY.search(said):
        raise CannotStep("a reason names no identity numbers: the other side knows whom the case is about")
    return said
