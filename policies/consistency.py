"""What must fit together in a notice whose parts are valid each for itself: a tuple of same-shaped checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from policies.kinds import AssistanceRule, PlaceRule, Rate, Route
    from policies.notice import Notice


class Problem(NamedTuple):
    """What does not fit, and where: the id of a rule or the name of a field, and a field below it."""

    place: str
    field: str
    sentence: str


class Inconsistent(ValueError):
    """The parts of a notice do not fit together; carries the problem with its place."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.sentence)


Check = Callable[["Notice"], Iterator[Problem]]
"""A check yields each problem it finds."""


def _names_are_unique(notice: Notice) -> Iterator[Problem]:
    names: set[str] = set()
    for rule in notice.rules():
        if rule.id in names:
            yield Problem(rule.id, "id", f"two rules are called {rule.id}")
        names.add(rule.id)


def _readings_are_listed(notice: Notice) -> Iterator[Problem]:
    known = {reading.id for reading in notice.readings}
    for rule in notice.rules():
        for reading in rule.readings:
            if reading not in known:
                yield _of(
                    rule.id, "readings", f"follows reading {reading}, which the notice does not list under readings"
                )


def _shared_figures_have_a_rule(notice: Notice) -> Iterator[Problem]:
    known = {rule.id for rule in notice.rules()}
    for rule in notice.rules():
        for name in rule.figures_of:
            if name not in known:
                yield _of(rule.id, "figures_of", f"shares the figures of {name}, which is no rule of this notice")


def _period_is_forward(notice: Notice) -> Iterator[Problem]:
    if notice.period_first > notice.period_last:
        yield Problem("period_first", "", f"the insured period ends on {notice.period_last}, before it starts")


def _everybody_has_a_rate(notice: Notice) -> Iterator[Problem]:
    for insurance in notice.insurances():
        rates = [rate for rate in notice.rates if rate.insurance == insurance]
        if any(rate.when is None for rate in rates[:-1]):
            yield Problem(
                "rates", "", f"the rates of {insurance} go on after one without `when`: nobody can reach them"
            )
        if insurance == "resident_medical" and rates[-1].when is not None:
            yield _of(rates[-1].id, "when", "is the last rate of resident_medical: without `when` everybody has a rate")
    if "resident_medical" not in notice.insurances():
        yield Problem("rates", "", "the notice has no rate for resident_medical")


def _everybody_has_a_route(notice: Notice) -> Iterator[Problem]:
    if notice.routes[-1].when is not None:
        yield _of(notice.routes[-1].id, "when", "is the last route: without `when` everybody finds a route")
    for route in notice.routes[:-1]:
        if route.when is None:
            yield _of(route.id, "", "has no `when`, and routes go on after it: nobody can reach them")


def _routes_lead_somewhere(notice: Notice) -> Iterator[Problem]:
    covers = {rule.id for rule in notice.covers_from}
    for route in notice.routes:
        if route.cover is not None and route.cover not in covers:
            yield _of(route.id, "cover", f"names cover {route.cover}, which is not among covers_from")
        if route.premium == "full_funding" and notice.full_funding is None:
            yield _of(route.id, "premium", "levies full funding, but the notice has no full_funding")
    for unused in covers - {route.cover for route in notice.routes}:
        yield _of(unused, "", "is a cover that no route leads to")


def _channels_are_combined(notice: Notice) -> Iterator[Problem]:
    for rule in notice.assistance.rules:
        if rule.channel not in notice.assistance.combination.channels:
            yield _of(rule.id, "channel", f"is paid through channel {rule.channel}, which combination does not list")
        if rule.timing == "local" and notice.local_parameters.flow is None:
            yield _of(rule.id, "timing", "leaves its timing to the locality, but local_parameters has no flow")


def _local_names_are_open(notice: Notice) -> Iterator[Problem]:
    open_names = {name for name, bound in notice.local_parameters if bound}
    rules: tuple[Rate | PlaceRule | Route | AssistanceRule, ...]
    rules = (*notice.rates, *notice.places, *notice.routes, *notice.assistance.rules)
    for rule in rules:
        for when in (rule.when, *rule.when.parts()) if rule.when else ():
            for name in (*(when.local or {}), when.local_unset, when.paid_by_local_day):
                if name is not None and name not in open_names:
                    told = f"asks for the local parameter {name}, which local_parameters does not leave open"
                    yield _of(rule.id, "when", told)


def _local_amounts_are_open(notice: Notice) -> Iterator[Problem]:
    for rule in notice.assistance.rules:
        for share in rule.shares:
            name = getattr(share.amount, "local", None)
            if name is not None and name not in notice.local_parameters.assistance:
                told = f"takes the local amount {name}, which local_parameters.assistance does not leave open"
                yield _of(rule.id, "shares", told)


def _windows_leave_no_gap(notice: Notice) -> Iterator[Problem]:
    """Routes that ask only for the day of payment neither overlap nor leave two separate gaps.

    What no window names falls to the last route; if that happens in two places, one is probably a slip of a day.
    """
    windows = sorted((first, last, route.id) for route in notice.routes for first, last in _plain_days(route))
    for (_, last, one), (first, _, other) in pairwise(windows):
        if first <= last:
            yield _of(other, "when.paid", f"starts on {first}, while {one} runs until {last}: the windows overlap")
    day = timedelta(days=1)
    gaps = [
        (last + day, first - day, one, other)
        for (_, last, one), (first, _, other) in pairwise(windows)
        if last < first - day
    ]
    if windows and windows[-1][1] != date.max:
        gaps.append((windows[-1][1] + day, date.max, windows[-1][2], ""))
    for first, last, one, other in gaps[:-1]:
        told = (
            f"from {first} to {last}, between {one} and {other}, no window says what applies: give these days a route"
        )
        yield Problem(other, "when.paid", told)


def _plain_days(route: Route) -> list[tuple[date, date]]:
    """The days of payment of a route that asks for nothing else."""
    when = route.when
    if when is None or not when.model_fields_set <= {"paid", "paid_in"}:
        return []
    days = [(window.first, window.last) for window in when.paid_in or ()]
    if when.paid and not days:
        days.append((when.paid.first or date.min, when.paid.last or date.max))
    return days


def _of(rule: str, field: str, told: str) -> Problem:
    return Problem(rule, field, f"rule {rule} {told}")


CHECKS: Final[tuple[Check, ...]] = (
    _names_are_unique,
    _readings_are_listed,
    _shared_figures_have_a_rule,
    _period_is_forward,
    _everybody_has_a_rate,
    _everybody_has_a_route,
    _routes_lead_somewhere,
    _channels_are_combined,
    _local_names_are_open,
    _local_amounts_are_open,
    _windows_leave_no_gap,
)
