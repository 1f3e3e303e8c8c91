"""Random people and days for property tests, drawn around every day that a notice's rules name."""

from datetime import date, timedelta

from hypothesis import strategies as st

from policies.calendar import add_months
from policies.notice import Notice
from policies.question import AssessQuestion
from policies.vocabulary import CATEGORIES, CIRCUMSTANCES


def named_days(notice: Notice) -> list[date]:
    """Every day in the notice, the day before and the day after it."""
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


def days(notice: Notice) -> st.SearchStrategy[date]:
    """Days of the notice's neighbourhood, mostly its own."""
    own = named_days(notice)
    around = st.dates(notice.period_first - timedelta(days=200), notice.period_last + timedelta(days=60))
    return st.one_of(st.sampled_from(own), around)


def births(notice: Notice) -> st.SearchStrategy[date]:
    """Births of all ages, many around the notice's own days."""
    birthdays = st.tuples(st.sampled_from(named_days(notice)), st.sampled_from([17, 18, 60, 70, 80]))
    aged = birthdays.map(lambda drawn: add_months(drawn[0], -12 * drawn[1]))
    return st.one_of(days(notice), aged, st.dates(date(1930, 1, 1), notice.period_last))


def areas(notice: Notice, pooling_area: str) -> list[str]:
    """The pooling area, another one of the notice where there is one, one outside of it, and the next code after it."""
    inside = [(prefix + "0101")[:6] for prefix in notice.areas]
    beyond = [str(int(prefix) + 1).ljust(6, "0") for prefix in notice.areas]
    return list(dict.fromkeys([pooling_area, *inside, "440305", *beyond]))


@st.composite
def questions(draw: st.DrawFn, notice: Notice, pooling_area: str) -> AssessQuestion:
    """A valid question with any fact present, absent or null."""
    day, area = days(notice), st.sampled_from(areas(notice, pooling_area))
    birth = draw(births(notice))
    fields: dict[str, object] = {
        "question": "assess",
        "notice": notice.notice,
        "pooling_area": pooling_area,
        "as_of": draw(day),
        "paid_on": draw(st.none() | day),
        "birth_date": birth,
        "circumstances": draw(st.lists(st.sampled_from(CIRCUMSTANCES), max_size=2, unique=True)),
        "flags": draw(st.lists(flags(day, area), max_size=4)),
    }
    for name in ("household_area", "residence_area"):
        if draw(st.booleans()):
            fields[name] = draw(st.none() | area)
    if draw(st.booleans()):
        fields["registered_on"] = draw(registrations(birth))
    if draw(st.booleans()):
        fields["student"] = draw(students(day, area))
    if draw(st.booleans()):
        fields["prior_cover"] = draw(prior_covers(day, area))
    if draw(st.booleans()):
        fields["lapsed_years"] = draw(st.sampled_from([0, 1, 2, 3, 4, 5, 6, 99]))
    if draw(st.booleans()):
        fields["repaired_years"] = draw(st.integers(0, min(6, fields.get("lapsed_years", 6))))  # type: ignore[call-overload]
    return AssessQuestion.model_validate(fields)


def registrations(birth: date) -> st.SearchStrategy[date]:
    """Days of registration around the 90th day after birth."""
    return st.sampled_from([0, 1, 89, 90, 91, 200]).map(lambda wait: birth + timedelta(days=wait))


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
