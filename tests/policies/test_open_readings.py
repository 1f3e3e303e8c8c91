"""What an office has still to confirm: everything a letter needs, and what hangs on each, counted by hand."""

from datetime import date

import numpy as np
import pytest

from policies.assess import assess
from policies.calendar import day_of
from policies.change.proposal import proposed, settings_of
from policies.load import available_notices, load_notice
from policies.open_readings import hanging, open_readings, stake_in
from policies.person import people_of
from policies.question import AssessQuestion
from policies.roster.roster import Roster

NOTICES = available_notices()


def question(notice: str, area: str, paid_on: date, **facts: object) -> AssessQuestion:
    """An adult at home in an area."""
    fields = {"question": "assess", "notice": notice, "pooling_area": area, "household_area": area, "paid_on": paid_on}
    usual = {"birth_date": date(1970, 5, 1), "as_of": date(paid_on.year + 1, 12, 31)}
    return AssessQuestion.model_validate({**fields, **usual, **facts})


def roster_of(year: int, *asked: AssessQuestion) -> Roster:
    """A roster of these people."""
    paid = np.array([((one.paid_on or one.as_of) - day_of(0)).days for one in asked], np.int32)
    return Roster(people_of(asked), np.array([int(one.pooling_area) for one in asked], np.int32), paid, year)


@pytest.mark.parametrize("name", NOTICES)
def test_every_open_reading_says_gap_and_alternative_and_stands_behind_a_rule(name: str) -> None:
    for one in open_readings(load_notice(name)):
        assert one.reading.gap is not None, one.reading.id
        assert one.reading.alternative is not None, one.reading.id
        assert one.rules, one.reading.id
        assert one.clauses


@pytest.mark.parametrize("name", NOTICES)
def test_every_alternative_written_as_fields_makes_a_valid_notice(name: str) -> None:
    notice = load_notice(name)
    for one in open_readings(notice):
        settings = settings_of(one.reading.alternative.set) if one.reading.alternative else ()
        if any(setting.rule != "local" for setting in settings):
            assert list(proposed(notice, settings).rules()) != list(notice.rules())


def flag(category: str, area: str, **fields: object) -> dict[str, object]:
    """An identity recognised years ago."""
    return {"category": category, "area": area, "recognised_on": date(2019, 3, 1), **fields}


def test_assistance_from_elsewhere_hangs_on_the_reading_about_it() -> None:
    poor = {"flags": (flag("minimum_living_allowance", "220182"),)}
    asked = question("changchun-2022", "220106", date(2021, 11, 2), **poor)
    at_home = question("changchun-2022", "220182", date(2021, 11, 2), **poor)
    found = hanging(roster_of(2022, asked, at_home), load_notice("changchun-2022"), {})["R17"]
    assert (found.people, found.fen, found.open_people) == (1, 13000 + 14000, 0)
    assert found.otherwise is not None
    assert (found.otherwise.affected, found.otherwise.pay_more.fen) == (1, 13000 + 14000)


def test_a_reading_about_cover_has_the_whole_premium_resting_on_it_and_no_money_in_the_alternative() -> None:
    late = question("changchun-2022", "220106", date(2022, 3, 1))
    found = hanging(roster_of(2022, late), load_notice("changchun-2022"), {})["R2"]
    assert (found.people, found.fen) == (1, 37000)
    assert found.otherwise is not None
    assert (found.otherwise.cover_changed, found.otherwise.pay_same) == (1, 1)


def test_late_payers_of_a_county_that_has_not_decided_are_open_and_not_money() -> None:
    late = question("shiquan-2021", "610922", date(2021, 3, 1))
    found = hanging(roster_of(2021, late), load_notice("shiquan-2021"), {})["R19"]
    assert (found.people, found.fen, found.open_people) == (0, 0, 1)
    assert found.otherwise is not None
    assert found.otherwise.after.money["due"].fen == 28000


def test_a_payment_in_december_is_open_by_the_reading_on_cover_beyond_the_year() -> None:
    notice = load_notice("shiquan-2021")
    asked = question("shiquan-2021", "610922", date(2021, 12, 3), circumstances=("demobilised_soldier",))
    decision = assess(notice, None, asked)
    assert decision.outcome == "undetermined"
    assert stake_in(notice, decision, "S7") == 0
    assert stake_in(notice, decision, "S4") is None


def test_an_identity_that_ended_before_the_year_brings_its_assistance_under_the_reading_on_clawback() -> None:
    ended = question(
        "jilin-2021", "220106", date(2020, 11, 2), flags=(flag("orphan", "220106", revoked_on=date(2020, 12, 1)),)
    )
    held = question("jilin-2021", "220106", date(2020, 11, 2), flags=(flag("orphan", "220106"),))
    found = hanging(roster_of(2021, ended, held), load_notice("jilin-2021"), {})["R13"]
    assert (found.revoked_people, found.revoked_fen) == (1, 32000)


def test_a_reading_nobody_needs_has_nothing_hanging_on_it() -> None:
    found = hanging(
        roster_of(2022, question("changchun-2022", "220106", date(2021, 11, 2))), load_notice("changchun-2022"), {}
    )
    assert all((one.people, one.fen, one.open_people) == (0, 0, 0) for one in found.values())
