"""Whom an amount is for: the people and the funds that a rule names are those the text names with the amount.

A right amount in the right clause may still be given to the wrong people, where one clause has several amounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.kinds import AssistanceRule, LocalAmount, Rate
from policies.notice import Notice
from policies.official.clauses import OfficialText
from policies.official.effect import carried, effects
from policies.official.finding import Finding, Sentence
from policies.official.standing import taken_by
from policies.rule import Rule
from policies.vocabulary import CATEGORIES, NAMES, SOURCES, name_zh

_WORDS: Final = {
    "minimum_living_allowance": "低保|最低生活保障",
    "de_facto_unsupported_child": "事实无人抚养",
    "returned_to_poverty": "返贫",
    "unstable_out_of_poverty": "脱贫不稳定",
    "other_out_of_poverty": "其他脱贫",
    "edge_household": "边缘",
    "family_planning_household": "计生|计划生育",
    "model_worker": "劳动模范|劳模",
    "medical_assistance": "医疗救助",
    "fiscal": "财政",
    "municipal_fiscal": "市[^，。；]*财政",
    "district_fiscal": "区[^，。；]*财政",
    "county_fiscal": "县[^，。；]*财政|由[^，。；]*县|当地人民政府",
    "veterans_affairs": "退役军人事务",
    "health_commission": "卫健|卫生健康",
    "trade_union": "工会",
}
"""How official texts name categories and funds, where it is not our own name for them."""


def _pattern(word: str) -> str:
    return _WORDS.get(word) or re.escape(name_zh(word))


_PEOPLE: Final = {category: _pattern(category) for category in CATEGORIES}
_FUNDS: Final = {source: _pattern(source) for source in SOURCES}
_CLASSES: Final = {"adult": "(?<!未)成年人", "minor_or_student": "学生|學生|周岁以下|未成年人|儿童"}
_CLASS_NAMES: Final = {"adult": "成年人", "minor_or_student": "学生及未成年人"}
_IN_FULL: Final = "全额(?:资助|补贴|补助)"
_LEFT_OPEN: Final = "(?:定额|适当)(?:资助|补贴|补助)"
_AMOUNT: Final = re.compile(rf"\d+元|\d+%|{_IN_FULL}|{_LEFT_OPEN}")


def people_are_named(notice: Notice, text: OfficialText) -> Iterator[Finding]:
    """Every category, class and fund of a rule about money is named where its amount stands."""
    for rule in notice.rules():
        if not isinstance(rule, AssistanceRule | Rate):
            continue
        before = list(_before_amounts(rule, text))
        if not before and any(effect.kind == "fen" for effect in effects(rule)):
            continue  # Its amount is in no clause, which is told by itself.
        if isinstance(rule, AssistanceRule):
            read = "".join(_likened(notice, rule))
            for category in rule.categories:
                named = any(category in _people_before(part) for part in before)
                yield _finding(rule, category, named or bool(re.search(_pattern(category), read)))
            for share in rule.shares:
                once = sum(other.source == share.source for other in rule.shares) == 1
                yield _finding(rule, share.source, once and share.source in _funds(rule, before, text))
        if rule.rate_class in _CLASSES:
            named = all(_class_before(part) == rule.rate_class for part in before)
            yield _finding(rule, rule.rate_class, named)


def _finding(rule: Rule, word: str, good: bool) -> Finding:
    name = name_zh(word) if word in NAMES else _CLASS_NAMES[word]
    problem = Sentence(
        f"规则{rule.id}：所引条款没有把该数额与“{name}”写在一处",
        f"rule {rule.id}: its clauses do not name {word} with the amount",
    )
    return Finding("named", rule.clauses[0], None if good else problem)


def _before_amounts(rule: AssistanceRule | Rate, text: OfficialText) -> Iterator[str]:
    """The beginning of the sentence up to each place where an amount of the rule stands."""
    amounts = [effect for effect in effects(rule) if effect.kind in ("fen", "percent")]
    shares = rule.shares if isinstance(rule, AssistanceRule) else ()
    is_local = any(isinstance(share.amount, LocalAmount) for share in shares)
    found = False
    for clause, figure in taken_by(rule, text):
        bounds_it = is_local and figure.amount_in("元", "%") is not None
        if bounds_it or any(carried(effect, [figure]) for effect in amounts):
            found = True
            yield _sentence_before(text[clause].text, figure.at)
    words = (
        _IN_FULL if any(share.amount == "full" for share in shares) else _LEFT_OPEN if is_local and not found else ""
    )
    for clause in rule.clauses if words else ():
        body = text[clause].text if clause in text else ""
        for place in re.finditer(words, body):
            yield _sentence_before(body, place.start())


def _likened(notice: Notice, rule: Rule) -> Iterator[str]:
    """What the rule's readings say of people who count as others that the text names."""
    for reading in notice.readings:
        if reading.id in rule.readings and re.search("同按|视同|参照|视为", reading.text.zh):
            yield reading.text.zh


def _sentence_before(text: str, at: int) -> str:
    return re.split("[。；;]", text[:at])[-1]


def _named(words: Mapping[str, str], text: str) -> set[str]:
    return {word for word, pattern in words.items() if re.search(pattern, text)}


def _people_before(before: str) -> set[str]:
    """The people named in the last stretch between two amounts that names any."""
    return next(filter(None, (_named(_PEOPLE, part) for part in reversed(_AMOUNT.split(before)))), set())


def _class_before(before: str) -> str | None:
    """The class named last."""
    places = [(found.start(), name) for name, pattern in _CLASSES.items() for found in re.finditer(pattern, before)]
    return max(places)[1] if places else None


def _funds(rule: AssistanceRule, before: list[str], text: OfficialText) -> set[str]:
    """The funds named in the words right before an amount, else in its sentence, else in the clauses of the rule."""
    theirs = [part for part in before if _people_before(part) & set(rule.categories)]
    near = set().union(*(_named(_FUNDS, _phrase(part)) or _named(_FUNDS, part) for part in theirs))
    return near or _named(_FUNDS, "。".join(text[clause].text for clause in rule.clauses if clause in text))


def _phrase(before: str) -> str:
    """The words since the last comma, or since a bracket that is still open."""
    phrase = re.split("[，：,:]", before)[-1]
    opened = phrase.rfind("(")
    return phrase[opened + 1 :] if opened > phrase.rfind(")") else phrase
