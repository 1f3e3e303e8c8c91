"""Which area and insured year a season is played for, and the law and profile that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from adapters.simulators.bureau.days import Calendar
from adapters.simulators.bureau.profile import Profile, load_profile
from config.areas import Area, load_areas
from config.settings import Settings
from config.yaml_text import read_yaml
from policies.load import load_notice
from policies.local import load_local
from worker.season.calendar import SeasonCalendar, season_calendar


class NoSuchSeason(Exception):
    """No season can be played for what was asked; the message says which can."""


@dataclass(frozen=True)
class Place:
    """An area, a year of it, its notice's days and the profile of its people."""

    area: Area
    insured_year: int
    calendar: SeasonCalendar
    profile: Profile

    @property
    def notice(self) -> str:
        """The name of the notice in force."""
        return self.area.notices[self.insured_year]

    def payers(self, taken_back: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """How the simulated residents pay: in the notice's window, as the profile says, and as the manifest's
        ``taken_back`` has it.
        """
        own = self.profile.payers
        return {
            "window_begins": f"{self.calendar.opens:%m-%d}",
            "window_ends": f"{self.calendar.closes:%m-%d}",
            "late_share": own.late_share,
            "never_share": own.never_share,
            "college_days": list(own.college_days),
            "taken_back": dict(taken_back or {}),
        }

    def goes_over(self, home: Path) -> dict[str, Any]:
        """Settings of a county that goes over from gross to net levy in mid-season; nothing for any other.

        The parameters of the first days are written into the home: the area's own, only that the levy is gross.
        """
        net = self.area.local.get(self.insured_year)
        if self.profile.net_from is None or net is None:
            return {}
        gross = home / "local-gross.yaml"
        gross.write_text(yaml.safe_dump({**read_yaml(net), "flow": "gross_levy"}), "utf-8")
        window = (self.calendar.opens, self.calendar.closes)
        since = Calendar(self.insured_year, *window).day(self.profile.net_from)
        return {"local": str(gross), "local_changes": [{"since": since, "file": str(net)}]}


def choose_place(notice: str | None, area: str | None, year: int | None, settings: Settings) -> Place:
    """The place for what was asked: any of notice, area and year, or none for that of the settings.

    A notice alone is played in its first area of ``config/areas.yaml``.

    Raises ``NoSuchSeason`` for what is not there, or not one place only.
    """
    if not (notice or area or year):
        area, year = settings.area, settings.insured_year
    known = [
        (code, each, name)
        for code, one in load_areas().items()
        for each, name in one.notices.items()
        if one.planned(each)
    ]
    fitting = [
        (code, each)
        for code, each, name in known
        if notice in (None, name) and area in (None, code) and year in (None, each)
    ]
    if notice and not area:
        fitting = fitting[:1]  # the first area of the notice
    if len(fitting) != 1:
        seasons = ", ".join(f"{name} in {code} ({load_areas()[code].name}) for {each}" for code, each, name in known)
        which = "no season" if not fitting else "more than one season"
        raise NoSuchSeason(f"{which} fits --notice, --area and --year as given; config/areas.yaml has {seasons}.")
    code, each = fitting[0]
    return _place(load_areas()[code], each, settings)


def _place(area: Area, insured_year: int, settings: Settings) -> Place:
    notice = load_notice(area.notices[insured_year])
    path = settings.local or area.local.get(insured_year)
    local = load_local(path, notice) if path else None
    try:
        profile = load_profile(notice.notice)
    except FileNotFoundError:
        raise NoSuchSeason(f"adapters/simulators/bureau/seasons has no profile of {notice.notice} to play.") from None
    return Place(area, insured_year, season_calendar(notice, local), profile)
