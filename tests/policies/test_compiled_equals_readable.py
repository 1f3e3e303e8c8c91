"""The bulk evaluator answers exactly what the readable one answers, for random people and every day around a rule."""

from datetime import date, timedelta
from functools import partial
from itertools import product
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import columns, signature
from policies.assess import assess
from policies.calendar import day_number, day_of
from policies.compiled import CompiledNotice, UnknownPool, compile_notice, compile_pools
from policies.load import load_notice
from policies.local import ForeignParameters, LocalParameters
from policies.notice import Notice
from policies.people import NO_DAY
from policies.person import people_of
from policies.question import AssessQuestion
from tests.drawn import drawn
from tests.policies.every_notice import EVERY, POOLS, locals_of, notice_called
from tests.policies.people_drawn import areas, days, named_days, questions


@pytest.mark.parametrize("name", EVERY)
@drawn(30)
@given(data=st.data())
def test_random_people_are_decided_alike(name: str, data: st.DataObject) -> None:
    notice = notice_called(name)
    local = data.draw(st.sampled_from(locals_of(notice)))
    pool = data.draw(st.sampled_from(POOLS[name]))
    asked = data.draw(st.lists(questions(name, pool), min_size=1, max_size=12))
    compiled = compile_notice(notice, local, pool)
    assert_alike(compiled, notice, local, asked)


def assert_alike(
    compiled: CompiledNotice, notice: Notice, local: LocalParameters | None, asked: list[AssessQuestion]
) -> None:
    """Every question, asked in bulk for its own day, gets the answer it gets alone."""
    for as_of in {question.as_of for question in asked}:
        group = [question for question in asked if question.as_of == as_of]
        paid = np.array([day_number(question.paid_on or as_of) for question in group], np.int32)
        decisions = compiled.assess(people_of(group), as_of, paid)
        for row, question in enumerate(group):
            alone = assess(notice, local, question).answer("x")
            assert compiled.answer(decisions, row, "x") == alone
            undated = [column[row] == NO_DAY for column in (decisions.starts_on, decisions.ends_on)]
            assert undated == [alone["benefit"] is None] * 2
            assert (decisions.refer_to[row] == 0) == (alone["refer_to"] is None)


