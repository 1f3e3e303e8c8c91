"""What one has done oneself, from the audit log."""

from __future__ import annotations

from starlette.responses import Response

from worker.audit.acts import acts_of
from worker.console.visit import Visit

_SHOWN = 200


def show(visit: Visit) -> Response:
    """The newest of one's own acts."""
    with visit.house.engine.connect() as connection:
        return visit.show("acts", acts=acts_of(connection, visit.operator.login, _SHOWN), most=_SHOWN)
