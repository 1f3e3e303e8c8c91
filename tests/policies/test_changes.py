"""What a change means: in rules, and over a roster in people and money that can be counted by hand."""

from datetime import date

import numpy as np
import pytest

from policies.assess import assess
from policies.calendar import day_of
from policies.change.impact import MONEY, impact
from policies.change.proposal import RefusedChange, proposed, proposed_local, setting_of
from policies.change.rules import document_changes, rule_changes
from policies.load import available_notices, load_notice
from policies.notice import Notice
from policies.person import people_of, question_of
from policies.question import AssessQuestion
from policies.roster.drawn import draw_roster
from policies.roster.roster import Roster


def changed(name: str, *settings: str) -> Notice:
    """A notice with fields changed."""
    return proposed(load_notice(name), [setting_of(one) for one in settings])


def roster_of(*people: dict[str, object]) -> Roster:
    """Adults of Changchun who pay inside the window of 2022 unless they say otherwise."""
    usual = {"question": "assess", "notice": "changchun-2022", "pooling_area": "220106", "as_of": date(2022, 12, 31)}
    asked = [AssessQuestion.model_validate({**usual, "birth_date": date(1970, 5, 1), **one}) for one in people]
    paid = [(one.paid_on or date(2021, 11, 2)) for one in asked]
    days = np.array([(day - day_of(0)).days for day in paid], np.int32)
    return Roster(people_of(asked), np.full(len(asked), 220106, np.int32), days, 2022)


def flag(category: str) -> dict[str, object]:
    """An identity recognised here in spring."""
    return {"category": category, "area": "220106", "recognised_on": date(2021, 3, 1)}


def test_a_changed_amount_and_a_changed_day_are_told_by_rule_and_field() -> None:
    before = load_notice("changchun-2022")
    after = changed("changchun-2022", "assist-130.amount=150元", "window.when.paid.last=2022-01-31")
    found = {one.rule.id: one for one in rule_changes(before, after)}
    assert set(found) == {"assist-130", "window"}
    assert [(one.path, one.nature, one.before.value, one.after.value) for one in found["assist-130"].fields] == [  # type: ignore[union-attr]
        ("shares.0.amount", "amount", 13000, 15000)
    ]
    assert found["window"].natures == ("date",)


def test_conditions_and_clauses_are_told_as_such() -> None:
    before = load_notice("changchun-2022")
    after = changed(
        "changchun-2022", "subsidise-model-worker.when.circumstances=moved_in", "channels-add.clauses=四(二)"
    )
    assert {one.rule.id: one.natures for one in rule_changes(before, after)} == {
        "subsidise-model-worker": ("condition",),
        "channels-add": ("clause",),
    }


def test_rules_added_removed_renamed_and_moved_are_told() -> None:
    before = load_notice("shiquan-2021")
    first, *rest = before.refund
    fewer = before.model_copy(update={"refund": tuple(rest)})
    assert [(one.change, one.rule.id) for one in rule_changes(before, fewer)] == [("removed", first.id)]
    assert [(one.change, one.rule.id) for one in rule_changes(fewer, before)] == [("added", first.id)]
    named = before.model_copy(update={"refund": (first.model_copy(update={"id": "other-name"}), *rest)})
    assert [(one.change, one.rule.id) for one in rule_changes(before, named)] == [("renamed", "other-name")]
    turned = before.model_copy(update={"refund": (*rest, first)})
    assert [(one.change, one.rule.id) for one in rule_changes(before, turned)] == [("moved", first.id)]


@pytest.mark.parametrize("name", available_notices())
def test_a_notice_does_not_differ_from_itself(name: str) -> None:
    notice = load_notice(name)
    assert rule_changes(notice, notice) == ()
    assert document_changes(notice, notice) == ()


def test_a_reading_that_was_confirmed_is_told_outside_of_the_rules() -> None:
    before = load_notice("changchun-2022")
    settled = before.readings[0].model_copy(update={"status": "settled"})
    after = before.model_copy(update={"readings": (settled, *before.readings[1:])})
    assert [(one.path, one.after.value) for one in document_changes(before, after) if one.after] == [
        ("readings.R2.status", "settled")
    ]


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("assist-130.amount=abc", "assist-130.shares.0.amount: this should be a whole number"),
        ("assist-130.amount=-1", "assist-130.shares.0.amount"),
        ("assist-130.amount=1.005元", "is no value"),
        ("assist-130.amout=1", "assist-130.amout: there is no such field"),
        ("assist-130.summary.zh=", "assist-130.summary.zh: this field is missing"),
        ("assist-130.channel=nothing", "is paid through channel nothing"),
        ("assist-130.shares.1.amount=1", "shares has entries 0 to 0"),
        ("assist-130.timing.amount=1", "timing has no fields of its own"),
        ("assist-130.amount=13000", "it says so already"),
        ("assist-13.amount=1", "did you mean assist-130"),
        ("subsidise-model-worker.amount=1", r"shares.1.amount (trade_union)"),
        ("adult-premium.when={born: {last: 2000-01-01}}", "everybody has a rate"),
        ("window.when.paid.last=2021-01-01", "the range starts on 2021-10-08, after it ends on 2021-01-01"),
        ("window.cover=cover-of-none", "which is not among covers_from"),
        ("window", "write RULE.FIELD=VALUE"),
    ],
)
def test_a_change_that_no_notice_could_hold_is_refused_with_the_reason(setting: str, told: str) -> None:
    with pytest.raises(RefusedChange) as refusal:
        changed("changchun-2022", setting)
    assert told in str(refusal.value)