@pytest.mark.parametrize("name", EVERY)
@drawn(10)
@given(data=st.data())
def test_people_of_several_areas_are_decided_in_one_roster_and_in_parts(name: str, data: st.DataObject) -> None:
    notice = notice_called(name)
    places = list(dict.fromkeys([*POOLS[name], *areas(name, POOLS[name][0])]))
    pools = {area: data.draw(st.sampled_from(locals_for(notice, area))) for area in places}
    as_of = data.draw(days(name))
    asked = data.draw(st.lists(st.sampled_from(places).flatmap(partial(questions, name)), min_size=4, max_size=12))
    people, pool = people_of(asked), np.array([int(question.pooling_area) for question in asked])
    paid = np.array([day_number(question.paid_on or as_of) for question in asked], np.int32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_PART", 3)
        patch.setattr(signature, "_WIDTH", data.draw(st.sampled_from([8, 40, 63]), "bits of a key"))
        compiled = compile_pools(notice, pools)
        decisions = compiled.assess(people, as_of, paid, pool)
        until = compiled.payable_until(people, as_of, pool)
    apart = {area: compile_notice(notice, local, area) for area, local in pools.items()}
    for row, question in enumerate(asked):
        local, area = pools[question.pooling_area], question.pooling_area
        alone = question.model_copy(update={"as_of": as_of, "paid_on": day_of(int(paid[row]))})
        assert compiled.answer(decisions, row, "x") == assess(notice, local, alone).answer("x")
        assert until[row] == apart[area].payable_until(people_of([question]), as_of)[0]


def locals_for(notice: Notice, area: str) -> list[LocalParameters | None]:
    """``locals_of``, made to speak for one area; nothing for an area outside of the notice."""
    made = [local and local.model_copy(update={"areas": (area,)}) for local in locals_of(notice)]
    return made if notice.covers(area) else [None]


@pytest.mark.parametrize("name", EVERY)
@drawn(20)
@given(data=st.data())
def test_a_crowd_paying_on_one_day_is_decided_as_each_on_a_day_of_their_own(name: str, data: st.DataObject) -> None:
    notice, day = notice_called(name), data.draw(days(name))
    compiled = compile_notice(notice, None, POOLS[name][0])
    people = people_of(data.draw(st.lists(questions(name, POOLS[name][0]), min_size=1, max_size=8)))
    together = compiled.assess(people, day, day)
    apart = compiled.assess(people, day, np.full(len(people), day_number(day), np.int32))
    for row in range(len(people)):
        assert compiled.answer(together, row) == compiled.answer(apart, row)
    assert together.cell.tolist() == apart.cell.tolist()


@pytest.mark.parametrize("name", EVERY)
@drawn(12)
@given(data=st.data())
def test_a_cell_met_before_is_reused_for_other_people(name: str, data: st.DataObject) -> None:
    notice = notice_called(name)
    compiled = compile_notice(notice, None, POOLS[name][0])
    for _ in range(3):
        asked = data.draw(st.lists(questions(name, POOLS[name][0]), min_size=1, max_size=6))
        assert_alike(compiled, notice, None, asked)


@pytest.mark.parametrize("name", EVERY)
@drawn(20)
@given(data=st.data())
def test_paying_up_to_the_last_payable_day_is_decided_the_same_and_the_day_after_is_not(
    name: str, data: st.DataObject
) -> None:
    notice = notice_called(name)
    local = data.draw(st.sampled_from(locals_of(notice)))
    as_of = data.draw(days(name))
    asked = [
        question.model_copy(update={"as_of": as_of, "paid_on": None, "flags": known_on(question, as_of)})
        for question in data.draw(st.lists(questions(name, POOLS[name][0]), min_size=1, max_size=4))
    ]
    until = compile_notice(notice, local, POOLS[name][0]).payable_until(people_of(asked), as_of)
    for question, last in zip(asked, until.tolist(), strict=True):
        now = terms(notice, local, question, as_of)
        tried = {day for day in named_days(name) if as_of <= day <= day_of(last)} | {day_of(last)}
        assert all(terms(notice, local, question, day) == now for day in tried)
        if day_of(last) != max(notice.period_last, as_of):
            assert terms(notice, local, question, day_of(last) + timedelta(days=1)) != now


def known_on(question: AssessQuestion, day: date) -> tuple[object, ...]:
    """The flags as they were known on a day."""
    return tuple(
        flag.model_copy(update={"revoked_on": flag.revoked_on if flag.revoked_on and flag.revoked_on <= day else None})
        for flag in question.flags
        if flag.recognised_on <= day
    )


def terms(notice: Notice, local: LocalParameters | None, question: AssessQuestion, paid_on: date) -> tuple[object, ...]:
    """Outcome, money and channel of paying on a day."""
    decision = assess(notice, local, question.model_copy(update={"paid_on": paid_on}))
    return decision.outcome, decision.due, decision.sponsor_due, decision.assisted_after, decision.channel


@pytest.mark.parametrize("name", EVERY)
def test_two_identities_of_one_category_stand_as_the_better_of_them(name: str) -> None:
    notice, pool = notice_called(name), POOLS[name][0]
    category = notice.assistance.rules[0].categories[0]
    paid = notice.period_first - timedelta(days=20)
    as_of, between = paid + timedelta(days=60), paid + timedelta(days=10)
    recognised, ends = (date(2015, 6, 1), between, as_of + timedelta(days=9)), (None, paid, between)
    kinds = [
        {"category": category, "area": area, "recognised_on": day, "revoked_on": end}
        for area in areas(name, pool)
        for day in recognised
        for end in ends
        if end is None or end >= day
    ]
    fields = {"pooling_area": pool, "birth_date": date(1970, 5, 1), "household_area": pool, "notice": name}
    asked = [
        AssessQuestion.model_validate({"question": "assess", **fields, "as_of": as_of, "paid_on": paid, "flags": pair})
        for pair in product(kinds, repeat=2)
    ]
    assert_alike(compile_notice(notice, None, pool), notice, None, asked)


def adult(as_of: date, *circumstances: str) -> AssessQuestion:
    """An adult of Shiquan without identities."""
    fields = {"pooling_area": "610922", "birth_date": date(1970, 5, 1), "household_area": "610922"}
    asked = {"question": "assess", "notice": "shiquan-2021", "as_of": as_of, "circumstances": list(circumstances)}
    return AssessQuestion.model_validate({**asked, **fields})


def test_newborns_alike_but_for_their_day_may_each_pay_up_to_a_day_of_their_own() -> None:
    as_of, births = date(2021, 1, 20), [date(2020, 12, 20) + timedelta(days=shift) for shift in range(9)]
    facts = {"question": "assess", "notice": "jilin-2021", "pooling_area": "220106", "as_of": as_of}
    asked = [AssessQuestion.model_validate({**facts, "birth_date": day, "registered_on": as_of}) for day in births]
    until = compile_notice(load_notice("jilin-2021"), None, "220106").payable_until(people_of(asked), as_of)
    assert [day_of(int(day)) for day in until] == [day + timedelta(days=90) for day in births]


def test_nobody_is_decided_as_nobody() -> None:
    compiled = compile_notice(load_notice("shiquan-2021"), None, "610922")
    assert len(compiled.assess(people_of([]), date(2020, 9, 1)).cell) == 0
    assert len(compiled.payable_until(people_of([]), date(2020, 9, 1))) == 0


def test_parameters_of_another_area_are_not_compiled() -> None:
    local = LocalParameters.model_validate({"notice": "jilin-2023", "areas": ["220106"]})
    with pytest.raises(ForeignParameters, match="not for 220102"):
        compile_notice(load_notice("jilin-2023"), local, "220102")


def test_people_of_an_area_that_was_not_compiled_are_not_decided() -> None:
    compiled = compile_pools(load_notice("jilin-2021"), {"220106": None, "220182": None})
    people = people_of([adult(date(2020, 9, 1))])
    for pools in (None, np.array([220102]), np.array([-1]), np.array([9_999_999])):
        with pytest.raises(UnknownPool, match="220106, 220182"):
            compiled.assess(people, date(2020, 9, 1), pools=pools)


def test_a_failure_while_deciding_leaves_no_wrong_answer_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    as_of, notice = date(2021, 1, 1), load_notice("shiquan-2021")
    asked = [adult(as_of), adult(as_of, "demobilised_soldier"), adult(as_of, "released_prisoner")]
    compiled = compile_notice(notice, None, "610922")
    with monkeypatch.context() as patch:
        patch.setattr("policies.compiled.assess", Mock(side_effect=[assess(notice, None, asked[0]), RuntimeError]))
        with pytest.raises(RuntimeError):
            compiled.assess(people_of(asked), as_of)
    decisions = compiled.assess(people_of(asked[::-1]), as_of)
    for row, question in enumerate(asked[::-1]):
        assert compiled.answer(decisions, row) == assess(notice, None, question).answer()


def test_a_digest_is_the_same_in_every_run() -> None:
    digests = set()
    for _ in range(2):
        compiled = compile_notice(load_notice("shiquan-2021"), None, "610922")
        asked = adult(date(2020, 9, 1))
        decisions = compiled.assess(people_of([asked]), asked.as_of)
        digests.add(compiled.cells[decisions.cell[0]].digest)
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("circumstance", "as_of", "last"),
    [
        (None, date(2020, 9, 1), date(2020, 12, 31)),
        ("demobilised_soldier", date(2021, 1, 1), date(2021, 6, 30)),
        ("demobilised_soldier", date(2021, 7, 1), date(2021, 11, 30)),
    ],
)
def test_the_last_payable_day_is_the_day_before_the_terms_change(
    circumstance: str | None, as_of: date, last: date
) -> None:
    asked = adult(as_of, *([circumstance] if circumstance else []))
    compiled = compile_notice(load_notice("shiquan-2021"), None, "610922")
    assert day_of(int(compiled.payable_until(people_of([asked]), as_of)[0])) == last
