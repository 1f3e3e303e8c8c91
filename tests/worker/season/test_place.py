"""Whose season is played: named by notice, area or year; its days are the notice's own."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from config.areas import load_areas
from config.settings import PLACE, load_settings
from policies.load import load_notice
from worker.season.calendar import NoWindow, season_calendar
from worker.season.place import NoSuchSeason, choose_place
from worker.season.timeline import season_days

SETTINGS = load_settings({})
WINDOWS = {
    "shiquan-2021": (date(2020, 9, 1), date(2020, 12, 31)),
    "jilin-2021": (date(2020, 10, 1), date(2020, 12, 31)),
    "changchun-2022": (date(2021, 10, 8), date(2021, 12, 31)),
    "hunan-2021": (date(2020, 9, 1), date(2020, 12, 31)),
    "jilin-2023": (date(2022, 10, 1), date(2022, 12, 31)),
}


@pytest.mark.parametrize("notice", WINDOWS)
def test_the_window_is_the_notices_and_the_payers_keep_to_it(notice: str) -> None:
    place = choose_place(notice, None, None, SETTINGS)
    assert place.notice == notice
    assert (place.calendar.opens, place.calendar.closes) == WINDOWS[notice]
    payers = place.payers()
    assert (payers["window_begins"], payers["window_ends"]) == tuple(f"{day:%m-%d}" for day in WINDOWS[notice])
    assert all(payers["window_begins"] <= day <= payers["window_ends"] for day in payers["college_days"])


def test_every_day_on_which_a_decision_turns_has_a_round() -> None:
    hunan = choose_place("hunan-2021", None, None, SETTINGS)
    assert date(2021, 3, 1) in hunan.calendar.turns, "the locality extends collection to 28 February"
    days = season_days(2021, [date(2020, 8, 25)], hunan.calendar.turns)
    assert set(hunan.calendar.turns) <= set(days)
    changchun = choose_place("changchun-2022", None, None, SETTINGS).calendar.turns
    assert date(2022, 10, 2) in changchun, "from then on 90 days outlast the year"


def test_a_place_is_found_by_area_or_year_and_shiquan_when_nobody_says() -> None:
    assert choose_place("changchun-2022", None, None, SETTINGS).area.code == "220106"
    assert choose_place("changchun-2022", "220104", None, SETTINGS).area.code == "220104"
    assert choose_place(None, "220106", None, SETTINGS).notice == "changchun-2022"
    assert choose_place(None, None, 2023, SETTINGS).area.code == "220183"
    assert choose_place(None, None, None, SETTINGS).notice == "shiquan-2021"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("beijing-2022", None, None), "no season fits"),
        (("changchun-2022", "610922", None), "no season fits"),
        ((None, None, 2021), "more than one season fits"),
    ],
)
def test_what_cannot_be_played_is_told_with_what_can(
    asked: tuple[str | None, str | None, int | None], said: str
) -> None:
    with pytest.raises(NoSuchSeason, match=said) as refused:
        choose_place(*asked, SETTINGS)
    assert all(notice in str(refused.value) for notice in WINDOWS)


def test_a_notice_without_a_window_has_no_season() -> None:
    notice = load_notice("jilin-2023")
    routes = tuple(route for route in notice.routes if route.id != "window")
    with pytest.raises(NoWindow, match="jilin-2023 names no window"):
        season_calendar(notice.model_copy(update={"routes": routes}), None)


def test_only_made_up_areas_have_made_up_parameters_and_their_files_fit_the_notice() -> None:
    for area in load_areas().values():
        for year, path in area.local.items():
            assert area.synthetic
            assert yaml.safe_load(path.read_text(encoding="utf-8"))["notice"] == area.notices[year]


def test_simulators_of_a_home_are_found_by_every_command_where_they_listen(tmp_path: Path) -> None:
    (tmp_path / "tax.port").write_text("18421\n", "ascii")
    held = load_settings({"LEVY_HOME": str(tmp_path)})
    assert (held.tax_url, held.treasury_url) == ("http://127.0.0.1:18421", "http://127.0.0.1:8422")
    given = load_settings({"LEVY_HOME": str(tmp_path), "LEVY_TAX_URL": "http://tax.example"})
    assert given.tax_url == "http://tax.example"


def test_a_home_says_whose_data_it_holds_unless_the_environment_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / PLACE).write_text("area: '220106'\ninsured_year: 2022\n", "utf-8")
    held = load_settings({"LEVY_HOME": str(tmp_path)})
    assert (held.area, held.insured_year) == ("220106", 2022)
    said = load_settings({"LEVY_HOME": str(tmp_path), "LEVY_AREA": "610922", "LEVY_INSURED_YEAR": "2021"})
    assert (said.area, said.insured_year) == ("610922", 2021)
    assert load_settings({"LEVY_HOME": str(tmp_path)}, placed=False).area == "610922"
