"""People who leave, or are covered elsewhere too: premiums asked back, deaths, other cover, and their accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from adapters.bureau.columns import fields_of
from adapters.simulators.accounts import account_number
from adapters.simulators.bureau.banking import Accounts
from adapters.simulators.bureau.days import Calendar
from adapters.simulators.bureau.lists import DroppedList
from adapters.simulators.bureau.opening import County, take
from adapters.simulators.bureau.population import PLANNED
from adapters.simulators.bureau.situations import Texts
from adapters.simulators.tax.payers import Payers
from adapters.simulators.tax.settings import PayerSettings

_JOINED, _LATE, _DIED, _COVERED = 0.0004, 0.0002, 0.0006, 0.0003
"""Shares of the planned residents: who left before they paid and who left after, dead, on the list of other cover. As
many of those with an identity left before, and as many are of a wrong tier as left after, and a few more."""
_TIERS, _TIMELY = 3, 2
_ACCOUNTS, _IN_TIME, _CORRECTED = 7 * 10**10, 75 * 10**9, 8 * 10**10
_ELSEWHERE = ((24, "否"), (6, "否"), (9, "是"), (15, "是"))
"""Months of the other cover, and whether it is by flexible employment, in turn: notices tell these apart."""
_REFUNDS = [known.name for known in fields_of("refunds") if known.name != "person_no"]
_COVERS = [known.name for known in fields_of("other_cover") if known.name != "person_no"]
_PAYEES = [known.name for known in fields_of("accounts")]


@dataclass(frozen=True)
class _Leavers:
    """Who is on which list, as places of people; nobody is on two. Of these only ``assisted`` have an identity, and
    some of ``tier``, who paid by a wrong tier, which is given back and asked for anew: what their fund was asked for
    is taken off again. Some of them have a bad account, so that it has not left yet. ``timely`` ask back before the
    cover begins; the last of them have been assisted.
    """

    joined: list[int]
    late: list[int]
    died: list[int]
    covered: list[int]
    assisted: list[int]
    tier: list[int]
    timely: list[int]

    @property
    def all(self) -> frozenset[int]:
        """Everybody of whom a list tells."""
        return frozenset(
            (*self.joined, *self.late, *self.died, *self.covered, *self.assisted, *self.tier, *self.timely)
        )


def departures(seed: int, county: County, accounts: Accounts) -> tuple[list[DroppedList], frozenset[int]]:
    """The lists of the season, and the places of whom they tell; drawn apart from all else, so that nobody else
    changes by them.
    """
    rng = np.random.default_rng([seed, county.calendar.year, int(county.area.code), 6])
    leavers = _choose(seed, rng, county, accounts)
    if leavers is None:
        return [], frozenset()
    begins = date(county.calendar.year, 1, 1)
    before, after = county.calendar.opens - timedelta(days=20), begins + timedelta(days=10)
    asked, deaths = county.calendar.closes + timedelta(days=16), begins + timedelta(days=65)
    died = [begins + timedelta(days=int(at)) for at in rng.integers(1, 60, len(leavers.died))]
    joined = [(one, before) for one in leavers.joined + leavers.assisted] + [(one, after) for one in leavers.late]
    noticed, in_time = _noticed(county.calendar), county.calendar.closes - timedelta(days=20)
    lists = [
        _refunds(county, in_time, "转职工医保-按时", "参加职工医保", [(one, before) for one in leavers.timely]),
        _refunds(county, asked, "转职工医保", "参加职工医保", joined),
        _refunds(county, noticed, "档次错误", "档次错误", [(one, noticed) for one in leavers.tier]),
        _refunds(county, deaths, "死亡", "死亡", list(zip(leavers.died, died, strict=True))),
        _other_cover(county, in_time, leavers.covered, before),
        _accounts(county, in_time, "退费-按时", [*leavers.timely, *leavers.covered], _IN_TIME, spoilt=0),
        _accounts(county, asked, "退费", leavers.joined[1:], _ACCOUNTS, spoilt=1),
        _accounts(county, deaths, "退费更正", leavers.joined[:2], _CORRECTED, spoilt=0),
    ]
    return lists, leavers.all


def _choose(seed: int, rng: np.random.Generator, county: County, accounts: Accounts) -> _Leavers | None:
    """Who leaves; None where hardly anybody lives."""
    people = county.people
    plain = people.reason == PLANNED
    plain[county.flags.person] = False
    planned = int(np.count_nonzero(people.reason == PLANNED))
    counts = [max(2, round(planned * share)) for share in (_JOINED, _LATE, _DIED)]
    fitting = np.flatnonzero(plain)
    if len(fitting) < sum(counts):
        return None
    chosen = rng.choice(fitting, sum(counts), replace=False)
    joined, late, died = (part.tolist() for part in np.split(chosen, np.cumsum(counts)[:-1]))
    held = np.flatnonzero((people.reason == PLANNED) & _holds(county))
    assisted = rng.choice(held, min(len(held), counts[0]), replace=False).tolist()
    early = _early(seed, county)
    rest = np.setdiff1d(fitting[early[fitting]], chosen)
    few = (max(len(_ELSEWHERE), round(planned * _COVERED)), counts[1] + _TIERS, _TIMELY)
    drawn = rng.choice(rest, min(len(rest), sum(few)), replace=False)
    covered, tier, timely = (part.tolist() for part in np.split(drawn, np.cumsum(few)[:-1]))
    unpaid = [one for at in accounts.bad if (one := accounts.holders[at]) not in assisted]
    unpaid = [one for one in unpaid if early[one]][: 2 * _TIERS]
    held = np.setdiff1d(held[early[held]], [*assisted, *unpaid])
    with_share = rng.choice(held, min(len(held), _TIERS + _TIMELY), replace=False).tolist()
    tier, timely = tier + unpaid + with_share[_TIMELY:], timely + with_share[:_TIMELY]
    return _Leavers(joined, late, died, covered, assisted, tier, timely)


def _early(seed: int, county: County) -> np.ndarray:
    """Who will have paid, and is known to, well before the list of wrong tiers: others cannot be of a wrong one yet."""
    own, calendar = county.profile.payers, county.calendar
    settings = PayerSettings(
        never_share=own.never_share, late_share=own.late_share, college_days=own.college_days,
        window_begins=f"{calendar.opens:%m-%d}", window_ends=f"{calendar.closes:%m-%d}",
    )  # fmt: skip
    payers, until = Payers(seed, calendar.year, settings), _noticed(calendar) - timedelta(days=20)
    people = zip(county.columns["person_no"], county.columns["person_type"], strict=True)
    habits = [payers.habit(*person) for person in people]
    return np.array([one.rejection is None and 0 < one.day <= until.toordinal() for one in habits], dtype=bool)


def _noticed(calendar: Calendar) -> date:
    """The day of the list of wrong tiers: late enough that many have paid, and early enough to pay once more."""
    return calendar.closes - timedelta(days=45)


def _holds(county: County) -> np.ndarray:
    """Who has an identity that is assisted after the payment, and none besides."""
    holders = np.bincount(county.flags.person, minlength=len(county.people))
    flags = county.flags
    assisted = np.isin(flags.category, county.profile.paid_afterwards) & (flags.revoked < 0)
    once = np.zeros(len(county.people), dtype=bool)
    once[flags.person[assisted]] = True
    alone: np.ndarray = once & (holders == 1)
    return alone


def _refunds(county: County, day: date, name: str, reason: str, listed: list[tuple[int, date]]) -> DroppedList:
    columns = _people(county, [one for one, _ in listed])
    count = len(listed)
    columns |= {
        "reason": [reason] * count,
        "event_on": [f"{event}" for _, event in listed],
        "applied_on": [f"{day - timedelta(days=1)}"] * count,
        "benefits_used": ["否"] * count,
        "own_fault": ["否"] * count,
        "memo": [""] * count,
    }
    rows = take(columns, _REFUNDS, range(count))
    return DroppedList(path=f"{day}/refunds-{name}.csv", kind="refunds", fields=_REFUNDS, rows=rows, headings="chinese")


def _other_cover(county: County, day: date, people: list[int], since: date) -> DroppedList:
    columns, count = _people(county, people), len(people)
    columns |= {
        "scheme": ["职工"] * count,
        "area": [county.profile.college_elsewhere or county.area.code] * count,
        "since": [f"{since}"] * count,
        "months": [str(_ELSEWHERE[at % len(_ELSEWHERE)][0]) for at in range(count)],
        "flexible_employment": [_ELSEWHERE[at % len(_ELSEWHERE)][1] for at in range(count)],
        "entitled": ["是"] * count,
        "memo": [""] * count,
    }
    rows = take(columns, _COVERS, range(count))
    return DroppedList(
        path=f"{day}/other-cover-职工参保比对.csv", kind="other_cover", fields=_COVERS, rows=rows, headings="chinese"
    )


def _accounts(county: County, day: date, name: str, holders: list[int], first: int, spoilt: int) -> DroppedList:
    """Accounts of those who are paid back; the first ``spoilt`` of them are closed."""
    columns, count = _people(county, holders), len(holders)
    columns |= {
        "account_name": columns["name"],
        "account_no": [
            account_number(first + 37 * at, "account_closed" if at < spoilt else None) for at in range(count)
        ],
        "bank": [county.profile.bank] * count,
    }
    rows = take(columns, _PAYEES, range(count))
    return DroppedList(
        path=f"{day}/payees-accounts-{name}.csv", kind="accounts", fields=_PAYEES, rows=rows, headings="chinese"
    )


def _people(county: County, places: list[int]) -> Texts:
    return {name: [county.columns[name][at] for at in places] for name in ("person_no", "name", "cert_type", "cert_no")}
