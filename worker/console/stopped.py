"""Jobs that came to a stop: by cause, one by one, what an action would do, and what waits for another person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from worker.console.job_tables import BY_CAUSE, LOOKED_AT, ONE_BY_ONE, REQUESTED, TRIED
from worker.console.tables.answer import Sheet, beside
from worker.console.tables.answer import show as show_table
from worker.console.visit import Visit, Wrong
from worker.database.work import JOB_STATES
from worker.jobs import requests
from worker.jobs.choice import STOPPED, Choice, left_alone
from worker.jobs.intervene import Action, Carried, Desk, plan_for
from worker.jobs.listing import one_job
from worker.jobs.touched import touched
from worker.nudging import client, tell
from worker.report.acknowledged import acknowledged
from worker.second_person import same_person
from worker.servers import open_servers

_STATES = (*STOPPED, "unknown")
_PAGE = 50
_TEXTS = ("kind", "state", "cause", "area", "batch")
_SPANS = ("older", "younger")
_HOUR = 3600.0
_AGAIN_SECONDS = 3
_UNDER_WAY = ("ready", "running", "unknown")


def show(visit: Visit) -> Response:
    """What came to a stop, or waits to be asked about, counted by cause."""
    states = None if visit.asked("state") else list(_STATES)
    return show_table(
        visit, BY_CAUSE, "failures", _described_by(visit, states), plans_of=lambda row: _plans(visit, row)
    )


def show_jobs(visit: Visit) -> Response:
    """The jobs described, one by one, and what can be done with all of them at once."""
    choice = _choice(visit)
    narrowed = any(visit.asked(one.key) for one in LOOKED_AT)
    acts = not choice.empty and not narrowed and choice.state in (None, *STOPPED)
    may = visit.operator.may("jobs.intervene") and acts
    plans = {action: _plan_link(action, choice) for action in get_args(Action)} if may else {}
    states = list(JOB_STATES) if visit.asked("newest") else None
    return show_table(visit, ONE_BY_ONE, "jobs", _described_by(visit, states), plans=plans)


def show_job(visit: Visit) -> Response:
    """One job: each attempt, its message, and what people did with it."""
    with visit.house.engine.connect() as connection:
        found = one_job(connection, visit.number("job"))
    if found is None:
        raise Wrong(404, visit.words("no_such_job"))
    job, parts = found
    return visit.show(
        "job",
        job=job,
        outcome=job["outcome"] or {},
        plans=plans_of_job(visit, job),
        parts=parts,
        attempts=attempts_at(visit, job["id"]),
        again=_AGAIN_SECONDS if job["state"] in _UNDER_WAY else None,
    )


def attempts_at(visit: Visit, job: int) -> Sheet:
    """The attempts at a job, to stand on its page or on that of its batch."""
    return beside(visit, TRIED, f"/jobs/{job}/attempts", {"id": job})


def show_attempts(visit: Visit) -> Response:
    """Each attempt at one job, as a table of its own."""
    job = visit.number("job")
    return show_table(visit, TRIED, "sums", {"id": job}, up=f"/jobs/{job}", above=f"{visit.words('job')} {job}")


def plans_of_job(visit: Visit, job: Mapping[str, Any]) -> dict[str, str]:
    """What this person may do with one job, where it came to a stop, and where that is looked at first.

    One whose message has no answer is asked about; any other is replayed.
    """
    if job["state"] not in STOPPED or not visit.operator.may("jobs.intervene"):
        return {}
    actions = [one for one in get_args(Action) if one != ("replay" if job["asks_first"] else "ask")]
    return {action: _plan_link(action, Choice(ids=[job["id"]])) for action in actions}


def plans_of_stopped(visit: Visit, jobs: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Replaying again what of these few jobs has come to a stop once more: asked about, and never seen there."""
    stopped = any(row["state"] in STOPPED for row in rows)
    if not stopped or len(jobs) > _PAGE or not visit.operator.may("jobs.intervene"):
        return {}
    return {"replay": _plan_link("replay", Choice(ids=list(jobs)))}


def show_plan(visit: Visit) -> Response:
    """What an action would do, before it is asked for."""
    return _show_plan(visit, _action(visit, visit.asked("action")), _choice(visit))


def act(visit: Visit) -> Response:
    """Do, or ask another person to confirm, just what was shown; where it has changed, it is shown again."""
    action, choice, reason = _action(visit, visit.given("action")), _choice(visit, form=True), visit.given("reason")
    per_minute = _whole(visit, visit.given("per_minute") or None, 1)
    if choice.empty:
        raise Wrong(422, visit.words("nothing_chosen"))
    if not reason:
        return _show_plan(visit, action, choice, 422, "say_why")
    settings = visit.house.settings
    with visit.house.engine.begin() as connection:
        plan = plan_for(connection, choice, action)
        if plan.jobs and str(len(plan.jobs)) == visit.given("count"):
            desk, alone = desk_of(visit), settings.replay_alone
            number, carried = desk.request(connection, plan, reason, alone, per_minute if action == "replay" else None)
        else:
            number, carried = 0, None
    if not number:
        return _show_plan(visit, action, choice, 409, "has_changed")
    _tell(visit, action, carried)
    return visit.go(f"/requests/{number}")


def show_requests(visit: Visit) -> Response:
    """What waits for a second person, or was answered."""
    return show_table(visit, REQUESTED, "list")


