"""The areas an installation levies in, with their towns and the plan of each insured year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.yaml_text import read_yaml


@dataclass(frozen=True)
class Town:
    """A town: nine-digit code, name, and planned residents by insured year."""

    code: str
    name: str
    planned: dict[int, int]


@dataclass(frozen=True)
class Area:
    """A pooling area: six-digit GB/T 2260 code, its towns, its notice and enrolment goal (%) by year."""

    code: str
    name: str
    province: str
    notices: dict[int, str]
    enrolment_goal: dict[int, int]
    outside_plan: tuple[str, ...]
    """Funding sources whose fully assisted people the plan does not count."""
    towns: tuple[Town, ...]
    local: dict[int, Path]
    """Files of local parameters by insured year, where the notice leaves something to the locality."""
    synthetic: bool = False
    """Whether towns' plans and local parameters are made up, to try a notice with."""

    def planned(self, insured_year: int) -> int:
        """Residents planned in all towns for the insured year; 0 where no plan is known."""
        return sum(town.planned.get(insured_year, 0) for town in self.towns)


@cache
def load_areas(path: Path | None = None) -> dict[str, Area]:
    """All areas by code, from ``areas.yaml`` beside this module or from ``path``."""
    source = path or Path(__file__).with_name("areas.yaml")
    entries = read_yaml(source)
    return {
        code: Area(
            code=code,
            towns=tuple(Town(**town) for town in entry.pop("towns")),
            outside_plan=tuple(entry.pop("outside_plan", ())),
            local={year: source.parent / name for year, name in entry.pop("local", {}).items()},
            **entry,
        )
        for code, entry in entries.items()
    }
