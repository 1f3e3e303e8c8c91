"""Which notice governs an area in a year: the most specific one in force, and nothing from another year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from policies.notice import Notice
from policies.rule import Bilingual
from policies.rulefile import PolicyError

LEVELS: Final[dict[int, Bilingual]] = {
    6: Bilingual(zh="县（区）", en="county or district"),
    4: Bilingual(zh="市", en="city"),
    2: Bilingual(zh="省", en="province"),
}
"""The levels of an area code by the number of its digits, the most specific first."""
PARTS: Final[dict[str, Bilingual]] = {
    "revocation": Bilingual(zh="身份终止", en="identities that ended"),
    "refund": Bilingual(zh="退费", en="refunds"),
    "duplicate": Bilingual(zh="重复参保", en="duplicate enrolments"),
    "places": Bilingual(zh="参保地", en="place of enrolment"),
    "full_funding": Bilingual(zh="筹资标准", en="full funding standard"),
}
"""The parts that a notice may be silent on."""


class NoNotice(PolicyError):
    """No notice is in force for an area in a year, and no other year's is taken instead."""

    def __init__(self, area: str, year: int, near: tuple[str, ...]) -> None:
        self.area, self.year, self.near = area, year, near
        beside = f"；仅有{'、'.join(near)}，不沿用" if near else ""
        others = f"; there is {', '.join(near)}, which is not carried over" if near else ""
        super().__init__(
            f"{area}在{year}参保年度没有通知{beside} / no notice governs {area} in the insured year {year}{others}"
        )


class ConflictingNotices(PolicyError):
    """Two notices of the same year are equally specific about an area, so that neither governs."""

    def __init__(self, area: str, year: int, names: tuple[str, ...]) -> None:
        self.area, self.year, self.names = area, year, names
        super().__init__(
            f"{area}在{year}参保年度有同级通知{'、'.join(names)}，无法确定适用哪一个 / "
            f"{' and '.join(names)} are equally specific about {area} in the insured year {year}; keep one of them"
        )


@dataclass(frozen=True, slots=True)
class Level:
    """One level above or at an area: the code's leading digits, and the notices of the year made for just that."""

    prefix: str
    notices: tuple[str, ...]

    @property
    def name(self) -> Bilingual:
        """What such an area is called."""
        return LEVELS[len(self.prefix)]


@dataclass(frozen=True, slots=True)
class Resolution:
    """The notice that governs an area in a year, the level it speaks for, and the wider notices it sets aside."""

    area: str
    year: int
    notice: Notice
    levels: tuple[Level, ...]
    set_aside: tuple[Notice, ...]
    other_years: tuple[Notice, ...]

    @property
    def level(self) -> Level:
        """The level from which the rules come."""
        return next(level for level in self.levels if level.notices)

    def silent_on(self, wider: Notice) -> tuple[str, ...]:
        """Parts that a wider notice regulates and the governing one does not: they are not taken over."""
        return tuple(part for part in PARTS if getattr(wider, part) and not getattr(self.notice, part))

    def reasons(self) -> tuple[Bilingual, ...]:
        """Why this notice governs, what the area inherits and what it does not."""
        return tuple(_reasons(self))


def governing(notices: Iterable[Notice], area: str, year: int) -> Resolution:
    """The most specific notice in force: county over city over province, by the leading digits of the code.

    Raises ``NoNotice``, or ``ConflictingNotices`` when two are equally specific.
    """
    covering = [notice for notice in notices if notice.covers(area)]
    of_year = [notice for notice in covering if notice.insured_year == year]
    others = tuple(sorted((n for n in covering if n.insured_year != year), key=lambda notice: notice.insured_year))
    if not of_year:
        raise NoNotice(area, year, tuple(notice.notice for notice in others))
    by_level = tuple(
        Level(area[:digits], tuple(n.notice for n in of_year if specificity(n, area) == digits)) for digits in LEVELS
    )
    most = next(level for level in by_level if level.notices)
    if len(most.notices) > 1:
        raise ConflictingNotices(area, year, most.notices)
    winner = next(notice for notice in of_year if notice.notice == most.notices[0])
    wider = tuple(sorted((n for n in of_year if n is not winner), key=lambda notice: -specificity(notice, area)))
    return Resolution(area, year, winner, by_level, wider, others)


def specificity(notice: Notice, area: str) -> int:
    """How many leading digits of an area's code a notice names: 6 county, 4 city, 2 province, 0 not covered."""
    return max((len(prefix) for prefix in notice.areas if area.startswith(prefix)), default=0)


def _reasons(found: Resolution) -> Iterable[Bilingual]:
    name, level = found.notice.notice, found.level
    yield Bilingual(
        zh=f"{found.area}在{found.year}参保年度适用{name}：该年度最具体的通知（{level.name.zh}级，{level.prefix}）",
        en=f"{name} governs {found.area} in {found.year}: the most specific notice of that year "
        f"({level.name.en}, {level.prefix})",
    )
    if level.prefix != found.area:
        yield Bilingual(
            zh=f"{found.area}没有自己的通知，全部规则承自{level.name.zh}级通知{name}",
            en=f"{found.area} has no notice of its own and inherits all rules from the {level.name.en}'s {name}",
        )
    elif not found.set_aside:
        yield Bilingual(
            zh="该年度没有更上级的通知，无可承继",
            en="no wider notice of that year is kept, so nothing is inherited",
        )
    for wider in found.set_aside:
        yield _set_aside(found, wider)
    if found.other_years:
        names = [notice.notice for notice in found.other_years]
        yield Bilingual(
            zh=f"其他年度（{'、'.join(names)}）不沿用",
            en=f"nothing is carried over from other years ({', '.join(names)})",
        )


def _set_aside(found: Resolution, wider: Notice) -> Bilingual:
    silent = [PARTS[part] for part in found.silent_on(wider)]
    zh = f"取代上级通知{wider.notice}的全部规则"
    en = f"it overrides {wider.notice} as a whole"
    if silent:
        zh += f"；{'、'.join(part.zh for part in silent)}本通知未规定，不从上级承继，按未确定处理"
        en += (
            f"; on {', '.join(part.en for part in silent)} it is silent, which stays undetermined and is not inherited"
        )
    return Bilingual(zh=zh, en=en)
