"""People in bulk: one row a person as numpy columns, identity flags in CSR form."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

NO_DAY: Final[int] = -(2**31)
"""The one sentinel for "no date" in every day column (days since 1970-01-01 otherwise)."""

AREA_NONE: Final[int] = 0
"""The person has no such area (a null in a question)."""

AREA_UNKNOWN: Final[int] = -1
"""The area is not known (omitted in a question)."""

Int8s = npt.NDArray[np.int8]
Int32s = npt.NDArray[np.int32]
UInt32s = npt.NDArray[np.uint32]
_NOT_GIVEN: Final = np.empty(0, np.int8)


@dataclass(frozen=True, slots=True)
class People:
    """What a roster asserts about n people; every day column counts days since 1970-01-01, ``NO_DAY`` = not known/none.

    Codes follow ``policies.vocabulary``: ``student_stage`` STUDENT_STAGES, ``prior_scheme`` PRIOR_SCHEMES,
    ``circumstances`` bit i = CIRCUMSTANCES[i], ``flag_category`` CATEGORIES. Areas are six-digit codes as integers.
    ``prior_months``, ``prior_area``, ``lapsed_years`` and ``repaired_years`` are -1 where not known. Person i's
    identity flags are rows ``flag_start[i]:flag_start[i + 1]`` of the four flag columns.
    """

    birth_day: Int32s
    student_stage: Int8s
    student_school_area: Int32s
    student_enrolled_day: Int32s
    household_area: Int32s
    residence_area: Int32s
    registered_day: Int32s
    circumstances: UInt32s
    prior_scheme: Int8s
    prior_area: Int32s
    prior_months: Int32s
    prior_ended_day: Int32s
    flag_start: Int32s
    flag_category: Int8s
    flag_area: Int32s
    flag_recognised: Int32s
    flag_revoked: Int32s
    lapsed_years: Int8s = field(default_factory=lambda: _NOT_GIVEN)
    repaired_years: Int8s = field(default_factory=lambda: _NOT_GIVEN)

    def __post_init__(self) -> None:
        """Years of lapse and repair that a roster does not carry are not known of anybody."""
        for name in ("lapsed_years", "repaired_years"):
            if getattr(self, name) is _NOT_GIVEN:
                object.__setattr__(self, name, np.full(len(self.birth_day), -1, np.int8))

    def __len__(self) -> int:
        return len(self.birth_day)

    def check(self) -> None:
        """Raise ``ValueError`` with a sentence when the columns do not fit together in length or type."""
        count, flags = len(self), len(self.flag_category)
        for one in fields(self):
            column = getattr(self, one.name)
            wanted = count + 1 if one.name == "flag_start" else flags if one.name.startswith("flag_") else count
            if column.shape != (wanted,):
                raise ValueError(f"column {one.name} has shape {column.shape}, expected ({wanted},)")
            if column.dtype != COLUMN_TYPES[one.name]:
                raise ValueError(f"column {one.name} is {column.dtype}, expected {COLUMN_TYPES[one.name]}")
        if count and (self.flag_start[0] != 0 or self.flag_start[-1] != flags or np.any(np.diff(self.flag_start) < 0)):
            raise ValueError("flag_start must rise from 0 to the number of flags")


COLUMN_TYPES: Final[dict[str, np.dtype[Any]]] = {
    field.name: np.dtype(np.int8)
    if field.name in {"student_stage", "prior_scheme", "flag_category", "lapsed_years", "repaired_years"}
    else np.dtype(np.uint32)
    if field.name == "circumstances"
    else np.dtype(np.int32)
    for field in fields(People)
}
"""The numpy type each column of ``People`` must have."""


def rows_of(people: People, rows: npt.NDArray[np.int64]) -> People:
    """Some of the people, in the order of ``rows``, with their flags."""
    counts = np.diff(people.flag_start)[rows]
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    shift = np.repeat(people.flag_start[rows].astype(np.int64) - starts[:-1], counts)
    flags = np.arange(starts[-1]) + shift
    chosen: dict[str, Any] = {
        name: getattr(people, name)[flags if name.startswith("flag_") else rows]
        for name in COLUMN_TYPES
        if name != "flag_start"
    }
    return People(**chosen, flag_start=starts)


def part_of(people: People, chosen: slice) -> People:
    """Some people that stand together, from a first to before a last one, as views of the columns."""
    start = people.flag_start[chosen.start : chosen.stop + 1]
    flags = slice(int(start[0]), int(start[-1]))
    columns: dict[str, Any] = {
        name: getattr(people, name)[flags if name.startswith("flag_") else chosen]
        for name in COLUMN_TYPES
        if name != "flag_start"
    }
    return People(**columns, flag_start=start - start[0])


def as_known_on(people: People, day: np.int32) -> People:
    """The people without what became known of their identities after a day."""
    known = with_flags(people, people.flag_recognised <= day)
    revoked = known.flag_revoked
    return replace(known, flag_revoked=np.where(revoked > day, np.int32(NO_DAY), revoked).astype(np.int32))


def flag_owners(people: People) -> npt.NDArray[np.int64]:
    """The row of the person whose each flag is."""
    return np.repeat(np.arange(len(people)), np.diff(people.flag_start))


def with_flags(people: People, kept: npt.NDArray[np.bool_]) -> People:
    """The people with only those of their identity flags that are ``kept``, one truth a flag."""
    counts = np.bincount(flag_owners(people)[kept], minlength=len(people))
    return replace(
        people,
        flag_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        **{
            name: getattr(people, name)[kept]
            for name in ("flag_category", "flag_area", "flag_recognised", "flag_revoked")
        },
    )
