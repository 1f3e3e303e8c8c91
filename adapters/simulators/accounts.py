"""Which bank accounts are bad: the rule that the simulated treasury applies and the synthetic roster plants.

An account number is 19 digits whose last is the Luhn check digit. A wrong one is an account that does not exist; two
prefixes stand for closed accounts and for accounts in another name. Numbers made here never belong to anyone.
"""

from __future__ import annotations

from typing import Literal

Defect = Literal["account_missing", "account_closed", "name_mismatch"]

GOOD_PREFIX = "6217001"
CLOSED_PREFIX = "6217009"
MISNAMED_PREFIX = "6217008"
_SERIAL_DIGITS = 11
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def check_digit(body: str) -> int:
    """The Luhn digit that completes ``body`` (ASCII digits, without the check digit)."""
    total = sum(_DOUBLED[int(digit)] for digit in body[::-2]) + sum(int(digit) for digit in body[-2::-2])
    return -total % 10


def account_number(serial: int, defect: Defect | None = None) -> str:
    """A 19-digit account number for a serial below 10^11, good or with the defect wanted."""
    if not 0 <= serial < 10**_SERIAL_DIGITS:
        raise ValueError(f"serial {serial} does not fit an account number: give 0 to 10^{_SERIAL_DIGITS} - 1")
    prefix = {"account_closed": CLOSED_PREFIX, "name_mismatch": MISNAMED_PREFIX}.get(defect or "", GOOD_PREFIX)
    body = f"{prefix}{serial:0{_SERIAL_DIGITS}d}"
    digit = check_digit(body)
    return f"{body}{(digit + 1) % 10 if defect == 'account_missing' else digit}"


def defect_of(account_no: str) -> Defect | None:
    """What the bank finds wrong with an account number; ``None`` when the money can be credited."""
    well_formed = account_no.isascii() and account_no.isdecimal() and 8 <= len(account_no) <= 30
    if not well_formed or check_digit(account_no[:-1]) != int(account_no[-1]):
        return "account_missing"
    if account_no.startswith(CLOSED_PREFIX):
        return "account_closed"
    if account_no.startswith(MISNAMED_PREFIX):
        return "name_mismatch"
    return None
