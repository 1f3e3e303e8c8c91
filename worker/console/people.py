"""One person: found by number or whole name, and all that was decided and done for them, masked until shown."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text
from starlette.responses import Response

from worker.audit.log import Event, Origin
from worker.casefile.page import render_page
from worker.casefile.read import NobodyThere, Reading, open_case, steps_of
from worker.casefile.workbook import render_workbook
from worker.console.stopped import plans_of_job
from worker.console.tables.export import TYPES
from worker.console.visit import Visit, Wrong
from worker.jobs.choice import Choice
from worker.jobs.listing import list_jobs
from worker.report.case import READ, CaseFile, case_of
from worker.report.needs import neighbours
from worker.report.people import MOST, find_people

FILES = {"html": "text/html; charset=utf-8", "xlsx": TYPES["xlsx"]}
SEARCHED = "person.searched"
_STUCK = ("parked", "rejected", "unknown")
_FOR_ALL = ("tick.pull_payments", "tick.pull_results")
"""What brings payments and pay-outs to everybody: while it stands still, so does each person."""
_JOBS = 20
_TOWNS = text("SELECT town FROM enrolment WHERE person_id = :person ORDER BY insured_year DESC, id DESC LIMIT 1")


def show_search(visit: Visit) -> Response:
    """The form: what is looked for is sent in a form, never in an address."""
    return visit.show("people", found=None, more=False, problem=None)


def search(visit: Visit) -> Response:
    """Who it is, where only one can be meant; else those of the name to choose from. That it was done is an event."""
    given = visit.given("given")
    if not given:
        return visit.show("people", 422, found=None, more=False, problem=visit.words("say_whom"))
    with visit.house.engine.begin() as connection:
        found = find_people(connection, visit.house.vault, given[:200])
        _record(visit, connection, Event(SEARCHED, None, {"found": len(found), "form": "console"}))
    if len(found) == 1:
        return visit.go(f"/people/{found[0]['id']}")
    problem = None if found else visit.words("found_none")
    return visit.show("people", 200 if found else 404, found=found[:MOST], more=len(found) > MOST, problem=problem)


def show(visit: Visit) -> Response:
    """The person, masked."""
    return _show(visit, None)


def reveal(visit: Visit) -> Response:
    """The same in clear, for a reason that is kept; the page is not: going back or reloading asks again."""
    reason = visit.given("reason")
    if not reason:
        raise Wrong(422, visit.words("say_why"))
    return _show(visit, reason)


def take_file(visit: Visit) -> Response:
    """The whole case file 案卷 as ``levy case`` has it, to keep or print: masked, or in clear for a reason."""
    form, reveal, reason = visit.given("form"), visit.given("reveal") == "yes", visit.given("reason") or None
    if form not in FILES:
        raise Wrong(422, visit.words("nothing_chosen"))
    if reveal and not reason:
        raise Wrong(422, visit.words("say_why"))
    house, number = visit.house, visit.number("person")
    try:
        record = open_case(house, number, Reading(visit.operator.login, form, reveal, reason))
    except NobodyThere:
        raise Wrong(404, visit.words("no_such_person")) from None
    content = render_workbook(record) if form == "xlsx" else render_page(record).encode()
    headers = {"Content-Disposition": f'attachment; filename="case-{number}-{house.clock.today():%Y%m%d}.{form}"'}
    return Response(content, media_type=FILES[form], headers=headers)


def _show(visit: Visit, reason: str | None) -> Response:
    house, number = visit.house, visit.number("person")
    with house.engine.begin() as connection:
        case = case_of(connection, house.vault, number, reveal=reason is not None)
        if case is None:
            raise Wrong(404, visit.words("no_such_person"))
        jobs = list_jobs(connection, Choice(person=number), _JOBS, _STUCK)
        jobs += [job for kind in _FOR_ALL for job in list_jobs(connection, Choice(kind=kind), _JOBS, _STUCK)]
        down = [one for one in neighbours(connection, ()) if one["opened_at"]]
        town = connection.execute(_TOWNS, {"person": number}).scalar()
        facts = {"by": visit.operator.login, "form": "console", "revealed": reason is not None, "reason": reason}
        _record(visit, connection, Event(READ, number, facts))
    return visit.show(
        "person",
        case=case,
        person_id=number,
        town=town,
        down=down,
        steps=_steps(visit, case),
        jobs=[job | {"plans": plans_of_job(visit, job)} for job in jobs],
        revealed=reason is not None,
    )


def _steps(visit: Visit, case: CaseFile) -> list[dict[str, Any]]:
    """Every event, the newest first, with the job that wrote it."""
    section = steps_of(visit.house, case)
    steps = [
        dict(zip(section.columns, row, strict=True))
        | {"job": event.get("job"), "action": event["action"], "facts": event["facts"]}
        for row, event in zip(section.rows, case.events, strict=True)
    ]
    return steps[::-1]


def _record(visit: Visit, connection: Connection, event: Event) -> None:
    house = visit.house
    origin = Origin(f"clerk:{visit.operator.login}", house.settings.area, house.clock.today())
    house.audit.record(connection, origin, [event], house.clock.now())
