"""Cases as people see them: a list with whose turn it is, and one case with both sides' histories compared."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from adapters.ports import Unavailable
from policies.money import yuan
from worker.handoff.cases import NoSuchCase, Stand, find, steps_of
from worker.handoff.parties import UnknownPeer
from worker.house import House
from worker.privacy import mask, mask_name

OPEN_CASES = (
    "SELECT case_id AS case, kind, side, peer, amount AS yuan, state, turn, next_by,"
    " CASE WHEN diverged THEN 'the peer holds other steps' WHEN draft IS NOT NULL THEN 'sending ' || (draft->>'what')"
    "  WHEN refund->>'state' = 'held' THEN CASE kind WHEN 'wrong_area' THEN 'refund held: ' ELSE 'pay-out held: ' END"
    "   || coalesce(refund->>'because', '')"
    "  WHEN next_by < :today THEN 'overdue' END AS remark"
    " FROM handoff WHERE (turn IS NOT NULL OR :closed) AND (NOT :overdue OR next_by < :today)"
    " ORDER BY next_by NULLS LAST, id LIMIT :limit"
)


def case_lines(house: House, case: str) -> Iterator[str]:
    """The case in lines: who, the steps with their facts, whose turn it is, and whether the peer holds the same.

    Raises ``NoSuchCase``.
    """
    with house.engine.connect() as connection:
        stand = find(connection, case)
        if stand is None:
            raise NoSuchCase(f"there is no case {case}: `levy handoff list --all` shows them all")
        steps = steps_of(connection, stand)
    yield f"{stand.kind}, {stand.case.origin} to {stand.case.intended}; we are the {stand.side}"
    yield _person(house, stand)
    for step in steps:
        said = ", ".join(f"{name} {_shown(name, value)}" for name, value in sorted(step.facts.items()))
        yield f"  {step.number} {step.day} {step.by} {step.what}{f': {said}' if said else ''}"
        yield f"    {step.hash}"
    yield f"next: {stand.turn} by {stand.next_by}" if stand.turn else "closed"
    if stand.draft is not None:
        yield f"our step {stand.draft['what']} is on its way"
    yield compared(house, stand)


def _person(house: House, stand: Stand) -> str:
    who = orjson.loads(house.vault.decrypt_bytes([bytes(stand.identity)])[0])
    return f"{mask_name(who['name'])} {mask(who['cert_no'])}"


def compared(house: House, stand: Stand) -> str:
    """What the peer says of its history of the case, as a sentence."""
    try:
        theirs = house.peers.port(stand.peer).heads([stand.case_id])[stand.case_id]
    except (Unavailable, UnknownPeer) as error:
        return f"{stand.peer} cannot be asked now: {error}"
    if theirs == stand.head:
        return f"{stand.peer} holds the same history"
    return f"{stand.peer} holds {theirs.number} steps, the last is {theirs.hash or 'none'}"


def _shown(name: str, value: object) -> str:
    if name == "amount" and isinstance(value, int):
        return f"{yuan(value)} yuan"
    if name == "assisted" and isinstance(value, list):
        return " and ".join(f"{yuan(share['amount'])} yuan from {share['source']}" for share in value)
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
