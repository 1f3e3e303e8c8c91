"""A missing or unknown fact, category, area, year or parameter never yields an amount, in any case of any notice."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from policies.answering import Desk
from policies.assess import assess
from policies.load import available_notices, load_notice
from policies.local import LocalParameters, bound_problems
from policies.question import AssessQuestion
from tests.policies.told_cases import FILES, book_of

MONEY = {
    "assess": ("due", "sponsor_due", "assisted_after"),
    "revocation": ("clawback", "benefit_held"),
    "refund": ("refund", "ends_cover"),
    "duplicate": ("keep",),
}
"""What must be null while a question is undetermined."""

MAY_BE_UNKNOWN = {
    *("household_area", "residence_area", "registered_on", "student.enrolled_on", "lapsed_years", "repaired_years"),
    *("prior_cover.area", "prior_cover.months", "prior_cover.ended_on"),
    *("event_on", "benefit", "intended_area", "enrolments.0.entitled", "enrolments.1.entitled"),
}
"""Facts that a valid question may leave open: then nothing is decided, or the same as with them."""

SAYS_NONE = {"student", "prior_cover", "flags", "circumstances", "paid_on", "assistance_received", "case", "local"}
"""Facts whose absence is itself a statement (no student, no identity), as the contract has it."""

WORDS = {"category", "stage", "scheme", "source", "reason", "insurance", "notice", "question"}
"""Fields that hold a word of the vocabulary."""

DESK = Desk(Path())
BOOKS = [pytest.param(book_of(path), id=path.stem) for path in FILES]


def questions(book: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every case of a book as JSON."""
    for case in book["cases"]:
        kind = case.get("question", "assess")
        usual = book["usual" if kind == "assess" else f"usual_{kind}"]
        asked = {"question": kind, "notice": book["notice"], **usual, **case.get("facts", {})}
        asked = {name: value for name, value in asked.items() if name not in case.get("without", [])}
        if "local" in case:
            asked["local"] = f"{case['local']}.yaml"
        yield orjson.loads(orjson.dumps(asked))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with every file of local parameters that the cases use."""
    for path in FILES:
        for name, fields in book_of(path).get("locals", {}).items():
            (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(fields), encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What the engine's public face says, an error included."""
    return DESK.answer(orjson.dumps(asked), 1)[0]


def fields(part: Any, at: str = "") -> Iterator[str]:
    """The dotted names of all fields of a question, inner ones too."""
    named = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, value in named:
        path = f"{at}.{name}".lstrip(".")
        if not isinstance(part, list):
            yield path
        yield from fields(value, path)


def changed(asked: dict[str, Any], at: str, value: Any) -> dict[str, Any]:
    """The question with one field replaced, or left out for ``...``."""
    asked = copy.deepcopy(asked)
    *above, last = at.split(".")
    part: Any = asked
    for name in above:
        part = part[int(name) if name.isdigit() else name]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return asked


def money(given: dict[str, Any]) -> Any:
    """Outcome and every amount of an answer."""
    kind = next(kind for kind, names in MONEY.items() if names[0] in given)
    lines = [(line["insurance"], line["standard"], line["assistance"]) for line in given.get("lines", [])]
    return given["outcome"], [given[name] for name in MONEY[kind]], lines


def without_amount(given: dict[str, Any]) -> bool:
    """Whether an answer is a refusal, or undetermined with every amount null and what is missing named."""
    if "error" in given:
        return bool(given["error"]["message"])
    if given["outcome"] != "undetermined" or not given["missing"] or not given["reason"]:
        return False
    kind = next(kind for kind, names in MONEY.items() if names[0] in given)
    return all(given[name] is None for name in MONEY[kind])


@pytest.mark.parametrize("book", BOOKS)
def test_a_fact_left_out_is_refused_or_decides_nothing_new(book: dict[str, Any]) -> None:
    tried = 0
    for asked in questions(book):
        whole = answer(asked)
        for at in fields(asked):
            if at in SAYS_NONE or at.split(".")[-1] == "revoked_on" or "waiting" in at:
                continue
            given = answer(changed(asked, at, ...))
            tried += 1
            if at in MAY_BE_UNKNOWN and "error" not in given:
                assert without_amount(given) or money(given) == money(whole), (at, asked, given)
            else:
                assert given.get("error", {}).get("field") == at, (at, asked, given)
    assert tried > 100