def test_local_parameters_are_checked_against_the_bounds_of_the_notice() -> None:
    hunan = load_notice("hunan-2021")
    good = proposed_local(hunan, None, "430124", [setting_of("local.assistance.registered_poor=60%")])
    assert good is not None
    assert good.amount_for("registered_poor") == "60%"
    with pytest.raises(RefusedChange, match=r"local.assistance.registered_poor: 40% is less than 50 %"):
        proposed_local(hunan, good, "430124", [setting_of("local.assistance.registered_poor=40%")])
    with pytest.raises(RefusedChange, match=r"local.late_payer: there is no such field"):
        proposed_local(hunan, None, "430124", [setting_of("local.late_payer=standard")])


def test_twenty_yuan_more_for_two_people_are_forty_yuan_from_the_fund_that_pays() -> None:
    poor = {"flags": (flag("minimum_living_allowance"),)}
    roster = roster_of(poor, poor, {"flags": (flag("extreme_poverty"),)}, {})
    before, after = load_notice("changchun-2022"), changed("changchun-2022", "assist-130.amount=15000")
    found = impact(roster, before, after, {}, {})
    assert (found.people, found.affected, found.cover_changed, found.uncertain) == (4, 2, 0, 0)
    assert (found.pay_less.people, found.pay_less.fen, found.pay_more.people, found.pay_same) == (2, 4000, 0, 2)
    assert found.after.source["medical_assistance"].fen - found.before.source["medical_assistance"].fen == 4000
    assert found.before.category["minimum_living_allowance"].fen == 2 * (13000 + 14000)
    assert found.before.clause["四(一)"].fen == 2 * 13000 + 36000
    assert found.before.clause["四(二)"].fen == 2 * 14000
    premiums = {rate.clauses[0] for rate in before.rates}
    assert sum(found.before.clause[clause].fen for clause in premiums) == 4 * (36000 + 1000)
    assert found.before.money["netted"].fen == 2 * 13000 + 36000
    assert found.after.money["due"].fen == found.before.money["due"].fen - 4000


def test_a_shorter_window_moves_cover_and_no_money() -> None:
    late = {"paid_on": date(2021, 12, 31)}
    before = load_notice("changchun-2022")
    after = changed("changchun-2022", "window.when.paid.last=2021-12-30")
    found = impact(roster_of(late, {}), before, after, {}, {})
    assert (found.affected, found.cover_changed, found.pay_same, found.moves) == (1, 1, 2, {})


def test_who_is_turned_away_is_a_move_and_no_saving() -> None:
    before = load_notice("changchun-2022")
    after = changed(
        "changchun-2022", "before-the-window.when.paid.last=2021-11-30", "window.when.paid.first=2021-12-01"
    )
    found = impact(roster_of({}), before, after, {}, {})
    assert found.moves == {("due", "closed"): 1}
    assert (found.levied_once, found.pay_less.people, found.affected) == (1, 0, 1)


def test_a_local_decision_can_be_tried() -> None:
    shiquan = load_notice("shiquan-2021")
    roster = draw_roster(shiquan, ("610922",), 2000, np.random.default_rng(3))
    local = proposed_local(shiquan, None, "610922", [setting_of("local.late_payers=standard")])
    assert local is not None
    found = impact(roster, shiquan, shiquan, {}, {"610922": local})
    assert found.moves[("undetermined", "due")] > 0
    assert found.uncertain >= found.moves[("undetermined", "due")]


@pytest.mark.parametrize(("a", "b"), [("jilin-2021", "changchun-2022"), ("changchun-2022", "jilin-2023")])
def test_a_comparison_in_bulk_is_the_sum_of_everybody_asked_alone(a: str, b: str) -> None:
    before, after = load_notice(a), load_notice(b)
    roster = draw_roster(before, ("220106", "220182"), 600, np.random.default_rng(5))
    found = impact(roster, before, after, {}, {})
    for notice, asked, tally in ((before, roster, found.before), (after, roster.under(before, after), found.after)):
        sums = dict.fromkeys(MONEY, 0)
        for row in range(len(asked)):
            days = notice.period_last, day_of(int(asked.paid[row]))
            area = str(asked.pooling_area[row])
            alone = assess(notice, None, question_of(asked.people, row, notice.notice, area, *days))
            sums["standard"] += sum(line.standard for line in alone.lines)
            sums["due"] += alone.due or 0
            sums["sponsor_due"] += alone.sponsor_due or 0
            sums["assisted_after"] += alone.assisted_after or 0
            sums["netted"] += sum(line.total("at_levy") for line in alone.lines)
        assert {name: amount.fen for name, amount in tally.money.items()} == sums
        by_clause = sum(amount.fen for amount in tally.clause.values())
        assisted = sums["netted"] + sums["sponsor_due"] + sums["assisted_after"]
        assert by_clause == sums["standard"] + assisted
        assert sum(amount.fen for amount in tally.category.values()) == assisted
        assert sum(amount.fen for amount in tally.source.values()) == assisted
        assert sum(tally.outcomes.values()) == len(roster)
