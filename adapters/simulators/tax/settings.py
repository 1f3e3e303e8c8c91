"""Settings of the simulated payers, with the defaults of a county where nearly everyone pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

Weights = dict[str, int]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A payment that a bank takes back on a ``day``; who does not pay ``again`` pays nothing from then on."""

    day: date
    again: bool


@dataclass(frozen=True, slots=True)
class PayerSettings:
    """Shares are of the persons presented to the tax system; all draws are seeded."""

    never_share: float = 0.0035
    """Who never pays."""
    late_share: float = 0.0055
    """Who would pay only after the window, in the first half of the insured year, if somebody still asks."""
    rejection_share: float = 0.0015
    """Whose dues are rejected, whatever the batch."""
    window_begins: str = "09-01"
    """Month and day in the year before the insured one."""
    window_ends: str = "12-31"
    elder_channels: Weights = field(default_factory=lambda: {"bank_counter": 76, "app": 14, "pos": 10})
    student_channels: Weights = field(default_factory=lambda: {"college_virtual_account": 100})
    other_channels: Weights = field(default_factory=lambda: {"app": 62, "pos": 25, "bank_counter": 13})
    college_days: tuple[str, ...] = ("09-16", "09-23", "10-21", "11-18")
    """The days on which colleges hand in what they collected."""
    taken_back: Mapping[str, TakenBack] = field(default_factory=dict)
    """Whose bank takes their first payment back, by person number. They pay as soon as they are asked."""


def payer_settings(wanted: Mapping[str, Any]) -> PayerSettings:
    """Settings from a mapping such as a JSON file gives. Raises ``ValueError`` on what is unknown or impossible."""
    known = {each.name for each in fields(PayerSettings)}
    if unknown := wanted.keys() - known:
        raise ValueError(f"Unknown payer settings {sorted(unknown)}: known are {sorted(known)}.")
    given: dict[str, Any] = dict(wanted)
    if "college_days" in given:
        given["college_days"] = tuple(given["college_days"])
    backs = {person_no: dict(one) for person_no, one in given.pop("taken_back", {}).items()}
    try:
        given["taken_back"] = {who: TakenBack(date.fromisoformat(one.pop("day")), **one) for who, one in backs.items()}
    except (KeyError, TypeError, ValueError):
        raise ValueError("Payer settings taken_back: each person has a `day`, and whether they pay `again`.") from None
    settings = PayerSettings(**given)
    shares = (settings.never_share, settings.late_share, settings.rejection_share)
    if min(shares) < 0 or settings.never_share + settings.late_share > 1 or settings.rejection_share > 1:
        raise ValueError(
            f"Payer shares {shares} are not shares: each between 0 and 1, the first two at most 1 together."
        )
    return settings
