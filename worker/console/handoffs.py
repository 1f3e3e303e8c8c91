"""A case between two areas: a timeline of both sides, and the steps that people take here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson
from starlette.responses import Response

from config.areas import load_areas
from worker.console.acting import nudge, reason_of, refusals
from worker.console.visit import Visit, Wrong
from worker.handoff import acts, claims
from worker.handoff.author import CannotStep
from worker.handoff.cases import NoSuchCase, Stand, find, steps_of
from worker.handoff.course import COURSES
from worker.handoff.listing import compared
from worker.handoff.withdraw import withdraw
from worker.privacy import mask, mask_name

_STEP, _REVIEW = "handoff.step", "handoff.review"
_ACTS: Mapping[str, tuple[str, str]] = {
    "accept": ("accepted", _STEP),
    "refuse": ("refused", _STEP),
    "approve": ("approved", _REVIEW),
    "reject": ("rejected", _REVIEW),
    "decide": ("granted", _REVIEW),
}
"""What a person can do: the step that it takes, and the act that it is."""
_REASONED = ("refuse", "reject", "withdraw")


def show_case(visit: Visit) -> Response:
    """One case in two lanes; with ``ask`` the other side is asked whether it holds the same steps."""
    house, case = visit.house, _case(visit)
    with house.engine.connect() as connection:
        stand = find(connection, case)
        if stand is None:
            raise Wrong(404, visit.words("no_such_handoff"))
        steps = steps_of(connection, stand)
    today, names = house.clock.today(), load_areas()
    who = orjson.loads(house.vault.decrypt_bytes([bytes(stand.identity)])[0])
    return visit.show(
        "handoff",
        stand=stand,
        steps=steps,
        since=steps[-1].day if steps else stand.opened_on.isoformat(),
        person=f"{mask_name(who['name'])} {mask(who['cert_no'])}",
        areas={code: names[code].name if code in names else "" for code in (stand.area, stand.peer)},
        late=(today - stand.next_by).days if stand.next_by and stand.next_by < today else 0,
        acts=_possible(visit, stand),
        reasoned=_REASONED,
        held=(stand.refund or {}).get("because") if (stand.refund or {}).get("state") == "held" else None,
        answer=compared(house, stand) if visit.asked("ask") else None,
    )


def _possible(visit: Visit, stand: Stand) -> list[str]:
    """What this person may do now: the course of the case says which steps our side may take next."""
    if not stand.steps:
        undelivered = stand.state == "opening" and stand.draft is not None
        return ["withdraw"] if undelivered and visit.operator.may(_REVIEW) else []
    if stand.draft is not None or stand.diverged or stand.turn != stand.area:
        return []
    course = COURSES[stand.kind]
    return [
        name
        for name, (what, act) in _ACTS.items()
        if what in course
        and course[what].by == stand.side
        and stand.state in course[what].after
        and visit.operator.may(act)
    ]


def accept(visit: Visit) -> Response:
    """The intended place takes the person."""
    return _step(visit, acts.accept)


def refuse(visit: Visit) -> Response:
    """The intended place does not take them, or knows no payment."""
    reason = reason_of(visit)
    return _step(visit, lambda link, house, case, today, who: acts.refuse(link, house, case, reason, today, who))


def approve(visit: Visit) -> Response:
    """The origin's final review finds for the refund."""
    return _step(visit, acts.approve)


def reject(visit: Visit) -> Response:
    """It finds against it."""
    reason = reason_of(visit)
    return _step(visit, lambda link, house, case, today, who: acts.reject(link, house, case, reason, today, who))


def decide(visit: Visit) -> Response:
    """Grant or decline a claim, as our notice says."""
    return _step(visit, claims.decide)


def take_back(visit: Visit) -> Response:
    """Withdraw a case that the other side has not got."""
    reason = reason_of(visit)
    with refusals(CannotStep, NoSuchCase):
        withdraw(visit.house, _case(visit), reason, visit.operator.login)
    return visit.go(f"/handoffs/{_case(visit)}")


def _step(visit: Visit, act: Callable[..., list[int]]) -> Response:
    house, case = visit.house, _case(visit)
    with refusals(CannotStep, NoSuchCase), house.engine.begin() as connection:
        jobs = act(connection, house, case, house.clock.today(), visit.operator.login)
    nudge(visit, jobs)
    return visit.go(f"/handoffs/{case}")


def _case(visit: Visit) -> str:
    return str(visit.request.path_params["case_id"])
