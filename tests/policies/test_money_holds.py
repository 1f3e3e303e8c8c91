"""What holds for the money of every decision, whoever asks and whatever is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.assess import assess
from policies.money import parse_yuan, yuan
from policies.question import AssessQuestion
from tests.drawn import drawn
from tests.policies.every_notice import EVERY, POOLS, locals_of, notice_called
from tests.policies.people_drawn import questions


@pytest.mark.parametrize("name", EVERY)
@drawn(100)
@given(data=st.data())
def test_every_fen_of_a_standard_is_paid_by_somebody(name: str, data: st.DataObject) -> None:
    notice = notice_called(name)
    local = data.draw(st.sampled_from(locals_of(notice)))
    answer = assess(notice, local, data.draw(questions(name, POOLS[name][0]))).answer()
    if answer["outcome"] == "undetermined":
        assert (answer["due"], answer["sponsor_due"], answer["assisted_after"]) == (None, None, None)
        assert answer["reason"]
        assert answer["missing"]
        return
    individual = notice.highest_standard()
    for line in answer["lines"]:
        parts = dict.fromkeys(("at_levy", "sponsor", "after_payment"), 0)
        for part in line["assistance"]:
            assert part["amount"] > 0
            parts[part["timing"]] += part["amount"]
        assert line["standard"] == line["due"] + parts["at_levy"] + parts["sponsor"]
        assert sum(parts.values()) <= min(line["standard"], individual)
        assert line["due"] >= 0
    assert answer["due"] == sum(line["due"] for line in answer["lines"])
    assert (answer["outcome"] == "due") == (answer["due"] + answer["sponsor_due"] > 0)
    if answer["outcome"] in {"refer", "closed"}:
        assert (answer["lines"], answer["channel"], answer["rate_class"], answer["benefit"]) == ([], None, None, None)
        assert answer["flow"] == "none"
    elif answer["benefit"] is None:
        assert answer["missing"]
    else:
        assert answer["benefit"]["starts_on"] <= answer["benefit"]["ends_on"]


@pytest.mark.parametrize("name", EVERY)
@drawn(60)
@given(data=st.data())
def test_leaving_out_a_fact_never_changes_an_amount(name: str, data: st.DataObject) -> None:
    notice = notice_called(name)
    local = data.draw(st.sampled_from(locals_of(notice)))
    whole = data.draw(questions(name, POOLS[name][0]))
    left_out = data.draw(
        st.sampled_from(["household_area", "residence_area", "registered_on", "lapsed_years", "repaired_years"])
    )
    fields = whole.model_dump(exclude_unset=True, exclude={left_out})
    with_all, without = (assess(notice, local, question) for question in (whole, AssessQuestion.model_validate(fields)))
    if without.outcome != "undetermined":
        assert (without.outcome, without.due, without.lines) == (with_all.outcome, with_all.due, with_all.lines)


@given(st.integers(0, 10**14))
def test_yuan_and_fen_are_the_same_amount(fen: int) -> None:
    assert parse_yuan(yuan(fen)) == fen


@pytest.mark.parametrize("text", ["", "-1", "1.234", "1e3", "１", " 1", "01", "1.", ".5", "NaN", "+1"])
def test_what_is_no_amount_in_yuan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount in yuan"):
        parse_yuan(text)
