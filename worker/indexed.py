"""The texts that a keyed hash is made of: of a document, a bank account, a row that was set aside.

They stand here once, since a new index key makes all hashes anew from what is stored encrypted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import orjson

from adapters.bureau.vocabulary import identity_words
from worker.privacy import Seal


def document_key(cert_type: str, cert_no: str) -> str:
    """What tells one person's document from another."""
    return f"{cert_type}|{cert_no}"


def account_key(account_no: str, account_name: str, bank: str) -> str:
    """What tells one bank account from another."""
    return f"{account_no}|{account_name}|{bank}"


def subjects(seal: Seal, kind: str, keys: Sequence[str]) -> list[str]:
    """The keyed hash of each subject's key, in hexadecimal digits: all that is stored of whom a row is about."""
    return [index.hex() for index in seal.index(f"{kind}|{key}" for key in keys)]


def subject_key(seal: Seal, kind: str, day: date, row: Mapping[str, str]) -> str:
    """Whom a bad row of a list of ``day`` is about, as good rows of its kind would be known; where it does not say,
    the row itself."""
    cells = {name: cell.strip() for name, cell in row.items()}
    number = cells.get("person_no", "")
    if kind == "enrolments" and number.isdecimal() and number.isascii():
        return number
    if kind != "enrolments" and cells.get("cert_no"):
        category = ""
        if kind in ("flags", "applications"):
            category = cells.get("category", "")
            category = identity_words(cells.get("area", "")[:2] + "0000", day).get(category, "")
        if kind == "applications":
            category += cells.get("insured_year", "")[:4]
        return seal.index_one(document_key(cells.get("cert_type", ""), cells["cert_no"].upper())).hex() + category
    return orjson.dumps(dict(row), option=orjson.OPT_SORT_KEYS).decode()
