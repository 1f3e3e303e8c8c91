"""What the roster says about a batch of people, in the columns that the policy engine reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from policies.people import COLUMN_TYPES, NO_DAY, Int32s, People, rows_of
from policies.vocabulary import CATEGORIES, CIRCUMSTANCES, PRIOR_SCHEMES, STUDENT_STAGES
from worker.database.arrays import array

_EPOCH = date(1970, 1, 1)
_CATEGORY = {category: number for number, category in enumerate(CATEGORIES)}


def _day(column: str) -> str:
    return f"coalesce({column} - DATE '1970-01-01', {NO_DAY})"


def _area(column: str) -> str:
    return f"CASE WHEN {column} IS NULL THEN -1 WHEN {column} = '' THEN 0 ELSE {column}::int END"


def _code(column: str, words: Sequence[str]) -> str:
    return f"coalesce(array_position(ARRAY{list(words)}, {column}) - 1, 0)"


_PEOPLE = {
    "birth_day": _day("birth_date"),
    "student_stage": _code("student_stage", STUDENT_STAGES),
    "student_school_area": "coalesce(nullif(school_area, '')::int, 0)",
    "student_enrolled_day": _day("student_enrolled_on"),
    "household_area": _area("household_area"),
    "residence_area": _area("residence_area"),
    "registered_day": _day("registered_on"),
    "circumstances": "CASE WHEN circumstances = '{}' THEN 0 ELSE (SELECT bit_or(1 << (array_position("
    f"ARRAY{list(CIRCUMSTANCES)}, word) - 1)) FROM unnest(circumstances) AS word) END",
    "prior_scheme": _code("prior_scheme", PRIOR_SCHEMES),
    "prior_area": "coalesce(nullif(prior_area, '')::int, 0)",
    "prior_months": "coalesce(prior_months, -1)",
    "prior_ended_day": _day("prior_ended_on"),
}
_NUMBERS = {"enrolment_id": "e.id", "person_id": "e.person_id"} | _PEOPLE
# A column comes as the text of one array: a county's rows one by one would be made into Python's numbers for nothing.
_SELECT = (
    f"SELECT {', '.join(f'array_agg({name})::text' for name in _NUMBERS)}"
    f" FROM (SELECT {', '.join(f'{value} AS {name}' for name, value in _NUMBERS.items())}"
    " FROM enrolment e JOIN person p ON p.id = e.person_id WHERE e.id = ANY(CAST(:ids AS bigint[])) ORDER BY e.id"
)
_CLOSED = text("SELECT id FROM enrolment WHERE id = ANY(CAST(:ids AS bigint[])) AND closed_because IS NOT NULL")
_FLAGS = text(
    "SELECT DISTINCT ON (person_id, category, area, recognised_on) person_id, category, area,"
    f" recognised_on - DATE '1970-01-01' AS recognised, {_day('revoked_on')} AS revoked"
    " FROM identity_flag WHERE person_id = ANY(CAST(:people AS bigint[]))"
    " ORDER BY person_id, category, area, recognised_on, id DESC"
)


@dataclass(frozen=True)
class Facts:
    """A batch of enrolments, in the order of their ids, with the columns that decide."""

    enrolment_ids: list[int]
    person_ids: list[int]
    people: People

    def chosen(self, places: Sequence[int]) -> Facts:
        """Some of the batch, in order; all of it comes back as it is."""
        if len(places) == len(self):
            return self
        people = rows_of(self.people, np.array(places, dtype=np.int64))
        return Facts([self.enrolment_ids[at] for at in places], [self.person_ids[at] for at in places], people)

    def __len__(self) -> int:
        return len(self.enrolment_ids)


def load_facts(connection: Connection, enrolment_ids: Sequence[int], lock: bool = False) -> Facts:
    """The facts of these enrolments; ``lock`` keeps intake from changing them until the transaction ends."""
    statement = text(_SELECT + (" FOR NO KEY UPDATE OF e" if lock else "") + ") AS facts")
    arrays = connection.execute(statement, {"ids": array(enrolment_ids)}).one()
    enrolments, people, *facts = (np.fromstring((one or "{}")[1:-1], np.int64, sep=",") for one in arrays)
    columns = {name: column.astype(COLUMN_TYPES[name]) for name, column in zip(_PEOPLE, facts, strict=True)}
    people_ids: list[int] = people.tolist()
    flags = connection.execute(_FLAGS, {"people": array(people_ids)}).all()
    return Facts(enrolments.tolist(), people_ids, People(**columns, **_flag_columns(people_ids, flags)))


def without_closed(connection: Connection, facts: Facts) -> Facts:
    """The batch without enrolments of which nothing is asked any more, such as of people who have died."""
    closed = set(connection.execute(_CLOSED, {"ids": array(facts.enrolment_ids)}).scalars())
    return facts.chosen([at for at, one in enumerate(facts.enrolment_ids) if one not in closed]) if closed else facts


def _flag_columns(people_ids: list[int], flags: Sequence[Any]) -> dict[str, Any]:
    place = {person: at for at, person in enumerate(people_ids)}
    ordered = sorted(flags, key=lambda flag: place[flag.person_id])
    owners = np.array([place[flag.person_id] for flag in ordered], dtype=np.int64)
    start = np.zeros(len(people_ids) + 1, dtype=np.int32)
    np.cumsum(np.bincount(owners, minlength=len(people_ids)), out=start[1:])
    return {
        "flag_start": start,
        "flag_category": np.array([_CATEGORY[flag.category] for flag in ordered], dtype=np.int8),
        "flag_area": np.array([int(flag.area) for flag in ordered], dtype=np.int32),
        "flag_recognised": np.array([flag.recognised for flag in ordered], dtype=np.int32),
        "flag_revoked": np.array([flag.revoked for flag in ordered], dtype=np.int32),
    }


def to_days(dates: Sequence[date]) -> Int32s:
    """Dates as days since 1970-01-01."""
    return np.array([(day - _EPOCH).days for day in dates], dtype=np.int32)


def to_dates(days: Int32s) -> list[date | None]:
    """Days since 1970-01-01 as dates; the sentinel becomes None."""
    known = {day: _EPOCH + timedelta(days=day) for day in np.unique(days).tolist() if day != NO_DAY}
    return [known.get(day) for day in days.tolist()]
