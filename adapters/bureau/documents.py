"""Identity documents by type (national codes): what a number of each looks like."""

from __future__ import annotations

import re

from adapters.bureau.fields import diagnose
from adapters.bureau.identity_number import BirthDates, fault
from adapters.bureau.problems import Problem

CITIZEN_FORM = frozenset({"01", "17"})
"""Types with a number of GB 11643: the citizen's card, the residence permit of Hong Kong, Macao and Taiwan."""

_FORMS = {
    "04": re.compile(r"[A-Z]?[A-Z0-9]{8,11}"),
    "05": re.compile(r"[A-Z]?[A-Z0-9]{8,11}"),
    "06": re.compile(r"[A-Z]?[A-Z0-9]{7,11}"),
    "07": re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{17}"),
}


def parse_number(cert_type: str | Problem | None, cell: str, births: BirthDates) -> str | Problem:
    """The document's number with letters in upper case, or what is wrong with it.

    Where the type itself is wrong the number is only tidied: the row is set aside because of the type.
    """
    number = cell.strip()
    if not number:
        return Problem("cert_no", "missing")
    number = number.upper()
    if cert_type in CITIZEN_FORM:
        code = fault(number, births)
        if code is None:
            return number
        if code in ("format", "cert_length"):
            found = diagnose("cert_no", number, code)
            return found._replace(detail=str(len(number))) if found.code == "cert_length" else found._replace(detail="")
        return Problem("cert_no", code)
    form = _FORMS.get(cert_type) if isinstance(cert_type, str) else None
    if form is None or form.fullmatch(number):
        return number
    return diagnose("cert_no", number)._replace(detail="")
