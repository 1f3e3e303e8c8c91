"""Entering a refund, after a look at what it comes to, and letting a held one go again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from worker.audit.log import Event
from worker.console.acting import clerk, day_of, reason_of, refusals
from worker.console.refunds import show_list
from worker.console.visit import Visit, Wrong
from worker.refunds.enter import NAMED_BY, Asked, NotEntered, enter
from worker.refunds.finding import NotFound
from worker.refunds.listing import one_case
from worker.refunds.reasons import ASKED_FOR
from worker.refunds.release import release

_FIELDS = ("named_by", "given", "line", "reason", "event_on", "applied_on", "benefits_used", "own_fault")
_KNOWN = {"": None, "yes": True, "no": False}


def begin(visit: Visit) -> Response:
    """Enter an application: first what the notice says of it, then, where it still says so, it is entered."""
    house, asked = visit.house, _asked(visit)
    with refusals(NotEntered, NotFound), house.engine.begin() as connection:
        with connection.begin_nested() as looked:
            cases, _ = _enter(visit, connection, asked)
            found = [case[0] for number in cases if (case := one_case(connection, number))]
            looked.rollback()
        sure = " ".join(f"{case['due_id']}:{case['payment_id']}:{case['amount']}:{case['state']}" for case in found)
        if visit.given("sure") != f"[{sure}]":
            changed = visit.words("plan_changed") if visit.given("sure") else None
            kept = {name: visit.given(name) for name in _FIELDS} | {"sure": f"[{sure}]"}
            plan = {"cases": found, "total": sum(case["amount"] or 0 for case in found), "kept": kept}
            return show_list(visit, 409 if changed else 200, plan=plan, changed=changed)
        cases, events = _enter(visit, connection, asked)
        house.audit.record(connection, clerk(visit), events, house.clock.now())
    return visit.go(f"/refunds/{cases[0]}" if len(cases) == 1 else "/refunds")


def let_go(visit: Visit) -> Response:
    """Order what is held of a case once more, for a reason that is kept."""
    house, case, because = visit.house, visit.number("case"), reason_of(visit)
    with house.engine.begin() as connection:
        found = one_case(connection, case)
        if found is None or found[0]["area"] != house.law.area:
            raise Wrong(404, visit.words("no_such_case"))
        released, events = release(connection, [case], visit.operator.login, because)
        if not released:
            raise Wrong(409, visit.words("nothing_held"))
        house.audit.record(connection, clerk(visit), events, house.clock.now())
    return visit.go(f"/refunds/{case}")


def _enter(visit: Visit, connection: Connection, asked: Asked) -> tuple[list[int], list[Event]]:
    return enter(connection, visit.house, asked, visit.house.clock.today(), visit.operator.login)


def _asked(visit: Visit) -> Asked:
    named_by, given, reason = visit.given("named_by"), visit.given("given"), visit.given("reason") or None
    line: Any = visit.given("line") or None
    known = {name: visit.given(name) for name in ("own_fault", "benefits_used")}
    sound = named_by in NAMED_BY and reason in (None, *ASKED_FOR) and all(one in _KNOWN for one in known.values())
    if not sound or (line and not (line.isascii() and line.isdecimal() and len(line) < 6)):
        raise Wrong(422, visit.words("nothing_chosen"))
    if not given:
        raise Wrong(422, visit.words("say_whom"))
    return Asked(
        named_by, given, day_of(visit, "applied_on") or visit.house.clock.today(), int(line) if line else None, reason,
        day_of(visit, "event_on"), **{name: _KNOWN[one] for name, one in known.items()},
    )  # fmt: skip
