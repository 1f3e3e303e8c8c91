"""A round of the scheduled work, or one part of it, called for now: what it does, then how far it is."""

from __future__ import annotations

import threading
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from worker.asked_round import TICKS, Begun, RoundRefused, begin_round, do_round, jobs_of_round, newest_round
from worker.console.acting import nudge, refusals
from worker.console.visit import Visit, Wrong
from worker.report.standing import swept_ago
from worker.rounds import PHASES, NobodyWorks, NotAtRest

_AGAIN_SECONDS = 3
_log = structlog.get_logger("console")


def show(visit: Visit) -> Response:
    """The round that was asked for last and its jobs; while none is under way, what another would do."""
    tick = visit.asked("tick")
    if tick is not None and tick not in TICKS:
        raise Wrong(404, visit.words("no_such_page"))
    with visit.house.engine.connect() as connection:
        newest, swept = newest_round(connection), swept_ago(connection)
        jobs = jobs_of_round(connection, newest) if newest else []
    under_way = newest is not None and newest["under_way"]
    return visit.show(
        "round", newest=newest, jobs=jobs, under_way=under_way, tick=tick, swept=swept,
        phases=[[tick]] if tick else PHASES, again=_AGAIN_SECONDS if under_way else None,
    )  # fmt: skip


def begin(visit: Visit) -> Response:
    """Begin it as ``levy sync`` does; it goes on beside the pages, and its page tells how far it is."""
    tick = visit.given("tick")
    with refusals(RoundRefused):
        begun = begin_round(visit.house, visit.operator.login, [tick] if tick else [])
    threading.Thread(target=_do, args=(visit, begun), name="round", daemon=True).start()
    return visit.go("/schedule/round")


def _do(visit: Visit, begun: Begun) -> None:
    try:
        do_round(visit.house, partial(nudge, visit), begun)
    except (NotAtRest, NobodyWorks, SQLAlchemyError) as error:  # told on the page, from its row
        _log.warning("console.round_failed", round=begun.number, reason=type(error).__name__)