@pytest.mark.parametrize("book", BOOKS)
def test_a_null_is_refused_or_decides_nothing_new(book: dict[str, Any]) -> None:
    none_at_all = {"household_area", "residence_area"}
    for asked in questions(book):
        whole = answer(asked)
        for at in fields(asked):
            if at in SAYS_NONE | none_at_all or at.split(".")[-1] == "revoked_on" or "waiting" in at:
                continue
            given = answer(changed(asked, at, None))
            same = at in MAY_BE_UNKNOWN and "error" not in given and money(given) == money(whole)
            assert same or without_amount(given), (at, asked, given)


@pytest.mark.parametrize("book", BOOKS)
def test_a_person_of_no_household_and_no_residence_is_never_given_another_amount(book: dict[str, Any]) -> None:
    for asked in questions(book):
        if asked["question"] == "assess" and asked.get("household_area"):
            given = answer(changed(asked, "household_area", None))
            assert without_amount(given) or money(given) == money(answer(asked)) or given["outcome"] == "refer"


@pytest.mark.parametrize("book", BOOKS)
def test_an_unknown_word_is_refused(book: dict[str, Any]) -> None:
    for asked in questions(book):
        for at in fields(asked):
            if at.split(".")[-1] in WORDS:
                assert answer(changed(asked, at, "something_else")).get("error", {}).get("field") == at


@pytest.mark.parametrize("book", BOOKS)
def test_another_year_and_an_area_of_nobody_yield_no_amount(book: dict[str, Any]) -> None:
    for asked in questions(book):
        place = book["notice"].partition("-")[0]
        assert answer(changed(asked, "notice", f"{place}-2031"))["error"]["field"] == "notice"
        if asked["question"] != "duplicate":
            for area in ("440305", "990101"):
                given = answer(changed(asked, "pooling_area", area))
                assert without_amount(given)
            for area in ("22", "abcdef", "", 220106):
                assert answer(changed(asked, "pooling_area", area))["error"]["field"] == "pooling_area"


@pytest.mark.parametrize("book", BOOKS)
def test_an_identity_recognised_where_nobody_knows_gives_nothing(book: dict[str, Any]) -> None:
    for asked in questions(book):
        if asked["question"] == "assess" and asked.get("flags"):
            flags = [{**flag, "area": "990101"} for flag in asked["flags"]]
            given = answer({**asked, "flags": flags})
            assert without_amount(given) or not [part for line in given["lines"] for part in line["assistance"]]


@pytest.mark.parametrize("name", available_notices())
def test_a_parameter_that_is_not_set_is_named_or_changes_nothing(name: str) -> None:
    notice, book = load_notice(name), book_of(next(path for path in FILES if path.stem == name))
    for case in book["cases"]:
        if "local" not in case:
            continue
        asked = {"question": "assess", "notice": name, **book["usual"], **case["facts"]}
        question = AssessQuestion.model_validate(asked)
        fields = book["locals"][case["local"]]
        whole = assess(notice, LocalParameters.model_validate(fields), question).answer()
        for unset in less(fields):
            local = LocalParameters.model_validate(unset)
            assert list(bound_problems(local, notice)) == []
            given = assess(notice, local, question).answer()
            by_default = {"flow", "collection_extended_to"} & (fields.keys() - unset.keys())
            if not by_default:
                assert without_amount(given) or money(given) == money(whole), (case["case"], unset)
            if given["outcome"] == "undetermined" and whole["outcome"] != "undetermined":
                assert given["missing"][0].startswith("local.")


def less(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parameters without one of them, and without one category."""
    for name in fields.keys() - {"notice", "areas"}:
        yield {other: value for other, value in fields.items() if other != name}
    for category in fields.get("assistance", {}):
        left = {other: value for other, value in fields["assistance"].items() if other != category}
        yield {**fields, "assistance": left}


def test_each_of_these_checks_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = next(questions(book_of(FILES[-1])))
    paid = answer({**asked, "as_of": "2020-10-01"})
    assert paid["due"] == 28000
    assert not without_amount(paid)
    assert not without_amount({**paid, "outcome": "undetermined", "missing": ["x"], "reason": "x"})
    assert without_amount(answer({**asked, "as_of": "2021-02-01"}))
    assert money(paid) != money({**paid, "due": 27999})