def show_request(visit: Visit) -> Response:
    """One request and how its jobs stand now; for another person, the forms to answer it."""
    number = visit.number("number")
    with visit.house.engine.connect() as connection:
        asked = requests.one_request(connection, number)
        rows = requests.progress(connection, number)
        waits = asked is not None and asked.state == "requested"
        jobs = requests.jobs_of(connection, number)
        about = touched(connection, jobs) if waits else None
        outcomes = acknowledged(connection, jobs) if len(jobs) <= _PAGE else []
    if asked is None:
        raise Wrong(404, visit.words("no_such_request"))
    under_way = any(row["state"] in _UNDER_WAY for row in rows)
    return visit.show(
        "request",
        asked=asked,
        rows=rows,
        jobs=jobs,
        plans={} if under_way else plans_of_stopped(visit, jobs, rows),
        about=about,
        outcomes=outcomes,
        under_way=under_way,
        over=sum(row["jobs"] for row in rows if row["state"] not in _UNDER_WAY),
        again=_AGAIN_SECONDS if under_way and asked.state == "carried_out" else None,
        own=same_person(asked.requested_by, visit.operator.login),
    )


def confirm(visit: Visit) -> Response:
    """Carry out what another person has asked for."""
    number = visit.number("number")
    with visit.house.engine.begin() as connection:
        carried = desk_of(visit).confirm(connection, number)
        asked: Any = requests.one_request(connection, number)
    _tell(visit, asked.action, carried)
    return visit.go(f"/requests/{number}")


def decline(visit: Visit) -> Response:
    """Turn a request down, or take one's own back."""
    number, reason = visit.number("number"), visit.given("reason")
    if not reason:
        raise Wrong(422, visit.words("say_why"))
    with visit.house.engine.begin() as connection:
        desk_of(visit).decline(connection, number, reason)
    return visit.go(f"/requests/{number}")


def _show_plan(visit: Visit, action: Action, choice: Choice, status: int = 200, notice: str | None = None) -> Response:
    if choice.empty:
        raise Wrong(422, visit.words("nothing_chosen"))
    with visit.house.engine.begin() as connection:
        plan = plan_for(connection, choice, action)
        about = touched(connection, [row.id for row in plan.jobs])
        others = left_alone(connection, choice, [*plan.jobs, *plan.unknown, *plan.silent])
    return visit.show(
        "plan",
        status,
        action=action,
        plan=plan,
        counts=Counter((row.kind, row.cause) for row in plan.jobs).most_common(),
        second=plan.needs_second(visit.house.settings.replay_alone),
        alone=visit.house.settings.replay_alone,
        others=others,
        about=about,
        chosen=_described(choice),
        notice=notice,
        ask_first=_plan_link("ask", Choice(ids=[row.id for row in plan.unknown[:_PAGE]])) if plan.unknown else None,
        reason=visit.given("reason"),
        per_minute=visit.given("per_minute"),
    )


def desk_of(visit: Visit) -> Desk:
    """Where interventions of this person are taken down."""
    return Desk(visit.house.audit, visit.place.entrance.clock, visit.operator.login, "console")


def _tell(visit: Visit, action: Action, carried: Carried | None) -> None:
    """Tell the workers at once; where the broker is away, the sweeper does it later."""
    if carried is not None and action != "discard":
        tell_workers(visit, carried.due)


def tell_workers(visit: Visit, jobs: Sequence[int]) -> None:
    """Nudge the workers about jobs that are due."""
    tell(client(open_servers(visit.house.settings).urls().broker), jobs)


def _action(visit: Visit, given: str | None) -> Action:
    for action in get_args(Action):
        if given == action:
            return action  # type: ignore[no-any-return]
    raise Wrong(422, visit.words("nothing_chosen"))


def _choice(visit: Visit, form: bool = False) -> Choice:
    """The jobs described by the address or by the form; spans are in hours."""

    def read(name: str) -> str | None:
        return (visit.given(name) or None) if form else visit.asked(name)

    spans = {name: None if (n := _whole(visit, read(name), 1)) is None else n * _HOUR for name in _SPANS}
    ids = [_whole(visit, part, 1) or 0 for part in (read("ids") or "").replace(",", " ").split()[:1000]]
    return Choice(ids=ids or None, **{name: read(name) for name in _TEXTS}, **spans)  # type: ignore[arg-type]


def _whole(visit: Visit, given: str | None, least: int) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and least <= int(given[:19]) < 2**31):
        raise Wrong(422, visit.words("no_number", given=given[:20]))
    return int(given)


def _described(choice: Choice) -> dict[str, str]:
    """The choice as fields of a form or of an address."""
    fields = {name: getattr(choice, name) for name in _TEXTS}
    fields |= {name: int(span / _HOUR) for name in _SPANS if (span := getattr(choice, name)) is not None}
    fields["ids"] = " ".join(map(str, choice.ids or ())) or None
    return {name: str(value) for name, value in fields.items() if value is not None}


def _address(choice: Choice, **more: Any) -> str:
    return urlencode(_described(choice) | more)


def _described_by(visit: Visit, states: list[str] | None) -> Callable[[Connection], dict[str, Any]]:
    """What reads the parameters of a table of jobs."""
    return lambda connection: _choice(visit).values(connection) | {"states": states}


def _plans(visit: Visit, group: dict[str, Any]) -> dict[str, str]:
    if group["state"] not in STOPPED or not visit.operator.may("jobs.intervene"):
        return {}
    return {action: _plan_link(action, _of(group)) for action in get_args(Action)}


def _of(group: dict[str, Any]) -> Choice:
    return Choice(kind=group["kind"], state=group["state"], cause=group["cause"])


def _plan_link(action: Action, choice: Choice) -> str:
    return f"/failures/plan?{_address(choice, action=action)}"
