"""Two notices side by side, by what a reader looks for: dues, assistance by category, windows, cover, refunds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from policies.fields import fields_of, kind_of
from policies.notice import Notice
from policies.rule import Rule
from policies.vocabulary import CATEGORIES

Topic = Literal["dues", "assistance", "assistance_terms", "windows", "cover", "places", "refunds", "revoked", "twice"]
_NOT_EFFECT = frozenset({"clause", "words", "source", "reading"})


@dataclass(frozen=True, slots=True)
class Line:
    """What both notices say about one thing: a rate class, a category, or a rule by its id; either may say nothing."""

    key: str
    a: tuple[Rule, ...]
    b: tuple[Rule, ...]

    @property
    def same(self) -> bool:
        """Whether both say the same, in other words and under other clauses perhaps."""
        return [_effect(rule) for rule in self.a] == [_effect(rule) for rule in self.b]


def beside(a: Notice, b: Notice) -> dict[Topic, tuple[Line, ...]]:
    """Everything that either notice rules, by topic, in the order of ``a`` and then of ``b``."""
    old, new = dict(_filed(a)), dict(_filed(b))
    topics: dict[Topic, tuple[Line, ...]] = {}
    for topic in dict.fromkeys((*old, *new)):
        was, now = _by_key(old.get(topic, ())), _by_key(new.get(topic, ()))
        keys = _in_order(topic, (*was, *now))
        topics[topic] = tuple(Line(key, was.get(key, ()), now.get(key, ())) for key in keys)
    return topics


_Filed = tuple[tuple[str, Rule], ...]


def _filed(notice: Notice) -> Iterator[tuple[Topic, _Filed]]:
    """The rules of each topic, each under the key by which the other notice's are found."""
    parts = notice.assistance
    funding = (("full_funding", notice.full_funding),) if notice.full_funding else ()
    yield "dues", (*((f"{one.insurance}/{one.rate_class}", one) for one in notice.rates), *funding)
    yield "assistance", tuple((category, rule) for rule in parts.rules for category in rule.categories)
    terms = (parts.combination, parts.elsewhere, parts.cutoff, parts.later, parts.retention)
    yield "assistance_terms", tuple((kind_of(rule), rule) for rule in terms if rule is not None)
    yield "windows", _by_id(notice.routes)
    yield "cover", _by_id(notice.covers_from)
    yield "places", _by_id(notice.places)
    yield "refunds", _by_id(notice.refund)
    yield "revoked", _by_id(notice.revocation)
    yield "twice", _by_id(notice.duplicate)


def _by_id(rules: Iterable[Rule]) -> _Filed:
    return tuple((rule.id, rule) for rule in rules)


def _by_key(filed: _Filed) -> dict[str, tuple[Rule, ...]]:
    found: dict[str, tuple[Rule, ...]] = {}
    for key, rule in filed:
        found[key] = (*found.get(key, ()), rule)
    return found


def _in_order(topic: Topic, keys: Iterable[str]) -> list[str]:
    each = dict.fromkeys(keys)
    return [word for word in CATEGORIES if word in each] if topic == "assistance" else list(each)


def _effect(rule: Rule) -> list[tuple[str, object]]:
    # Which other categories share a rule says nothing about the one that is asked about.
    left = {path: one for path, one in fields_of(rule).items() if path != "categories"}
    return [(path, one.value) for path, one in left.items() if one.nature not in _NOT_EFFECT]
