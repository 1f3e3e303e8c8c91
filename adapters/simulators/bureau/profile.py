"""What is peculiar to one notice's synthetic season: who lives there, who is recognised as what, which lists come when.

One file a notice, ``seasons/<notice>.yaml``. It holds shares and days of a made-up bureau, and nothing of the law: what
is owed and assisted is the notice's, the window is handed in.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from config.yaml_text import read_yaml

SEASONS = Path(__file__).with_name("seasons")
Share = float


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Circumstance(_Strict):
    """How many of the planned residents are in a circumstance, and between which ages."""

    per_100k: int
    ages: tuple[int, int]


class PriorCover(_Strict):
    """An employee's cover that ended in the year before the insured one, among those of one identity."""

    category: str
    share: Share


class Department(_Strict):
    """A list of the opening: which categories it names, and how the department writes."""

    name: str
    categories: tuple[str, ...]
    file: Literal["csv", "xlsx"] = "csv"
    headings: Literal["ours", "national", "chinese"] = "chinese"
    encoding: str = "utf-8"
    words: Literal["chinese", "codes", "ours"] = "chinese"
    fields: tuple[str, ...] = ("name", "cert_type", "cert_no")


class Recognised(_Strict):
    """People whom a department recognises after the opening: on which list, and between which days."""

    category: str
    listed: str
    days: tuple[str, str]
    share: Share


class StruckOff(_Strict):
    """Identities that end: on which list, on which day, for which share of those who hold them."""

    categories: tuple[str, ...]
    listed: str
    revoked: str
    share: Share


class CastFlag(_Strict):
    """An identity of somebody in the cast. ``area`` None: recognised here. ``ended`` is listed on ``ended_listed``."""

    category: str
    recognised: str
    listed: str | None = None
    area: str | None = None
    revoked: str | None = None
    revoked_listed: str | None = None


class CastApplication(_Strict):
    """An application of somebody in the cast, accepted by ``area`` (None: here)."""

    category: str
    on: str
    listed: str
    area: str | None = None


class TakenBack(_Strict):
    """The bank takes back on a day what somebody paid at once; they pay again when asked, or nothing more."""

    day: str
    again: bool


class Situation(_Strict):
    """People in one particular situation, so that the season has some of them at any size.

    ``row`` are cells of their line on the roster: those named ``*_on`` are days, ``here`` is the area itself. Without
    ``listed`` they are there at the opening.
    """

    what: str
    per_100k: int = 12
    at_least: int = Field(default=1, ge=1)
    ages: tuple[int, int] | None = None
    born: tuple[str, str] | None = None
    person_type: str | None = None
    listed: str | None = None
    row: dict[str, str] = {}
    flags: tuple[CastFlag, ...] = ()
    applications: tuple[CastApplication, ...] = ()
    bank: TakenBack | None = None


class NextDoorCase(_Strict):
    """Cases between the county and its neighbour: who opens them, and how they end.

    ``open``: one that comes up so late that nobody pays any more, and is still open when the season ends.
    """

    kind: Literal["wrong_area", "assistance_claim"]
    opened: Literal["here", "there"]
    end: Literal["completed", "refused", "rejected", "withdrawn", "open", "closed"]
    count: int = Field(default=1, ge=1)


class NextDoor(_Strict):
    """A neighbouring county with an installation of its own: how many live there, how many are enrolled twice."""

    area: str
    residents: int = 200
    twice: int = 2
    cases: tuple[NextDoorCase, ...] = ()


class Payers(_Strict):
    """How the simulated residents behave: shares of those presented, and the days on which colleges hand in."""

    late_share: Share = 0.0055
    never_share: Share = 0.0035
    college_days: tuple[str, ...] = ("09-16", "09-23", "10-21", "11-18")


class Profile(_Strict):
    """A season's peculiarities. ``on_top`` says that the plan leaves out those whom a department pays for."""

    lists: str
    corrected_accounts: str
    on_top: bool = False
    neighbours: tuple[str, ...]
    college_elsewhere: str
    bank: str
    households: dict[str, Share]
    persons: dict[str, Share]
    alone: str
    children: tuple[str, ...]
    also: str | None = None
    circumstances: dict[str, Circumstance] = {}
    prior_cover: PriorCover | None = None
    cover_ended: tuple[str, str] | None = None
    departments: tuple[Department, ...]
    recognised: tuple[Recognised, ...] = ()
    struck_off: tuple[StruckOff, ...] = ()
    newborn_lists: tuple[str, ...]
    mover_lists: tuple[str, ...]
    paid_afterwards: tuple[str, ...]
    situations: tuple[Situation, ...] = ()
    payers: Payers = Payers()
    next_door: NextDoor | None = None
    net_from: str | None = None
    """The day from which a county that levied gross levies net, where its notice leaves that to it."""


@cache
def load_profile(notice: str) -> Profile:
    """The profile of a notice's season. Raises ``FileNotFoundError`` where nobody has written one."""
    return Profile.model_validate(read_yaml(SEASONS / f"{notice}.yaml"))
