"""Random people and days for property tests, drawn around every day that a notice's rules name.

Notices are asked for by name: what is drawn from is made once a notice, and not once a person.
"""

from datetime import date, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from policies.calendar import add_months
from policies.question import AssessQuestion
from policies.vocabulary import CATEGORIES, CIRCUMSTANCES
from tests.policies.every_notice import notice_called


@cache
def named_days(name: str) -> list[date]:
    """Every day in the notice, the day before and the day after it."""
    notice = notice_called(name)
    found: set[date] = {notice.period_first, notice.period_last}

    def collect(value: object) -> None:
        if isinstance(value, date):
            found.add(value)
        elif isinstance(value, dict):
            for part in value.values():
                collect(part)
        elif isinstance(value, list | tuple):
            for part in value:
                collect(part)

    collect(notice.model_dump())
    return sorted(day + timedelta(days=shift) for day in found for shift in (-1, 0, 1))


@cache
def days(name: str) -> st.SearchStrategy[date]:
    """Days of the notice's neighbourhood, mostly its own."""
    notice, own = notice_called(name), named_days(name)
    around = st.dates(notice.period_first - timedelta(days=200), notice.period_last + timedelta(days=60))
    return st.one_of(st.sampled_from(own), around)


@cache
def births(name: str) -> st.SearchStrategy[date]:
    """Births of all ages, many around the notice's own days."""
    birthdays = st.tuples(st.sampled_from(named_days(name)), st.sampled_from([17, 18, 60, 70, 80]))
    aged = birthdays.map(lambda drawn: add_months(drawn[0], -12 * drawn[1]))
    return st.one_of(days(name), aged, st.dates(date(1930, 1, 1), notice_called(name).period_last))


def areas(name: str, pooling_area: str) -> list[str]:
    """The pooling area, another one of the notice where there is one, one outside of it, and the next code after it."""
    notice = notice_called(name)
    inside = [(prefix + "0101")[:6] for prefix in notice.areas]
    beyond = [str(int(prefix) + 1).ljust(6, "0") for prefix in notice.areas]
    return list(dict.fromkeys([pooling_area, *inside, "440305", *beyond]))


@cache
def questions(name: str, pooling_area: str) -> st.SearchStrategy[AssessQuestion]:
    """A valid question with any fact present, absent or null."""
    day, area = days(name), st.sampled_from(areas(name, pooling_area))
    always = {
        "question": st.just("assess"),
        "notice": st.just(name),
        "pooling_area": st.just(pooling_area),
        "as_of": day,
        "paid_on": st.none() | day,
        "birth_date": births(name),
        "circumstances": st.lists(st.sampled_from(CIRCUMSTANCES), max_size=2, unique=True),
        "flags": st.lists(flags(day, area), max_size=4),
    }
    perhaps = {
        "household_area": st.none() | area,
        "residence_area": st.none() | area,
        "registered_days": st.sampled_from([0, 1, 89, 90, 91, 200]),
        "student": students(day, area),
        "prior_cover": prior_covers(day, area),
        "lapsed_years": st.sampled_from([0, 1, 2, 3, 4, 5, 6, 99]),
        "repaired_years": st.integers(0, 6),
    }
    return st.fixed_dictionaries(always, optional=perhaps).map(_question)


def _question(fields: dict[str, Any]) -> AssessQuestion:
    """Registration counts from birth, around the 90th day; no more years are made good than have lapsed."""
    registered = fields.pop("registered_days", None)
    if registered is not None:
        fields["registered_on"] = fields["birth_date"] + timedelta(days=registered)
    if "repaired_years" in fields:
        fields["repaired_years"] = min(fields["repaired_years"], fields.get("lapsed_years", 6))
    return AssessQuestion.model_validate(fields)


def students(day: st.SearchStrategy[date], area: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, object]]:
    """Pupils and college students."""
    stages = st.sampled_from(["school", "college"])
    return st.fixed_dictionaries({"stage": stages, "school_area": area, "enrolled_on": st.none() | day})


def prior_covers(day: st.SearchStrategy[date], area: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, object]]:
    """Cover before, with facts that may be unknown."""
    return st.fixed_dictionaries(
        {
            "scheme": st.sampled_from(["employee", "resident"]),
            "area": st.none() | area,
            "months": st.none() | st.sampled_from([0, 11, 12, 23, 24, 36]),
            "ended_on": st.none() | day,
        }
    )


@st.composite
def flags(draw: st.DrawFn, day: st.SearchStrategy[date], area: st.SearchStrategy[str]) -> dict[str, object]:
    """An identity, perhaps revoked."""
    recognised = draw(st.just(date(2015, 6, 1)) | day)
    ended = draw(st.none() | day)
    return {
        "category": draw(st.sampled_from(CATEGORIES)),
        "area": draw(area),
        "recognised_on": recognised,
        "revoked_on": ended if ended is None or ended >= recognised else recognised,
    }
