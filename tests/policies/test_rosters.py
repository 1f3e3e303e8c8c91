"""A roster is drawn alike from the same seed, read from a table of facts, and moved to another year."""

from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from policies.assess import assess
from policies.calendar import day_number, day_of
from policies.load import available_notices, load_notice
from policies.local import LocalParameters
from policies.notice import Notice
from policies.person import people_of, question_of
from policies.roster.drawn import draw_roster
from policies.roster.judged import judge
from policies.roster.roster import Roster, moved_by_years, opening_day
from policies.roster.table import RosterError, read_roster

AREAS = {"shiquan-2021": "610922", "hunan-2021": "430124"}


def locals_of(notice: Notice) -> dict[str, LocalParameters]:
    """A pilot of the care insurance where the notice leaves that open: without it nobody's levy is known."""
    if notice.local_parameters.long_term_care_pilot is None:
        return {}
    fields = {"notice": notice.notice, "areas": ("220106",), "long_term_care_pilot": True}
    return {"220106": LocalParameters.model_validate(fields)}


def drawn(name: str, count: int = 3000, seed: int = 1) -> Roster:
    """Synthetic people of a notice."""
    area = AREAS.get(name, "220106")
    return draw_roster(load_notice(name), (area,), count, np.random.default_rng(seed))


@pytest.mark.parametrize("name", available_notices())
def test_a_seed_draws_the_same_people_and_another_seed_others(name: str) -> None:
    one, again, other = drawn(name), drawn(name), drawn(name, seed=2)
    one.people.check()
    for column in fields(one.people):
        assert np.array_equal(getattr(one.people, column.name), getattr(again.people, column.name))
    assert not np.array_equal(one.people.birth_day, other.people.birth_day)
    assert (one.paid >= one.people.birth_day).all()


@pytest.mark.parametrize("name", available_notices())
def test_a_drawn_roster_meets_every_outcome_the_notice_is_likely_to_give_and_every_assistance(name: str) -> None:
    notice = load_notice(name)
    decisions = judge(drawn(name, 20_000), notice, locals_of(notice)).decisions
    assert {"due", "closed", "undetermined"} <= {decision.outcome for decision in decisions}
    given = {part.rule for decision in decisions for line in decision.lines for part in line.assistance}
    payable = {
        rule.id
        for rule in notice.assistance.rules
        if all(isinstance(share.amount, int | str) for share in rule.shares)
        and (rule.paying_areas is None or "220106" in rule.paying_areas)
    }
    assert payable <= given


@pytest.mark.parametrize("name", available_notices())
def test_everybody_is_decided_in_bulk_as_alone(name: str) -> None:
    notice, roster = load_notice(name), drawn(name, 400)
    judged = judge(roster, notice, {})
    for row in range(len(roster)):
        days = notice.period_last, day_of(int(roster.paid[row]))
        alone = assess(notice, None, question_of(roster.people, row, name, str(roster.pooling_area[row]), *days))
        spoken = judged.decisions[judged.number[row]]
        assert (spoken.lines, spoken.outcome, spoken.steps) == (alone.lines, alone.outcome, alone.steps)


def test_days_move_by_whole_years_and_no_day_stays_none() -> None:
    days = np.array([day_number(date(2020, 2, 29)), day_number(date(2020, 10, 8)), -(2**31)], np.int32)
    moved = moved_by_years(days, 1)
    assert [day_of(int(day)) for day in moved[:2]] == [date(2021, 2, 28), date(2021, 10, 8)]
    assert moved[2] == -(2**31)


def test_who_would_pay_before_the_window_of_the_other_year_waits_for_it() -> None:
    before, after = load_notice("jilin-2021"), load_notice("changchun-2022")
    roster = drawn("jilin-2021")
    moved = roster.under(before, after)
    assert day_of(opening_day(after)) == date(2021, 10, 8)
    in_window = roster.paid >= opening_day(before)
    assert (moved.paid[in_window] >= opening_day(after)).all()
    assert (moved.paid[~in_window] < opening_day(after)).all()
    assert (~in_window).any()


HEADER = "pooling_area,birth_date,paid_on,student_stage,school_area,household_area,residence_area,circumstances,flags"
ROW = "220106,1970-05-01,2020-11-02,,,220106,none,employee_to_resident;moved_in,"
FLAG = "minimum_living_allowance@220106:2020-03-01..2021-02-01"


def written(path: Path, *lines: str) -> Path:
    """A roster file."""
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_table_is_read_as_the_questions_it_stands_for(tmp_path: Path) -> None:
    roster = read_roster(written(tmp_path / "r.csv", HEADER, ROW + FLAG, ROW), 2021)
    question = question_of(roster.people, 0, "jilin-2021", "220106", date(2021, 12, 31), day_of(int(roster.paid[0])))
    assert question.paid_on == date(2020, 11, 2)
    assert question.residence_area is None
    assert question.knows("residence_area")
    assert set(question.circumstances) == {"employee_to_resident", "moved_in"}
    assert [(one.category, one.revoked_on) for one in question.flags] == [
        ("minimum_living_allowance", date(2021, 2, 1))
    ]
    back = people_of([question])
    for column in fields(back):
        expected = getattr(roster.people, column.name)
        assert getattr(back, column.name).tolist() == expected[: len(getattr(back, column.name))].tolist()


def test_an_empty_home_is_not_known(tmp_path: Path) -> None:
    line = "220106,1970-05-01,2020-11-02,,,,none,,"
    roster = read_roster(written(tmp_path / "r.csv", HEADER, line), 2021)
    question = question_of(roster.people, 0, "jilin-2021", "220106", date(2021, 12, 31), date(2020, 11, 2))
    assert not question.knows("household_area")


@pytest.mark.parametrize(
    ("header", "line", "told"),
    [
        (HEADER, ROW.replace("1970-05-01", "1970-02-30"), "line 2, birth_date: 1970-02-30 is no day"),
        (HEADER, ROW.replace("2020-11-02", ""), "line 2, paid_on"),
        (HEADER, ROW + "poor@220106:2020-01-01", "line 2, flags: 'poor' is not a known identity category"),
        (HEADER, ROW + "orphan:2020-01-01", "should read category@area:recognised_on"),
        (HEADER, ROW.replace("moved_in", "moved"), "line 2, circumstances: 'moved' is not a known circumstance"),
        (HEADER, ROW.replace("220106,1970", "2201,1970"), "line 2, pooling_area: write a six-digit area code"),
        (HEADER, ROW + ",", "line 2: 10 fields, not 9"),
        (HEADER.replace("paid_on", "paid"), ROW, "there is no column 'paid'"),
        (HEADER + ",flags", ROW + ",", "the column flags stands twice"),
    ],
)
def test_a_mistake_in_a_table_is_told_with_line_and_field(tmp_path: Path, header: str, line: str, told: str) -> None:
    with pytest.raises(RosterError) as error:
        read_roster(written(tmp_path / "r.csv", header, line), 2021)
    assert told in str(error.value)
