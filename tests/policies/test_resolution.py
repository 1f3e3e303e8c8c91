"""The most specific notice of the year governs; nothing is carried over, and equals are refused."""

import pytest

from policies.load import load_notice, load_notices
from policies.notice import Notice
from policies.resolution import ConflictingNotices, NoNotice, governing


def made(name: str, areas: tuple[str, ...], year: int, like: str = "jilin-2021", **parts: object) -> Notice:
    """A notice like another one, for other areas and another year."""
    return load_notice(like).model_copy(update={"notice": name, "areas": areas, "insured_year": year, **parts})


PROVINCE = made("province-2024", ("22",), 2024)
CITY = made("city-2024", ("2201",), 2024)
COUNTY = made("county-2024", ("220106", "220182"), 2024)


@pytest.mark.parametrize(
    ("kept", "governs"),
    [
        ((PROVINCE, CITY, COUNTY), "county-2024"),
        ((COUNTY, CITY, PROVINCE), "county-2024"),
        ((PROVINCE, CITY), "city-2024"),
        ((PROVINCE,), "province-2024"),
    ],
)
def test_county_goes_before_city_and_city_before_province(kept: tuple[Notice, ...], governs: str) -> None:
    found = governing(kept, "220106", 2024)
    assert found.notice.notice == governs
    assert [wider.notice for wider in found.set_aside] == [
        name for name in ("city-2024", "province-2024") if name in {one.notice for one in kept} - {governs}
    ]


def test_an_area_outside_of_the_city_stays_with_the_province() -> None:
    assert governing((PROVINCE, CITY, COUNTY), "220201", 2024).notice is PROVINCE


def test_two_notices_equally_specific_are_an_error_that_names_both() -> None:
    twin = made("twin-2024", ("2201",), 2024)
    with pytest.raises(ConflictingNotices, match="city-2024 and twin-2024"):
        governing((PROVINCE, CITY, twin), "220106", 2024)


def test_equals_of_a_wider_level_do_no_harm_below_a_more_specific_one() -> None:
    twin = made("twin-2024", ("22",), 2024)
    assert governing((PROVINCE, twin, CITY), "220106", 2024).notice is CITY


def test_a_year_without_a_notice_is_a_sentence_that_names_the_years_there_are() -> None:
    with pytest.raises(
        NoNotice, match=r"2024参保年度没有通知.*no notice governs 220106 .*jilin-2021.*not carried over"
    ):
        governing(load_notices(), "220106", 2024)


def test_an_area_nobody_governs_has_no_notice() -> None:
    with pytest.raises(NoNotice, match=r"no notice governs 110101 in the insured year 2021$"):
        governing(load_notices(), "110101", 2021)


@pytest.mark.parametrize(
    ("area", "year", "name"),
    [
        ("220106", 2021, "jilin-2021"),
        ("220106", 2022, "changchun-2022"),
        ("220106", 2023, "jilin-2023"),
        ("610922", 2021, "shiquan-2021"),
        ("430124", 2021, "hunan-2021"),
    ],
)
def test_the_kept_notices_govern_their_areas_in_their_years(area: str, year: int, name: str) -> None:
    assert governing(load_notices(), area, year).notice.notice == name


def test_a_county_under_the_province_inherits_all_rules_and_says_so() -> None:
    reasons = " ".join(reason.en for reason in governing(load_notices(), "220106", 2021).reasons())
    assert "inherits all rules from the province's jilin-2021" in reasons
    assert "nothing is carried over from other years (changchun-2022, jilin-2023)" in reasons


def test_what_a_wider_notice_regulates_and_the_city_does_not_is_named_and_not_inherited() -> None:
    silent = made("city-2024", ("2201",), 2024, revocation=(), duplicate=())
    found = governing((PROVINCE, silent), "220106", 2024)
    assert found.silent_on(PROVINCE) == ("revocation", "duplicate")
    assert "is silent, which stays undetermined and is not inherited" in found.reasons()[-1].en
