"""A season is made from its notice's profile: same seed, same bytes; shares at any size; every situation is there."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters.simulators.bureau.days import Calendar, NoDay
from adapters.simulators.bureau.profile import SEASONS, load_profile
from adapters.simulators.bureau.season import synthesize
from config.areas import Area, load_areas
from tests.adapters.bureau.reading import Read, read

MADE = {
    (name, code, year): area
    for code, area in load_areas().items()
    for year, name in area.notices.items()
    if name != "shiquan-2021" and area.planned(year)
}
SHARE = {area: 100 / max(100, one.planned(year)) for (_, area, year), one in MADE.items()}
"""About a hundred people each, in whichever area."""
OPENS = {"jilin-2021": (10, 1), "changchun-2022": (10, 8), "hunan-2021": (9, 1), "jilin-2023": (10, 1)}


def make(area: Area, year: int, directory: Path, share: float, seed: int = 7) -> dict[str, Any]:
    window = date(year - 1, *OPENS[area.notices[year]]), date(year - 1, 12, 31)
    return synthesize(area, year, seed, share, directory, window)


def readings(manifest: dict[str, Any], directory: Path) -> dict[str, Read]:
    return {
        entry["path"]: read((directory / entry["path"]).read_bytes(), date.fromisoformat(entry["business_date"]))
        for entry in manifest["files"]
        if "kind" in entry
    }


@pytest.fixture(scope="module", params=MADE, ids=lambda key: key[0])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, dict[str, Any]]:
    """The smallest season of a notice: its key, its directory, its manifest."""
    directory = tmp_path_factory.mktemp("made")
    return request.param, directory, make(MADE[request.param], request.param[2], directory, SHARE[request.param[1]])


def test_the_same_seed_gives_the_same_bytes(made: tuple[Any, Path, dict[str, Any]], tmp_path: Path) -> None:
    key, directory, _ = made
    make(MADE[key], key[2], tmp_path / "again", SHARE[key[1]])
    files = [path.relative_to(directory) for path in directory.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert all((tmp_path / "again" / path).read_bytes() == (directory / path).read_bytes() for path in files)
    make(MADE[key], key[2], tmp_path / "other", SHARE[key[1]], seed=8)
    assert any((tmp_path / "other" / path).read_bytes() != (directory / path).read_bytes() for path in files)


def test_every_row_is_good_or_spoiled_on_purpose(made: tuple[Any, Path, dict[str, Any]]) -> None:
    _, directory, manifest = made
    found = readings(manifest, directory)
    for entry in manifest["files"]:
        if "kind" in entry:
            planted = [(bad["line"], bad["field"], bad["code"]) for bad in entry["bad"]]
            assert (found[entry["path"]].kind, found[entry["path"]].faults) == (entry["kind"], planted), entry["path"]
    assert {"enrolments", "flags", "accounts"} <= {one.kind for one in found.values()}


def test_nobody_in_a_situation_is_spoiled_or_there_twice(made: tuple[Any, Path, dict[str, Any]]) -> None:
    key, directory, manifest = made
    owners: dict[str, str] = {}
    for found in readings(manifest, directory).values():
        if found.kind == "enrolments":
            for number, document in zip(found.columns["person_no"], found.columns["cert_no"], strict=True):
                assert owners.setdefault(number, document) == document
    assert len(set(owners.values())) == len(owners)
    assert set(manifest["situations"]) == {one.what for one in load_profile(key[0]).situations}
    assert all(manifest["situations"].values())


def test_the_plan_is_a_share_of_the_areas_with_those_in_situations_within_it(
    made: tuple[Any, Path, dict[str, Any]],
) -> None:
    key, _, manifest = made
    for town, counted in zip(MADE[key].towns, manifest["towns"], strict=True):
        wanted = round(town.planned[key[2]] * SHARE[key[1]])
        assert counted["sponsored"] == 0, "the plan of these areas leaves nobody out"
        assert counted["planned"] >= wanted
    planned = sum(town["planned"] for town in manifest["towns"])
    at_opening = sum(one.listed is None for one in load_profile(key[0]).situations)
    assert planned <= MADE[key].planned(key[2]) * SHARE[key[1]] + 3 * at_opening + len(manifest["towns"])


def test_a_tenfold_season_has_tenfold_shares(tmp_path: Path) -> None:
    area = load_areas()["220106"]
    small, large = (make(area, 2022, tmp_path / str(share), share) for share in (0.01, 0.1))
    for count in (sum(town["planned"] for town in one["towns"]) for one in (small,)):
        assert sum(town["planned"] for town in large["towns"]) == pytest.approx(10 * count, rel=0.02)
    held = Counter(large["flags"])
    assert held["minimum_living_allowance"] / sum(t["planned"] for t in large["towns"]) == pytest.approx(0.03, rel=0.3)
    assert large["situations"]["困难劳模，另有医疗保障"] == round(area.planned(2022) * 0.1 * 12 / 100_000)


def test_each_notice_has_a_profile_and_only_the_forms_of_days_that_there_are() -> None:
    assert {path.stem for path in SEASONS.glob("*.yaml")} == {
        name for area in load_areas().values() for name in area.notices.values()
    }
    calendar = Calendar(2022, date(2021, 10, 8), date(2021, 12, 31))
    assert calendar.day("opens-8") == date(2021, 9, 30)
    assert calendar.day("closes+1") == calendar.day("in 01-01") == date(2022, 1, 1)
    assert calendar.day("before 11-15") == date(2021, 11, 15)
    assert calendar.day("birth+90", date(2021, 12, 1)) == date(2022, 3, 1)
    for wrong in ("2021-10-08", "opens", "birth+3", "in 13-01"):
        if wrong == "opens":
            assert calendar.day(wrong) == date(2021, 10, 8)
        else:
            with pytest.raises((NoDay, ValueError)):
                calendar.day(wrong)
