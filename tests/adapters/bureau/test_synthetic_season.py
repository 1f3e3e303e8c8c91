"""The synthetic bureau keeps its word: the plan's numbers, the same bytes for a seed, every fault in the manifest."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters.bureau.problems import FileRefused
from adapters.bureau.vocabulary import words
from adapters.simulators.accounts import defect_of
from adapters.simulators.bureau.season import synthesize
from adapters.simulators.bureau.spoiling import MISHAPS
from config.areas import load_areas
from policies import vocabulary
from tests.adapters.bureau.reading import Read, read

AREA = load_areas()["610922"]
SHARE = 0.03


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("drop")
    synthesize(AREA, 2021, seed=7, share=SHARE, directory=directory, bad_rows=0.04)
    return directory


@pytest.fixture(scope="module")
def manifest(drop: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((drop / "manifest.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def season(drop: Path, manifest: dict[str, Any]) -> dict[str, Read]:
    return {
        entry["path"]: read((drop / entry["path"]).read_bytes(), date.fromisoformat(entry["business_date"]))
        for entry in manifest["files"]
        if "kind" in entry
    }


def test_each_planted_fault_is_found_and_no_other(season: dict[str, Read], manifest: dict[str, Any]) -> None:
    for entry in manifest["files"]:
        if "kind" in entry:
            found = season[entry["path"]]
            planted = [(bad["line"], bad["field"], bad["code"]) for bad in entry["bad"]]
            assert (found.kind, found.faults, len(found.lines)) == (entry["kind"], planted, entry["good"]), entry[
                "path"
            ]


def test_every_kind_of_fault_is_planted(manifest: dict[str, Any]) -> None:
    planted = {
        (entry["kind"], bad["field"], bad["code"])
        for entry in manifest["files"]
        if "kind" in entry
        for bad in entry["bad"]
    }
    for kind, mishaps in MISHAPS.items():
        assert {(kind, mishap.field, mishap.code) for mishap in mishaps} < planted
        assert (kind, "cert_no", "duplicate") in planted


def test_what_is_no_file_of_ours_is_refused(drop: Path, manifest: dict[str, Any]) -> None:
    strangers = [entry["path"] for entry in manifest["files"] if entry.get("refused")]
    assert len(strangers) == 3
    for path in strangers:
        with pytest.raises(FileRefused):
            read((drop / path).read_bytes())


def test_towns_have_their_planned_residents_and_those_paid_for_on_top(
    season: dict[str, Read], manifest: dict[str, Any]
) -> None:
    planned = [round(town.planned[2021] * SHARE) for town in AREA.towns]
    assert [town["planned"] for town in manifest["towns"]] == planned
    for town, counted in zip(AREA.towns, manifest["towns"], strict=True):
        entry = next(entry for entry in manifest["files"] if town.code in entry["path"] and "kind" in entry)
        repeats = sum(bad["code"].startswith("duplicate") for bad in entry["bad"])
        assert entry["rows"] - repeats == counted["planned"] + counted["sponsored"]
        assert set(season[entry["path"]].columns["town"]) == {town.code}


def test_the_whole_plan_is_the_notices_number() -> None:
    assert AREA.planned(2021) == 154_565


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_people(drop: Path, tmp_path: Path) -> None:
    synthesize(AREA, 2021, seed=7, share=SHARE, directory=tmp_path / "same", bad_rows=0.04)
    files = [path.relative_to(drop) for path in sorted(drop.rglob("*")) if path.is_file()]
    assert len(files) > 30
    assert all((tmp_path / "same" / path).read_bytes() == (drop / path).read_bytes() for path in files)
    synthesize(AREA, 2021, seed=8, share=0.001, directory=tmp_path / "a")
    synthesize(AREA, 2021, seed=9, share=0.001, directory=tmp_path / "b")
    name = "2020-08-31/enrolments-610922100-城关镇.csv"
    assert (tmp_path / "a" / name).read_bytes() != (tmp_path / "b" / name).read_bytes()


def test_nobody_is_two_people(season: dict[str, Read]) -> None:
    owners: dict[str, str] = {}
    for path, found in season.items():
        if found.kind == "enrolments" and "停保" not in path:
            for number, document in zip(found.columns["person_no"], found.columns["cert_no"], strict=True):
                assert owners.setdefault(number, document) == document
    assert len(set(owners.values())) == len(owners)


def test_every_kind_of_person_the_notice_names_is_there(season: dict[str, Read], manifest: dict[str, Any]) -> None:
    enrolments = [found for found in season.values() if found.kind == "enrolments"]
    flags = [found for found in season.values() if found.kind == "flags"]
    categories = {category for found in flags for category in found.columns["category"]}
    assert {
        *("extreme_poverty", "orphan", "de_facto_unsupported_child", "distressed_child", "minimum_living_allowance"),
        *("registered_poor", "military_preferential", "family_planning_household", "edge_household"),
    } <= categories
    circumstances = {
        word for found in enrolments for given in found.columns["circumstances"] if given for word in given
    }
    assert {"demobilised_soldier", "returning_graduate", "released_prisoner", "missing_person"} <= circumstances
    stages = Counter(stage for found in enrolments for stage in found.columns["student_stage"])
    assert stages["school"] > stages["college"] > 0
    held = Counter(
        (number, category)
        for found in flags
        for number, category in set(zip(found.columns["cert_no"], found.columns["category"], strict=True))
    )
    several = Counter(number for number, _ in held)
    assert max(several.values()) >= 2
    assert any(revoked for found in flags for revoked in found.columns["revoked_on"])
    late = [day for found in flags for day in found.columns["recognised_on"] if day > date(2020, 8, 31)]
    assert late
    assert any(day > date(2020, 12, 31) for found in enrolments for day in found.columns["birth_date"])
    assert any(scheme == "employee" for found in enrolments for scheme in found.columns["prior_scheme"])


def test_bad_accounts_are_those_the_bank_will_return_and_their_correction_is_good(
    season: dict[str, Read], manifest: dict[str, Any]
) -> None:
    lists = sorted((path, found) for path, found in season.items() if found.kind == "accounts")
    *_, opening, correction = (found for path, found in lists if "退费" not in path and "异地" not in path)
    defects = Counter(filter(None, map(defect_of, opening.columns["account_no"])))
    assert all(0 < defects[defect] <= count for defect, count in manifest["accounts"]["bad"].items())
    assert not any(map(defect_of, correction.columns["account_no"]))
    assert 0 < len(correction.lines) <= sum(manifest["accounts"]["bad"].values())


def test_the_bureaus_words_are_the_laws_words() -> None:
    assert set(words("category").values()) == set(vocabulary.CATEGORIES)
    assert set(words("circumstances").values()) == set(vocabulary.CIRCUMSTANCES)
    assert set(words("prior_scheme").values()) <= set(vocabulary.PRIOR_SCHEMES)
    assert set(words("student_stage").values()) <= set(vocabulary.STUDENT_STAGES)
