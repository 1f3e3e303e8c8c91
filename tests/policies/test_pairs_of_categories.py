"""Every ordered pair of identity categories under Shiquan's notice, against a table written by hand."""

from itertools import product
from typing import Any

import pytest

from policies.assess import assess
from policies.load import load_notice
from policies.question import AssessQuestion
from policies.vocabulary import CATEGORIES

TABLE = {
    "registered_poor": (7000, "fiscal", "after_payment"),
    "extreme_poverty": (28000, "medical_assistance", "sponsor"),
    "orphan": (28000, "medical_assistance", "sponsor"),
    "de_facto_unsupported_child": (28000, "medical_assistance", "sponsor"),
    "distressed_child": (28000, "medical_assistance", "sponsor"),
    "minimum_living_allowance": (12000, "medical_assistance", "after_payment"),
    "military_preferential": (28000, "veterans_affairs", "sponsor"),
    "family_planning_household": (3000, "health_commission", "after_payment"),
}
"""Fen, funder and timing, in the notice's own order of categories, which breaks ties."""


@pytest.mark.parametrize("first", CATEGORIES)
def test_the_highest_of_two_is_paid_once_and_the_other_is_named(first: str) -> None:
    for second in CATEGORIES:
        answer = ask(first, second)
        known = [category for category in TABLE if category in (first, second)]
        paid = [part for line in answer["lines"] for part in line["assistance"]]
        if not known:
            assert paid == []
        else:
            best = max(known, key=lambda category: TABLE[category][0])
            assert [(part["amount"], part["source"], part["timing"]) for part in paid] == [TABLE[best]]
            assert paid[0]["category"] == best
            for other in {first, second} - {best}:
                assert any(f"{other} " in sentence and "not" in sentence for sentence in answer["why"])
        due = 28000 - sum(part["amount"] for part in paid if part["timing"] == "sponsor")
        assert (answer["due"], answer["sponsor_due"]) == (due, 28000 - due)


def ask(*categories: str) -> dict[str, Any]:
    """The answer for an adult with these identities, paying inside the window."""
    flags = [{"category": word, "area": "610922", "recognised_on": "2019-01-01"} for word in categories]
    asked = {
        "question": "assess",
        "notice": "shiquan-2021",
        "pooling_area": "610922",
        "as_of": "2020-10-01",
        "birth_date": "1970-05-01",
        "household_area": "610922",
        "flags": flags,
    }
    return assess(load_notice("shiquan-2021"), None, AssessQuestion.model_validate(asked)).answer()


def test_the_order_of_flags_changes_nothing() -> None:
    for first, second in product(TABLE, TABLE):
        assert ask(first, second) == ask(second, first)
