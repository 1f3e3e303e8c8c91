"""Breaks: the list, one with what both books say and every step, and what people do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.responses import Response

from worker.console.acting import clerk, reason_of, refusals
from worker.console.break_tables import ALL
from worker.console.tables.answer import show as show_table
from worker.console.visit import Visit, Wrong
from worker.dues.allocation import NotAllocated
from worker.reconciliation.handling import Desk, NotDone, allocate_break, close, explain, own, would_allocate
from worker.report.breaks import story


def show(visit: Visit) -> Response:
    """The open ones unless others are asked for."""
    return show_table(visit, ALL, "breaks", {"area": visit.house.law.area})


def show_one(visit: Visit) -> Response:
    """One break with what can be done about it."""
    return _show_one(visit)


def _show_one(visit: Visit, status: int = 200, **more: Any) -> Response:
    with visit.house.engine.connect() as connection:
        told = story(connection, visit.number("number"))
    if told is None or told.found["area"] != visit.house.law.area:
        raise Wrong(404, visit.words("no_such_break"))
    found = told.found
    acts = visit.operator.may("breaks.own")
    nobodys = acts and found["side"] == "tax" and found["state"] == "open" and told.booked is not None
    return visit.show("break", status, told=told, found=found, acts=acts, nobodys=nobodys, **{"plan": None, **more})


def take(visit: Visit) -> Response:
    """Look after it oneself."""
    with _desk(visit) as desk:
        own(desk, [visit.number("number")], visit.operator.login)
    return _back(visit)


def keep_words(visit: Visit) -> Response:
    """Keep an explanation with it."""
    words = reason_of(visit)
    with _desk(visit) as desk:
        explain(desk, [visit.number("number")], words)
    return _back(visit)


def close_one(visit: Visit) -> Response:
    """Close it for a reason."""
    reason = reason_of(visit)
    with _desk(visit) as desk:
        close(desk, [visit.number("number")], reason)
    return _back(visit)


def give(visit: Visit) -> Response:
    """Give its money to a due: first what that would do, then, where it is still just that, it is done."""
    number, reference, reason = visit.number("number"), visit.given("reference"), reason_of(visit)
    other = bool(visit.given("other_person"))
    with _desk(visit) as desk:
        accounts = visit.house.accounts
        with desk.connection.begin_nested() as looked:
            would = would_allocate(desk, accounts, number, reference, other)
            looked.rollback()
        sure = f"{would.amount}-{would.left}"
        if visit.given("sure") == sure:
            allocate_break(desk, accounts, number, reference, reason, other)
            return _back(visit)
    plan = {"would": would, "reference": reference, "reason": reason, "other": other, "sure": sure}
    changed = visit.words("plan_changed") if visit.given("sure") else None
    return _show_one(visit, 409 if changed else 200, plan=plan, changed=changed)


@contextmanager
def _desk(visit: Visit) -> Iterator[Desk]:
    house = visit.house
    house.accounts(house.law.area)  # opened before the transaction: they are written in one of their own
    with refusals(NotDone, NotAllocated), house.engine.begin() as connection:
        yield Desk(connection, house.audit, clerk(visit), house.clock.now())


def _back(visit: Visit) -> Response:
    return visit.go(f"/breaks/{visit.number('number')}")
