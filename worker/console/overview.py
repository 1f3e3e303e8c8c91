"""The overview: how far the season is, where the money is, who does not answer, and what needs a person today."""

from __future__ import annotations

from starlette.responses import Response

from worker.console.progress import bars_of
from worker.console.season_tables import PAGES_OF
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
    "clawbacks_asked": ("/held/asked", "dues.see"),
    "undo_asked": ("/duplicates?review=asked", "refund.see"),
    "duplicates_open": ("/duplicates?waits=yes", "refund.see"),
    "refunds_held": ("/refunds?state=held", "refund.see"),
    "rows_quarantined": ("/quarantine", "quarantine.see"),
    "rows_held": ("/held/rows", "dues.see"),
    "assistance_held": ("/assistance?state=held", "dues.see"),
    "outcomes_unknown": ("/unknown", "jobs.see"),
    "breaks_unowned": ("/breaks?unowned=yes", "breaks.see"),
}
_DOERS = {
    "requests_open": "jobs.intervene",
    "jobs_parked": "jobs.intervene",
    "refunds_decided": "refund.review",
    "clawbacks_asked": "clawback.review",
    "undo_asked": "duplicate.review",
    "duplicates_open": "duplicate.decide",
    "outcomes_unknown": "jobs.intervene",
    "rows_quarantined": "quarantine.mend",
    "breaks_unowned": "breaks.own",
}
_SILENT_SECONDS = 120


def show(visit: Visit) -> Response:
    """Figures of everybody as they were last read, the rest as it is now."""
    house = visit.house
    names = ["tax", "treasury", *(f"peer {area}" for area in sorted(house.settings.peers))]
    with house.engine.connect() as connection:
        wanted = needs(connection, house.law.area)
        near, oldest = neighbours(connection, names), waiting_longest(connection)
        breaks, swept = ages(connection), swept_ago(connection)
        season = visit.place.figures.now(connection)
    return visit.show(
        "overview",
        season=season,
        pages_of=PAGES_OF,
        chart=bars_of(season.towns, season.goal, visit.words) if season else None,
        needs=[(name, count, *_place(visit, name)) for name, count in wanted.items() if count],
        neighbours=near,
        oldest=oldest,
        breaks=breaks,
        swept=swept,
        silent=swept is None or swept > _SILENT_SECONDS,
        breaks_link=_place(visit, "breaks_unowned")[0],
        again=None if season else 5,
    )


def _place(visit: Visit, name: str) -> tuple[str | None, bool]:
    """Where one looks at it, if this person may, and whether it is theirs to do."""
    path, act = _PLACES.get(name, (None, None))
    may_look = act is not None and act in RIGHTS and visit.operator.may(act)
    doing = _DOERS.get(name)
    return (path if may_look else None), doing is not None and doing in RIGHTS and visit.operator.may(doing)
