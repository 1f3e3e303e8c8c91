"""Identity documents by type (national codes): what a number of each looks like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from adapters.bureau.fields import BLANKS, diagnose
from adapters.bureau.identity_number import faults
from adapters.bureau.problems import Problem

CITIZEN_FORM = frozenset({"01", "17"})
"""Types with a number of GB 11643: the citizen's card, the residence permit of Hong Kong, Macao and Taiwan."""

_FORMS = {
    "04": re.compile(r"[A-Z]?[A-Z0-9]{8,11}"),
    "05": re.compile(r"[A-Z]?[A-Z0-9]{8,11}"),
    "06": re.compile(r"[A-Z]?[A-Z0-9]{7,11}"),
    "07": re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{17}"),
}


def parse_numbers(cert_types: Sequence[Any], cells: Sequence[str]) -> list[Any]:
    """A column of document numbers with letters in upper case, a ``Problem`` in the place of each that is wrong.

    Where the type itself is wrong the number is only tidied: its row is set aside because of the type.
    """
    numbers: list[Any] = [
        cell.strip(BLANKS).upper() if cell.isascii() else cell.strip(BLANKS) for cell in cells
    ]  # the dotless i has a capital that is an I
    citizens = [at for at, cert_type in enumerate(cert_types) if cert_type in CITIZEN_FORM and numbers[at]]
    found = {citizens[at]: code for at, code in faults([numbers[at] for at in citizens]).items()}
    others = len(citizens) != len(numbers)
    for at, cert_type in enumerate(cert_types) if others else ():
        if not numbers[at]:
            found[at] = "missing"
        elif cert_type in _FORMS and not _FORMS[cert_type].fullmatch(numbers[at]):
            found[at] = "format"
    for at, code in found.items():
        numbers[at] = _problem(numbers[at], code)
    return numbers


def _problem(number: str, code: str) -> Problem:
    if code == "cert_length":
        return Problem("cert_no", code, str(len(number)))
    if code == "format":
        return diagnose("cert_no", number)._replace(detail="")
    return Problem("cert_no", code)
