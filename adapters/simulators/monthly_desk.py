"""The totals of a month, as both simulators give them once the month is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from adapters.simulators.control import day_of
from adapters.simulators.wire import Problem, Wire

_WRONG = frozenset(("monthly_wrong_total",))


def monthly_route(wire: Wire, names: Sequence[str], query: str) -> Route:
    """``/v1/monthly/{month}``: ``query`` counts and sums what was booked from one day up to, not including, another.

    The fault ``monthly_wrong_total`` changes the first sum by its ``delta``.
    """

    def monthly(request: Request, _body: bytes) -> bytes:
        month = request.path_params["month"]
        first = day_of(f"{month}-01")
        if first >= wire.book.today.replace(day=1):
            raise Problem(404, "not_issued", f"The totals of {month} are not issued before it is over.")
        after = (first + timedelta(days=32)).replace(day=1)
        rows = wire.book.connection.execute(query, (first.isoformat(), after.isoformat()))
        totals: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in rows]
        if totals and (fault := wire.faults.take("monthly", _WRONG)):
            totals[0]["fen"] = max(0, totals[0]["fen"] + fault.delta)
        return wire.encoded({"month": month, "totals": totals}, "MonthTotals")

    return Route("/v1/monthly/{month}", wire.endpoint("monthly", monthly))
