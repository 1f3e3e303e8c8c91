"""Whom an amount is for: the people and the funds that a rule names are those the text names with the amount.

A right amount in the right clause may still be given to the wrong people, where one clause has several amounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from policies.kinds import AssistanceRule, Rate
from policies.notice import Notice
from policies.official.clauses import OfficialText
from policies.official.effect import carried, effects
from policies.official.finding import Finding, Sentence
from policies.official.standing import taken_by
from policies.rule import Rule
from policies.vocabulary import CATEGORIES, NAMES, name_zh

_WORDS: Final = {
    "minimum_living_allowance": "低保|最低生活保障",
    "de_facto_unsupported_child": "事实无人抚养",
    "returned_to_poverty": "返贫",
    "unstable_out_of_poverty": "脱贫不稳定",
    "other_out_of_poverty": "其他脱贫|脱贫人口",
    "edge_household": "边缘",
    "family_planning_household": "计生|计划生育",
    "model_worker": "劳动模范|劳模",
    "distressed_veteran": "退役军人",
    "medical_assistance": "医疗救助",
    "fiscal": "财政",
    "municipal_fiscal": "市[^，。；]*财政",
    "district_fiscal": "区[^，。；]*财政",
    "county_fiscal": "县[^，。；]*财政|县[^，。；]*给予|地方?人民政府",
    "veterans_affairs": "退役军人",
    "health_commission": "卫健|卫生健康",
    "trade_union": "工会",
}
"""How official texts name categories and funds, where it is not our own name for them."""
_CLASSES: Final = {"adult": "(?<!未)成年人", "minor_or_student": "学生|學生|周岁以下|未成年人|儿童"}
_STOP: Final = "。；;"


def _pattern(word: str) -> str:
    return _WORDS.get(word) or re.escape(name_zh(word))


_PEOPLE: Final = {category: _pattern(category) for category in CATEGORIES}


def people_are_named(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every category, class and fund of a rule about money is named where its amount stands."""
    for rule in notice.rules():
        if isinstance(rule, AssistanceRule):
            marks = list(_marks(rule, text))
            for category in rule.categories:
                good = _named_beside(category, marks) if marks else _named_anywhere(rule, category, text)
                yield _finding(rule, category, good or _read_so(notice, rule, category))
            for share in rule.shares:
                yield _finding(rule, share.source, _named_anywhere(rule, share.source, text))
        if isinstance(rule, AssistanceRule | Rate) and rule.rate_class in _CLASSES:
            marks = list(_marks(rule, text))
            if marks:
                good = all(_nearest(before, _CLASSES) == {rule.rate_class} for before in marks)
                yield _finding(rule, str(rule.rate_class), good)


def _finding(rule: Rule, word: str, good: bool) -> Finding:
    name = name_zh(word) if word in NAMES else {"adult": "成年人", "minor_or_student": "学生及未成年人"}.get(word, word)
    problem = Sentence(
        f"规则{rule.id}：所引条款没有把该数额与“{name}”写在一处",
        f"rule {rule.id}: its clauses do not name {word} with the amount",
    )
    return Finding("named", rule.clauses[0], None if good else problem)


def _marks(rule: AssistanceRule | Rate, text: OfficialText) -> Iterator[str]:
    """The beginning of the sentence before each place where an amount of the rule stands."""
    amounts = [effect for effect in effects(rule) if effect.kind in ("fen", "percent")]
    for clause, figure in taken_by(rule, text):
        if any(carried(effect, [figure]) for effect in amounts):
            yield _sentence_before(text[clause].text, figure.at)
    if isinstance(rule, AssistanceRule) and any(share.amount == "full" for share in rule.shares):
        for clause in rule.clauses:
            body = text[clause].text if clause in text else ""
            for found in re.finditer("全额(?:资助|补贴|补助|给予)", body):
                yield _sentence_before(body, found.start())


def _sentence_before(text: str, at: int) -> str:
    return re.split(f"[{_STOP}]", text[:at])[-1]


def _named_beside(category: str, marks: list[str]) -> bool:
    """Whether the group of people named last before one of the amounts has this category."""
    return any(category in _nearest(before, _PEOPLE) for before in marks)


def _nearest(before: str, words: dict[str, str]) -> set[str]:
    """The names in the last stretch between two amounts that has any."""
    for stretch in reversed(re.split(r"\d+元|全额|\d+%", before)):
        named = {name for name, pattern in words.items() if re.search(pattern, stretch)}
        if len(named) > 1 and words is _CLASSES:
            named = {max(named, key=lambda name: _last(words[name], stretch))}
        if named:
            return named
    return set()


def _last(pattern: str, stretch: str) -> int:
    return max(found.start() for found in re.finditer(pattern, stretch))


def _named_anywhere(rule: Rule, word: str, text: OfficialText) -> bool:
    return any(re.search(_pattern(word), text[clause].text) for clause in rule.clauses if clause in text)


def _read_so(notice: Notice, rule: Rule, category: str) -> bool:
    """A reading of the rule may say that a category counts as another one."""
    own = (reading.text.zh for reading in notice.readings if reading.id in rule.readings)
    return any(re.search(_pattern(category), text) for text in own)
