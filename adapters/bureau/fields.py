"""How each field's cells are read: from text to a value, or to the problem that a clerk can mend.

A parser takes one stripped, non-empty cell. Nothing is repaired silently: full-width digits, placeholders and numbers
that a spreadsheet has rounded are problems.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from adapters.bureau.problems import Problem, shown
from adapters.bureau.vocabulary import words
from adapters.words import WRITTEN

Parser = Callable[[str], Any]
"""From a cell to its value, or to a ``Problem``."""

LONGEST = 200
BUREAU_NUMBER = rf"(?![A-Za-z]{{0,4}}{WRITTEN}$)[A-Za-z]{{0,4}}[0-9]{{4,30}}"
HAS_NONE = ""
"""The value of an area field that says the person has none, as against None: not known."""

BLANKS = " \t\xa0\u2002\u2003\u2009\u3000"
"""What may stand around a cell's text. Control characters may not: whoever typed them meant something else."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\ufeff]")
_FULL_WIDTH = re.compile(r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u3000]")
_SCIENTIFIC = re.compile(r"[+-]?[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
_NOT_DECODED = re.compile(r"[\udc80-\udcff\ufffd]")
_PLACEHOLDERS = frozenset(
    (
        "nan",
        "null",
        "none",
        "nil",
        "n/a",
        "#n/a",
        "#ref!",
        "#value!",
        "#name?",
        "#div/0!",
        "inf",
        "infinity",
        "-",
        "--",
        "?",
    )
)
_DATE = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d\d)(\d\d))", re.ASCII)
_MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?$")
_AREA = re.compile(r"[1-9][0-9]{5}")
_NONE_WORDS = frozenset({"无", "none", "没有"})
_SEPARATORS = re.compile(r"[;；、,，|/ ]+")


def diagnose(field: str, cell: str, otherwise: str = "format") -> Problem:
    """Why a cell does not fit: the usual mishaps first, then the code that the field's own rule gives."""
    if len(cell) > LONGEST:
        return Problem(field, "too_long", str(len(cell)))
    if _NOT_DECODED.search(cell):
        return Problem(field, "not_decoded")
    if _CONTROL.search(cell):
        return Problem(field, "control_character")
    if cell.lower() in _PLACEHOLDERS:
        return Problem(field, "placeholder")
    if _SCIENTIFIC.fullmatch(cell):
        return Problem(field, "scientific_notation")
    if _FULL_WIDTH.search(cell):
        return Problem(field, "full_width")
    return Problem(field, otherwise, shown(field, cell))


def matching(field: str, pattern: str) -> Parser:
    """A text that fits a pattern as it stands."""
    fits = re.compile(pattern).fullmatch
    return lambda cell: cell if fits(cell) else diagnose(field, cell)


def number_of_ours(field: str) -> Parser:
    """A number that the bureau gives, kept in clear: never an identity number, bare or behind some letters."""
    fits, identity = re.compile(BUREAU_NUMBER).fullmatch, re.compile(f"[A-Za-z]{{0,4}}{WRITTEN}").fullmatch

    def parse(cell: str) -> Any:
        if identity(cell):
            return Problem(field, "identity_number")
        return cell if fits(cell) else diagnose(field, cell)

    return parse


def name_of_person(field: str) -> Parser:
    """A name of up to fifty letters of any script, with the dots, hyphens and blanks that names have.

    Characters of the private use area stand for rare ones in older systems and are taken.
    """
    fits = re.compile(r"(?:[^\W\d_]|[\ue000-\uf8ff])(?:[^\W\d_]|[\ue000-\uf8ff·•．.'’ \-]){0,49}").fullmatch

    def parse(cell: str) -> Any:
        return cell if fits(cell) and cell.lower() not in _PLACEHOLDERS else diagnose(field, cell)

    return parse


def day(field: str) -> Parser:
    """A calendar day in one of the usual forms."""

    def parse(cell: str) -> Any:
        found = _read_day(cell)
        if found is None:
            return diagnose(field, cell, "date")
        return found if found.year >= 1880 else Problem(field, "too_old")

    return parse


@lru_cache(maxsize=65_536)
def _read_day(cell: str) -> date | None:
    match = _DATE.fullmatch(_MIDNIGHT.sub("", cell))
    if match is None:
        return None
    year, month, day_of_month = (int(part) for part in match.groups() if part and part.isdecimal())
    try:
        return date(year, month, day_of_month)
    except ValueError:
        return None


def word(field: str, accepted: Mapping[str, str] | None = None, otherwise: str = "unknown_value") -> Parser:
    """One word of a vocabulary, as its code."""
    known = words(field) if accepted is None else accepted

    def parse(cell: str) -> Any:
        code = known.get(cell)
        return diagnose(field, cell, otherwise) if code is None else code

    return parse


def yes_or_no(field: str) -> Parser:
    """Yes or no, in the field's own words."""
    known = words(field)

    def parse(cell: str) -> Any:
        code = known.get(cell)
        return diagnose(field, cell, "unknown_value") if code is None else code == "yes"

    return parse


def several_words(field: str) -> Parser:
    """Words of a vocabulary, separated by a comma, a semicolon or the like, as a list of codes without repeats."""
    known = words(field)

    def parse(cell: str) -> Any:
        codes = [known.get(part) for part in _SEPARATORS.split(cell) if part]
        return list(dict.fromkeys(codes)) if codes and None not in codes else diagnose(field, cell, "unknown_value")

    return parse


def area(field: str) -> Parser:
    """A six-digit area code."""
    return lambda cell: cell if _AREA.fullmatch(cell) else diagnose(field, cell)


def area_or_none(field: str) -> Parser:
    """A six-digit area code, or a word for: has none."""
    return lambda cell: HAS_NONE if cell in _NONE_WORDS else cell if _AREA.fullmatch(cell) else diagnose(field, cell)


def insured_year(field: str) -> Parser:
    """A year, alone or as the first period of the premium (202101)."""
    fits = re.compile(r"(20[0-9]{2})(0[1-9]|1[0-2])?").fullmatch
    return lambda cell: int(found[1]) if (found := fits(cell)) else diagnose(field, cell)


def months(field: str) -> Parser:
    """A whole number of months up to a working life."""
    fits = re.compile(r"0|[1-9][0-9]{0,2}").fullmatch
    return lambda cell: int(cell) if fits(cell) else diagnose(field, cell)


def anything(_field: str) -> Parser:
    """A remark, which is not kept."""
    return lambda cell: cell
