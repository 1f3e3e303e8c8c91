"""What pages share that do something: who acts, refusals as a sentence, and workers that are told at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from worker.audit.log import Origin
from worker.console.visit import Visit, Wrong
from worker.nudging import client, tell
from worker.servers import open_servers


def clerk(visit: Visit) -> Origin:
    """Whoever is logged in, as the origin of what they do today in our area."""
    return Origin(f"clerk:{visit.operator.login}", visit.house.law.area, visit.house.clock.today())


@contextmanager
def refusals(*errors: type[Exception]) -> Iterator[None]:
    """These exceptions say why something is not done: the page says so, with their sentence."""
    try:
        yield
    except errors as refused:
        raise Wrong(409, str(refused)) from None


def nudge(visit: Visit, jobs: Sequence[int]) -> None:
    """Tell the workers of these jobs; where the broker is away, the sweeper does it later."""
    if jobs:
        tell(client(open_servers(visit.house.settings).urls().broker), jobs)


def day_of(visit: Visit, name: str) -> date | None:
    """A day that was filled in, None where it was left empty. Raises ``Wrong`` for what is no day."""
    written = visit.given(name)
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise Wrong(422, visit.words("no_such_day", given=written[:20])) from None


def reason_of(visit: Visit) -> str:
    """The reason that was filled in. Raises ``Wrong`` where there is none."""
    reason = visit.given("reason")
    if not reason:
        raise Wrong(422, visit.words("say_why"))
    return reason[:500]
