"""What must fit together in a notice whose parts are valid each for itself: a tuple of same-shaped checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from policies.notice import Notice

Check = Callable[["Notice"], Iterator[str]]
"""A check yields a sentence for each problem it finds."""


def _names_are_unique(notice: Notice) -> Iterator[str]:
    names: set[str] = set()
    for rule in notice.rules():
        if rule.id in names:
            yield f"two rules are called {rule.id}"
        names.add(rule.id)


def _readings_are_listed(notice: Notice) -> Iterator[str]:
    known = {reading.id for reading in notice.readings}
    for rule in notice.rules():
        for reading in rule.readings:
            if reading not in known:
                yield f"rule {rule.id} follows reading {reading}, which the notice does not list under readings"


def _shared_figures_have_a_rule(notice: Notice) -> Iterator[str]:
    known = {rule.id for rule in notice.rules()}
    for rule in notice.rules():
        for name in rule.figures_of:
            if name not in known:
                yield f"rule {rule.id} shares the figures of {name}, which is no rule of this notice"


def _period_is_forward(notice: Notice) -> Iterator[str]:
    if notice.period_first > notice.period_last:
        yield f"the insured period starts on {notice.period_first}, after it ends on {notice.period_last}"


def _everybody_has_a_rate(notice: Notice) -> Iterator[str]:
    for insurance in notice.insurances():
        rates = [rate for rate in notice.rates if rate.insurance == insurance]
        if any(rate.when is None for rate in rates[:-1]):
            yield f"the rates of {insurance} go on after one without a condition, so that nobody can reach them"
        if insurance == "resident_medical" and rates[-1].when is not None:
            yield "the last rate of resident_medical must have no condition, so that everybody has a rate"
    if "resident_medical" not in notice.insurances():
        yield "the notice has no rate for resident_medical"


def _everybody_has_a_route(notice: Notice) -> Iterator[str]:
    if notice.routes[-1].when is not None:
        yield f"the last route, {notice.routes[-1].id}, must have no condition, so that everybody finds a route"
    for route in notice.routes[:-1]:
        if route.when is None:
            yield f"the routes go on after {route.id}, which has no condition, so that nobody can reach them"


def _routes_lead_somewhere(notice: Notice) -> Iterator[str]:
    covers = {rule.id for rule in notice.covers_from}
    for route in notice.routes:
        if route.cover is not None and route.cover not in covers:
            yield f"route {route.id} names cover {route.cover}, which is not among covers_from"
        if route.premium == "full_funding" and notice.full_funding is None:
            yield f"route {route.id} levies full funding, but the notice has no full_funding"
    for unused in covers - {route.cover for route in notice.routes}:
        yield f"no route leads to cover {unused}"


def _channels_are_combined(notice: Notice) -> Iterator[str]:
    for rule in notice.assistance.rules:
        if rule.channel not in notice.assistance.combination.channels:
            yield f"assistance {rule.id} is paid through channel {rule.channel}, which combination does not list"
        if rule.timing == "local" and notice.local_parameters.flow is None:
            yield f"assistance {rule.id} leaves its timing to the locality, but local_parameters has no flow"


def _local_names_are_open(notice: Notice) -> Iterator[str]:
    open_names = {name for name, bound in notice.local_parameters if bound}
    for when in notice.conditions():
        for name in (*(when.local or {}), when.local_unset, when.paid_by_local_day):
            if name is not None and name not in open_names:
                yield f"a condition asks for the local parameter {name}, which local_parameters does not leave open"


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
)
