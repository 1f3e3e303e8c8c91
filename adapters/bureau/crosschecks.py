"""Checks between the fields of one row: each looks at whole columns and yields where something is wrong, and what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from adapters.bureau.documents import CITIZEN_FORM
from adapters.bureau.identity_number import birth_date
from adapters.bureau.problems import Problem

Columns = Mapping[str, Sequence[Any]]
Found = Iterator[tuple[int, Problem]]
CrossCheck = Callable[[Columns, date], Found]
"""From the parsed columns and the day of the list to positions and problems.

Cells that could not be read are ``Problem`` values in the columns; they are reported already and are skipped here.
"""


def birth_date_matches(columns: Columns, _day: date) -> Found:
    """The birth date is the one inside the identity number."""
    rows = zip(columns["cert_type"], columns["cert_no"], columns["birth_date"], strict=True)
    for at, (cert_type, number, born) in enumerate(rows):
        if (
            cert_type in CITIZEN_FORM
            and number.__class__ is str
            and birth_date(number[6:14]) != born
            and born.__class__ is date
        ):
            yield at, Problem("birth_date", "birth_date_differs")


def not_in_future(field: str) -> CrossCheck:
    """A day that a list can only report once it has come."""

    def check(columns: Columns, day: date) -> Found:
        for at, value in enumerate(columns[field]):
            if value.__class__ is date and value > day:
                yield at, Problem(field, "in_future", day.isoformat())

    return check


def filled_together(first: str, *others: str) -> CrossCheck:
    """Fields that only mean something together."""
    fields = (first, *others)

    def check(columns: Columns, _day: date) -> Found:
        for at, values in enumerate(zip(*(columns[field] for field in fields), strict=True)):
            if 0 < values.count(None) < len(fields):
                given = next(field for field, value in zip(fields, values, strict=True) if value is not None)
                empty = [field for field, value in zip(fields, values, strict=True) if value is None]
                yield at, Problem(given, "incomplete", ", ".join(empty))

    return check


def needs(field: str, other: str) -> CrossCheck:
    """A field that means nothing without another one."""

    def check(columns: Columns, _day: date) -> Found:
        for at, (value, needed) in enumerate(zip(columns[field], columns[other], strict=True)):
            if value is not None and needed is None:
                yield at, Problem(field, "incomplete", other)

    return check


def revoked_after_recognised(columns: Columns, _day: date) -> Found:
    """An identity ends no earlier than it began."""
    for at, (recognised, revoked) in enumerate(zip(columns["recognised_on"], columns["revoked_on"], strict=True)):
        if revoked.__class__ is date and recognised.__class__ is date and revoked < recognised:
            yield at, Problem("revoked_on", "revoked_before_recognised")


CROSS_CHECKS: Mapping[str, tuple[CrossCheck, ...]] = {
    "enrolments": (
        birth_date_matches,
        not_in_future("birth_date"),
        not_in_future("registered_on"),
        filled_together("student_stage", "school_area"),
        needs("student_enrolled_on", "student_stage"),
        filled_together("prior_scheme", "prior_area", "prior_months", "prior_ended_on"),
        filled_together("account_no", "account_name", "bank"),
    ),
    "flags": (not_in_future("recognised_on"), revoked_after_recognised),
    "accounts": (),
    "applications": (not_in_future("applied_on"),),
    "refunds": (not_in_future("event_on"), not_in_future("applied_on")),
    "other_cover": (not_in_future("since"),),
}
