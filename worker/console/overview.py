"""The overview: how far the season is, where the money is, who does not answer, and what needs a person today."""

from __future__ import annotations

from starlette.responses import Response

from worker.console.visit import Visit
from worker.operators.rights import RIGHTS
from worker.report.breaks import ages
from worker.report.needs import needs, neighbours, waiting_longest
from worker.report.standing import swept_ago

_PLACES = {
    "jobs_parked": ("/jobs?state=parked", "jobs.see"),
    "jobs_rejected": ("/jobs?state=rejected", "jobs.see"),
    "requests_open": ("/requests", "jobs.see"),
    "refunds_decided": ("/refunds?state=decided", "refund.see"),
    "refunds_held": ("/refunds?state=held", "refund.see"),
}
_SILENT_SECONDS = 120


def show(visit: Visit) -> Response:
    """Figures of everybody as they were a moment ago, the rest as it is now."""
    house = visit.house
    names = ["tax", "treasury", *(f"peer {area}" for area in sorted(house.settings.peers))]
    with house.engine.connect() as connection:
        wanted = needs(connection, house.law.area)
        near, oldest = neighbours(connection, names), waiting_longest(connection)
        breaks, swept = ages(connection), swept_ago(connection)
    season = visit.place.figures.now()
    towns = [town for town in season.towns if town.planned or town.enrolled]
    return visit.show(
        "overview",
        season=season,
        towns=towns,
        whole={name: sum(getattr(town, name) for town in towns) for name in ("planned", "enrolled", "paid", "unpaid")},
        needs=[(name, count, *_place(visit, name)) for name, count in wanted.items() if count],
        neighbours=near,
        oldest=oldest,
        breaks=breaks,
        swept=swept,
        silent=swept is None or swept > _SILENT_SECONDS,
    )


def _place(visit: Visit, name: str) -> tuple[str | None, bool]:
    """Where one looks at it, if this person may, and whether it is theirs to do."""
    path, act = _PLACES.get(name, (None, None))
    mine = {"requests_open": "jobs.intervene", "jobs_parked": "jobs.intervene", "refunds_decided": "refund.review"}
    may_look = act is not None and act in RIGHTS and visit.operator.may(act)
    return (path if may_look else None), name in mine and visit.operator.may(mine[name])
