"""The bank's lists: accounts of those who are assisted after payment, some of them bad, and their correction later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adapters.bureau.columns import fields_of
from adapters.simulators.accounts import Defect, account_number
from adapters.simulators.bureau.lists import DroppedList
from adapters.simulators.bureau.opening import County, take
from adapters.simulators.bureau.situations import Texts

_FIELDS = [known.name for known in fields_of("accounts")]
_BAD, _CORRECTED = 0.006, 0.8
_DEFECTS: tuple[Defect, ...] = ("account_missing", "account_closed", "name_mismatch")
_OPENING, _CORRECTION = 10**10, 5 * 10**10


@dataclass(frozen=True)
class Accounts:
    """Who has an account at the opening, and which of them are bad in which way (None: good)."""

    holders: list[int]
    defects: list[Defect | None]

    @property
    def bad(self) -> list[int]:
        """Positions, among the accounts, of those that money cannot be paid to."""
        return [at for at, defect in enumerate(self.defects) if defect is not None]


def open_accounts(rng: np.random.Generator, county: County) -> Accounts:
    """An account for everybody whose assistance is paid out after their own payment; every defect at least twice."""
    holders = np.unique(county.flags.person[county.flags.of(*county.profile.paid_afterwards)])
    wanted = min(len(holders), max(2 * len(_DEFECTS), round(len(holders) * _BAD)))
    defects: list[Defect | None] = [None] * len(holders)
    for turn, at in enumerate(rng.choice(len(holders), wanted, replace=False).tolist()):
        defects[at] = _DEFECTS[turn % len(_DEFECTS)]
    return Accounts(holders.tolist(), defects)


def opening_accounts(county: County, accounts: Accounts) -> DroppedList:
    """The bank's list at the opening."""
    numbers = [
        account_number(_OPENING + 37 * at, defect)
        for at, defect in zip(accounts.holders, accounts.defects, strict=True)
    ]
    return _list(county, f"{county.opening}/payees-accounts-农商银行.csv", accounts.holders, numbers)


def corrected_accounts(county: County, accounts: Accounts) -> DroppedList:
    """New accounts of most of those whose first one was bad."""
    mended = accounts.bad[: max(1, round(len(accounts.bad) * _CORRECTED))]
    holders = [accounts.holders[at] for at in mended]
    numbers = [account_number(_CORRECTION + 37 * at) for at in holders]
    return _list(
        county, f"{county.day(county.profile.corrected_accounts)}/payees-accounts-农商银行-更正.csv", holders, numbers
    )


def _list(county: County, path: str, holders: list[int], numbers: list[str]) -> DroppedList:
    columns: Texts = {
        name: [county.columns[name][at] for at in holders] for name in ("person_no", "name", "cert_type", "cert_no")
    }
    columns |= {"account_name": columns["name"], "account_no": numbers, "bank": [county.profile.bank] * len(holders)}
    rows = take(columns, _FIELDS, range(len(holders)))
    return DroppedList(path=path, kind="accounts", fields=_FIELDS, rows=rows, headings="chinese")
