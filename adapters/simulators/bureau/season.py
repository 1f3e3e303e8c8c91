"""All files of one season, written below a directory, with a manifest of what an intake must find in them."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from adapters.simulators.bureau.arrivals import arrivals
from adapters.simulators.bureau.banking import Accounts, corrected_accounts, open_accounts, opening_accounts
from adapters.simulators.bureau.departments import department_lists, later_lists
from adapters.simulators.bureau.lists import DroppedList, write
from adapters.simulators.bureau.opening import County, rosters
from adapters.simulators.bureau.population import MOVER, NEWBORN, PLANNED, SPONSORED, populate
from adapters.simulators.bureau.recognition import recognise
from adapters.simulators.bureau.situations import describe
from adapters.simulators.bureau.spoiling import spoil
from config.areas import Area

_BAD_ROWS = 0.002
_NO_FILES_OF_OURS = {
    "通讯录.csv": "姓名,科室,电话\r\n张三,征缴股,0915-0000000\r\n".encode("gb18030"),
    "缴费通知.pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
    "空表.csv": b"\r\n",
}


def synthesize(
    area: Area, year: int, seed: int, share: float, directory: Path, bad_rows: float = _BAD_ROWS
) -> dict[str, Any]:
    """Write the season's files below ``directory`` and return the manifest, also written there as ``manifest.json``.

    Files lie in a folder named by the day they are dropped: ``2020-08-31/enrolments-610922100-城关镇.csv``. Each town's
    planned residents are ``share`` of the notice's number, those on top of the plan come beside. ``bad_rows`` is
    the share of rows that are spoiled. The same arguments give the same bytes.
    """
    rng = np.random.default_rng([seed, year, int(area.code)])
    people = populate(rng, area, year, share)
    flags = recognise(rng, year, people)
    columns = describe(rng, area, year, people, flags.holds("registered_poor", len(people)))
    county = County(area, year, people, columns, flags)
    accounts = open_accounts(rng, county)
    lists = [
        *rosters(county),
        *department_lists(county),
        opening_accounts(county, accounts),
        *later_lists(rng, county),
        *arrivals(rng, county),
        corrected_accounts(county, accounts),
    ]
    _spoil(rng, lists, bad_rows)
    for dropped in lists:
        write(dropped, directory)
    files = [dropped.manifest() for dropped in lists] + _extra_files(county, lists, directory)
    manifest = {
        "area": area.code,
        "year": year,
        "seed": seed,
        "share": share,
        "towns": _towns(county),
        "flags": dict(sorted(Counter(flags.category[flags.revoked < 0].tolist()).items())),
        "accounts": _accounts(accounts),
        "files": sorted(files, key=lambda entry: entry["path"]),
    }
    (directory / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    return manifest


def _spoil(rng: np.random.Generator, lists: list[DroppedList], share: float) -> None:
    """Spoil that share of the rows in the lists of the opening; what comes later is short and comes clean."""
    opening = min(dropped.path[:10] for dropped in lists)
    next_kind: Counter[str] = Counter()
    for dropped in lists:
        if dropped.path.startswith(opening):
            next_kind[dropped.kind] = spoil(rng, dropped, share, next_kind[dropped.kind])


def _extra_files(county: County, lists: list[DroppedList], directory: Path) -> list[dict[str, Any]]:
    """Files that are none of ours, and one of the lists dropped a second time."""
    day = county.day(8, 31).isoformat()
    entries = []
    for name, content in _NO_FILES_OF_OURS.items():
        (directory / day / name).write_bytes(content)
        entries.append({"path": f"{day}/{name}", "business_date": day, "refused": True})
    again = min(
        (dropped for dropped in lists if dropped.kind == "enrolments" and dropped.path.startswith(day)), key=_size
    )
    path = f"{county.day(9, 3)}/{Path(again.path).stem}-重发{Path(again.path).suffix}"
    (directory / path).parent.mkdir(exist_ok=True)
    shutil.copyfile(directory / again.path, directory / path)
    entries.append({"path": path, "business_date": path[:10], "same_as": again.path})
    return entries


def _size(dropped: DroppedList) -> int:
    return len(dropped.rows)


def _towns(county: County) -> list[dict[str, Any]]:
    towns = []
    for at, town in enumerate(county.area.towns):
        reasons = Counter(county.people.reason[county.people.town == at].tolist())
        towns.append(
            {
                "code": town.code,
                "name": town.name,
                "planned": reasons[PLANNED],
                "sponsored": reasons[SPONSORED],
                "newborn": reasons[NEWBORN],
                "movers": reasons[MOVER],
            }
        )
    return towns


def _accounts(accounts: Accounts) -> dict[str, Any]:
    return {
        "holders": len(accounts.holders),
        "bad": dict(Counter(defect for defect in accounts.defects if defect is not None)),
    }
