"""A roster from a CSV file of facts: a row a person, columns by the names of a question.

Columns: ``pooling_area``, ``birth_date`` and ``paid_on`` are needed; ``student_stage`` (school or college),
``school_area``, ``enrolled_on``, ``household_area``, ``residence_area`` (empty: not known, ``none``: has none),
``registered_on``, ``circumstances`` (words, ``;`` between), ``prior_scheme``, ``prior_area``, ``prior_months``,
``prior_ended_on``, and ``flags``: ``category@area:recognised_on`` with ``..revoked_on`` where it ended, ``;`` between.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import TypeAdapter, ValidationError

from policies.calendar import day_number
from policies.people import AREA_NONE, AREA_UNKNOWN, COLUMN_TYPES, NO_DAY, People
from policies.question import Day, Flag
from policies.roster.roster import Roster
from policies.rule import AreaCode, Circumstance
from policies.rulefile import PolicyError, sentence, worst
from policies.vocabulary import CATEGORIES, CIRCUMSTANCES, PRIOR_SCHEMES, STUDENT_STAGES

_TOLD: Final = 5
_NEEDED: Final = ("pooling_area", "birth_date", "paid_on")
_day: TypeAdapter[Any] = TypeAdapter(Day)
_area: TypeAdapter[Any] = TypeAdapter(AreaCode)
_word: TypeAdapter[Any] = TypeAdapter(Circumstance)


class RosterError(PolicyError):
    """A roster file cannot be used; the first mistakes with line and field."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path, self.problems = path, problems
        more = f" … and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        super().__init__(f"{path}: {'; '.join(problems[:_TOLD])}{more}")


def read_roster(path: Path, year: int) -> Roster:
    """The people of a CSV file, whose days belong to this insured year. Raises ``RosterError``."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = csv.reader(stream)
            header = next(lines, [])
            _check_header(path, header)
            rows = list(lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RosterError(path, [f"it cannot be read as UTF-8 CSV: {error}"]) from None
    ragged = [
        f"line {n}: {len(row)} fields, not {len(header)}" for n, row in enumerate(rows, 2) if len(row) != len(header)
    ]
    if ragged or not rows:
        raise RosterError(path, ragged or ["there is nobody in it"])
    texts = dict(zip(header, zip(*rows, strict=True), strict=True))
    problems: list[str] = []
    columns = {
        name: _column(field, texts.get(field, ("",) * len(rows)), read, problems)
        for name, (field, read) in _COLUMNS.items()
    }
    flags = _column("flags", texts.get("flags", ("",) * len(rows)), _flags, problems)
    if problems:
        raise RosterError(path, problems)
    people = _people(columns, flags)
    return Roster(people, np.array(columns["pooling_area"], np.int32), np.array(columns["paid"], np.int32), year)


def _check_header(path: Path, header: list[str]) -> None:
    known = {field for field, _ in _COLUMNS.values()} | {"flags"}
    problems = [
        f"there is no column {name!r}; known are {', '.join(sorted(known))}" for name in header if name not in known
    ]
    problems += [f"the column {name} is missing" for name in _NEEDED if name not in header]
    problems += [f"the column {name} stands twice" for name in {name for name in header if header.count(name) > 1}]
    if problems:
        raise RosterError(path, problems)


def _column(field: str, texts: tuple[str, ...], read: Callable[[str], Any], problems: list[str]) -> list[Any]:
    """A column read text by text, each distinct text once; mistakes are collected with their lines."""
    known: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for text in dict.fromkeys(texts):
        try:
            known[text] = read(text.strip())
        except ValidationError as error:
            wrong[text] = sentence(worst(error))
        except ValueError as error:
            wrong[text] = str(error)
    problems.extend(f"line {line}, {field}: {wrong[text]}" for line, text in enumerate(texts, 2) if text in wrong)
    return [] if wrong else [known[text] for text in texts]


def _people(columns: dict[str, list[Any]], flags: list[list[tuple[int, int, int, int]]]) -> People:
    flat = np.array([flag for one in flags for flag in one], np.int64).reshape(-1, 4)
    values: dict[str, Any] = {
        **columns,
        "flag_start": np.cumsum([0, *map(len, flags)]),
        **dict(zip(("flag_category", "flag_area", "flag_recognised", "flag_revoked"), flat.T, strict=True)),
    }
    return People(**{name: np.array(values[name], kind) for name, kind in COLUMN_TYPES.items() if name in values})


def _one_of(words: tuple[str, ...]) -> Callable[[str], int]:
    def read(text: str) -> int:
        if text and text not in words[1:]:
            raise ValueError(f"{text!r} is none of {', '.join(words[1:])}")
        return words.index(text) if text else 0

    return read


def _needed_day(text: str) -> int:
    return day_number(_day.validate_python(text))


def _day_or_none(text: str) -> int:
    return _needed_day(text) if text else NO_DAY


def _needed_area(text: str) -> int:
    return int(_area.validate_python(text))


def _school(text: str) -> int:
    return _needed_area(text) if text else AREA_NONE


def _home(text: str) -> int:
    return AREA_UNKNOWN if not text else AREA_NONE if text == "none" else _needed_area(text)


def _prior_area(text: str) -> int:
    return _needed_area(text) if text else -1


def _months(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and int(text) <= 1200):
        raise ValueError(f"{text!r} is no number of months")
    return int(text) if text else -1


def _circumstances(text: str) -> int:
    words = {_word.validate_python(word.strip()) for word in text.split(";") if word.strip()}
    return sum(1 << CIRCUMSTANCES.index(word) for word in words)


def _flags(text: str) -> list[tuple[int, int, int, int]]:
    return [_flag(part.strip()) for part in text.split(";") if part.strip()]


def _flag(text: str) -> tuple[int, int, int, int]:
    category, at, rest = text.partition("@")
    area, colon, days = rest.partition(":")
    if not at or not colon:
        raise ValueError(f"{text!r} should read category@area:recognised_on, with ..revoked_on where it ended")
    known, _, ended = days.partition("..")
    flag = Flag.model_validate(
        {"category": category, "area": area, "recognised_on": known, "revoked_on": ended or None}
    )
    revoked = NO_DAY if flag.revoked_on is None else day_number(flag.revoked_on)
    return CATEGORIES.index(flag.category), int(flag.area), day_number(flag.recognised_on), revoked


_COLUMNS: Final[dict[str, tuple[str, Callable[[str], int]]]] = {
    "pooling_area": ("pooling_area", _needed_area),
    "paid": ("paid_on", _needed_day),
    "birth_day": ("birth_date", _needed_day),
    "student_stage": ("student_stage", _one_of(STUDENT_STAGES)),
    "student_school_area": ("school_area", _school),
    "student_enrolled_day": ("enrolled_on", _day_or_none),
    "household_area": ("household_area", _home),
    "residence_area": ("residence_area", _home),
    "registered_day": ("registered_on", _day_or_none),
    "circumstances": ("circumstances", _circumstances),
    "prior_scheme": ("prior_scheme", _one_of(PRIOR_SCHEMES)),
    "prior_area": ("prior_area", _prior_area),
    "prior_months": ("prior_months", _months),
    "prior_ended_day": ("prior_ended_on", _day_or_none),
}
"""By column of ``People`` (and area and day of payment): the column of the file and how a text of it is read."""
