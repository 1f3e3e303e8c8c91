"""What can be wrong with a row or with a whole file, as values and as sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from adapters.bureau.vocabulary import chinese
from config.yaml_text import read_yaml


class BureauError(Exception):
    """Root of what goes wrong at the bureau's side."""


class FileRefused(BureauError):
    """The whole file is refused; the sentence says why and what to do."""


class Problem(NamedTuple):
    """One thing wrong with one field of a row. ``detail`` completes the sentence and carries no personal data."""

    field: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken: its line (the first is 1), its cells by field as they were read, all that is wrong."""

    line: int
    cells: dict[str, str]
    problems: tuple[Problem, ...]


@cache
def _sentences() -> dict[str, dict[str, str]]:
    source = Path(__file__).with_name("reasons.yaml")
    loaded: dict[str, dict[str, str]] = read_yaml(source)
    return loaded


def codes() -> tuple[str, ...]:
    """Every reason code there is."""
    return tuple(_sentences())


def reason(problem: Problem, language: str = "en") -> str:
    """The reason as the rest of a sentence that begins with the field's name, in ``en`` or ``zh``."""
    sentence = _sentences()[problem.code][language].format(detail=problem.detail)
    if problem.code != "unknown_value":
        return sentence
    accepted = "、".join(chinese(problem.field).values())
    return f"{sentence}，可填：{accepted}" if language == "zh" else f"{sentence}; accepted are {accepted}"


_CODED = frozenset(
    (
        *("cert_type", "person_type", "student_stage", "prior_scheme", "circumstances", "category", "area", "town"),
        *("household_area", "residence_area", "school_area", "prior_area", "insured_year", "student_enrolled_on"),
        *("registered_on", "prior_ended_on", "recognised_on", "revoked_on", "applied_on", "event_on"),
        *("since", "reason", "scheme", "benefits_used", "own_fault", "flexible_employment", "entitled", "months"),
    )
)
_CODE = re.compile(r"[0-9]{1,6}|[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}")


def shown(field: str, value: str) -> str:
    """A cell's value for a reason, only where it cannot be personal data: a short code or a day in a coded field.

    Cells may have slipped into the wrong column, so the field alone is no warrant: a name or a document's number in it
    is not shown. A date of birth is personal in any form.
    """
    return f": {value}" if field in _CODED and _CODE.fullmatch(value) else ""
