"""Cells that can only be read knowing the area of their row: towns, and identity categories by the province's codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from adapters.bureau.fields import BLANKS, diagnose
from adapters.bureau.problems import Problem
from adapters.bureau.vocabulary import identity_words
from config.areas import Area


class Places:
    """The towns of the areas an installation levies in, and the identity codes in force on the day of a list."""

    def __init__(self, areas: Mapping[str, Area], day: date) -> None:
        self._day = day
        self._towns = {
            code: {word: town.code for town in area.towns for word in (town.code, town.name)}
            for code, area in areas.items()
        }
        self._read_towns: dict[tuple[Any, str], Any] = {}
        self._read_categories: dict[tuple[Any, str], Any] = {}

    def levied(self, areas: Sequence[Any]) -> list[Any]:
        """Area codes again, with a ``Problem`` for those that this installation does not levy in."""
        strangers = {area for area in set(areas) if isinstance(area, str) and area not in self._towns}
        if not strangers:
            return list(areas)
        return [diagnose("area", area, "unknown_area") if area in strangers else area for area in areas]

    def towns(self, areas: Sequence[Any], cells: Sequence[str]) -> list[Any]:
        """Nine-digit town codes from codes or names."""
        known = self._read_towns
        for pair in set(zip(areas, cells, strict=True)) - known.keys():
            known[pair] = self._town(*pair)
        return [known[pair] for pair in zip(areas, cells, strict=True)]

    def categories(self, areas: Sequence[Any], cells: Sequence[str]) -> list[Any]:
        """Identity categories from our words, Chinese names or the province's codes."""
        known = self._read_categories
        for pair in set(zip(areas, cells, strict=True)) - known.keys():
            known[pair] = self._category(*pair)
        return [known[pair] for pair in zip(areas, cells, strict=True)]

    def _town(self, area: object, cell: str) -> Any:
        stripped = cell.strip(BLANKS)
        if not stripped:
            return Problem("town", "missing")
        if not isinstance(area, str):  # the row is set aside because of its area
            return stripped
        return self._towns[area].get(stripped) or diagnose("town", stripped, "unknown_town")

    def _category(self, area: object, cell: str) -> Any:
        stripped = cell.strip(BLANKS)
        if not stripped:
            return Problem("category", "missing")
        if not isinstance(area, str):
            return stripped
        words = identity_words(area[:2] + "0000", self._day)
        return words.get(stripped) or diagnose("category", stripped, "unknown_category")
