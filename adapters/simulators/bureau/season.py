"""All files of one season, written below a directory, with a manifest of what an intake must find in them."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from adapters.simulators.bureau.arrivals import arrivals
from adapters.simulators.bureau.banking import Accounts, corrected_accounts, open_accounts, opening_accounts
from adapters.simulators.bureau.cast import Part, cast_lists, choose, describe_cast, enact, taken_back
from adapters.simulators.bureau.days import Calendar
from adapters.simulators.bureau.departments import department_lists, later_lists
from adapters.simulators.bureau.departures import departures
from adapters.simulators.bureau.lists import DroppedList, write
from adapters.simulators.bureau.next_door import next_door
from adapters.simulators.bureau.opening import County, rosters
from adapters.simulators.bureau.population import CAST, LATE_CAST, MOVER, NEWBORN, PLANNED, SPONSORED, joined, populate
from adapters.simulators.bureau.profile import Profile, load_profile
from adapters.simulators.bureau.recognition import recognise
from adapters.simulators.bureau.situations import describe
from adapters.simulators.bureau.spoiling import spoil
from config.areas import Area

_BAD_ROWS = 0.002
LARGEST_SHARE = 100.0
"""Times an area that may be made at once: beyond, identity numbers of one birthday would run out."""
_NO_FILES_OF_OURS = {
    "通讯录.csv": "姓名,科室,电话\r\n张三,征缴股,0915-0000000\r\n".encode("gb18030"),
    "缴费通知.pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
    "空表.csv": b"\r\n",
}


def synthesize(
    area: Area,
    year: int,
    seed: int,
    share: float,
    directory: Path,
    window: tuple[date, date] | None = None,
    bad_rows: float = _BAD_ROWS,
) -> dict[str, Any]:
    """Write the season's files below ``directory`` and return the manifest, also written there as ``manifest.json``.

    Files lie in a folder named by the day they are dropped: ``2020-08-31/enrolments-610922100-城关镇.csv``. Each town's
    planned residents are ``share`` of the plan's number, those on top of the plan come beside. ``window`` holds the
    first and last day on which the notice collects, by default 1 September to 31 December of the year before.
    ``bad_rows`` is the share of rows that are spoiled. The same arguments give the same bytes.
    """
    rng, play = (np.random.default_rng([seed, year, int(area.code), *more]) for more in ((), (1,)))
    profile = load_profile(area.notices[year])
    calendar = Calendar(year, *(window or (date(year - 1, 9, 1), date(year - 1, 12, 31))))
    county, cast = _county(rng, play, area, profile, calendar, share)
    accounts = open_accounts(rng, county)
    leaving, leavers = departures(seed, county, accounts)
    between, moving = next_door(seed, county, leavers)
    smaller = [
        *department_lists(county),
        opening_accounts(county, accounts),
        *later_lists(rng, county),
        *arrivals(rng, county),
        corrected_accounts(county, accounts),
        *cast_lists(county, cast),
        *leaving,
        *moving,
    ]
    files = _write_all(rng, county, [rosters(county), smaller], directory, bad_rows)
    manifest = {
        "area": area.code,
        "year": year,
        "notice": area.notices[year],
        "seed": seed,
        "share": share,
        "towns": _towns(county),
        "flags": dict(sorted(Counter(county.flags.category[county.flags.revoked < 0].tolist()).items())),
        "situations": {
            one.what: sum(part.situation == at for part in cast) for at, one in enumerate(profile.situations)
        },
        "taken_back": taken_back(county, cast),
        "accounts": _accounts(accounts),
        "next_door": between,
        "files": sorted([*files, *_extra_files(county, files, directory)], key=lambda entry: entry["path"]),
    }
    (directory / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    return manifest


def _county(
    rng: np.random.Generator,
    play: np.random.Generator,
    area: Area,
    profile: Profile,
    calendar: Calendar,
    share: float,
) -> tuple[County, list[Part]]:
    """The people with all that is known of them; last the cast, whose draws (``play``) are apart from the others'."""
    year, lists_of = calendar.year, calendar.day(profile.lists)
    parts = choose(play, area, year, share, profile, calendar)
    taken = [sum(part.town == at and part.opening for part in parts) for at in range(len(area.towns))]
    people = populate(rng, area, year, share, lists_of, profile.on_top, taken)
    flags = recognise(rng, profile, lists_of, people)
    category = profile.prior_cover.category if profile.prior_cover else ""
    columns = describe(rng, area, profile, calendar, people, flags.holds(category, len(people)))
    cast = enact(play, area, parts, people)
    describe_cast(columns, area, profile, calendar, parts, cast)
    return County(area, calendar, profile, joined(people, cast), columns, flags), parts


def _write_all(
    rng: np.random.Generator,
    county: County,
    lists: Iterable[Iterable[DroppedList]],
    directory: Path,
    bad_rows: float,
) -> list[dict[str, Any]]:
    """Write each list as it comes, so that only one roster is held at a time; what an intake finds in each of them.

    Part of the rows of the opening lists is spoiled; what comes later is short and comes clean.
    """
    opening, next_kind, entries = county.opening.isoformat(), Counter[str](), []
    for dropped in chain.from_iterable(lists):
        if dropped.path.startswith(opening):
            next_kind[dropped.kind] = spoil(rng, dropped, bad_rows, next_kind[dropped.kind])
        write(dropped, directory)
        entries.append(dropped.manifest())
    return entries


def _extra_files(county: County, files: list[dict[str, Any]], directory: Path) -> list[dict[str, Any]]:
    """Files that are none of ours, and the smallest roster of the opening dropped a second time."""
    day = county.opening.isoformat()
    entries = []
    for name, content in _NO_FILES_OF_OURS.items():
        (directory / day / name).write_bytes(content)
        entries.append({"path": f"{day}/{name}", "business_date": day, "refused": True})
    again = Path(min((e for e in files if e["kind"] == "enrolments" and e["path"].startswith(day)), key=_rows)["path"])
    path = f"{county.opening + timedelta(days=3)}/{again.stem}-重发{again.suffix}"
    (directory / path).parent.mkdir(exist_ok=True)
    shutil.copyfile(directory / again, directory / path)
    entries.append({"path": path, "business_date": path[:10], "same_as": str(again)})
    return entries


def _rows(entry: dict[str, Any]) -> int:
    return int(entry["rows"])


def _towns(county: County) -> list[dict[str, Any]]:
    """Each town's people by why they are there: in its plan, on top of it, born or come during the season."""
    towns, on_top = [], county.profile.on_top
    for at, town in enumerate(county.area.towns):
        reasons = Counter(county.people.reason[county.people.town == at].tolist())
        towns.append(
            {
                "code": town.code,
                "name": town.name,
                "planned": reasons[PLANNED] + reasons[CAST] + (0 if on_top else reasons[SPONSORED]),
                "sponsored": reasons[SPONSORED] if on_top else 0,
                "newborn": reasons[NEWBORN],
                "movers": reasons[MOVER] + reasons[LATE_CAST],
            }
        )
    return towns


def _accounts(accounts: Accounts) -> dict[str, Any]:
    return {
        "holders": len(accounts.holders),
        "bad": dict(Counter(defect for defect in accounts.defects if defect is not None)),
    }
