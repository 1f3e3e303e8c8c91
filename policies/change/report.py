"""A change as JSON-ready values: the rules, and what they mean over a roster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policies.change.impact import Amount, Impact, Tally
from policies.change.rules import FieldChange, RuleChange
from policies.clause import clause_order
from policies.notice import Notice
from policies.portrait import shown_value
from policies.vocabulary import CATEGORIES, SOURCES, name_en, name_zh

_WORDS = {
    "standard": ("应征保费", "premium levied"),
    "due": ("个人应缴", "paid by the person"),
    "sponsor_due": ("部门代缴", "paid by a sponsor"),
    "netted": ("缴费时资助", "netted at levy"),
    "assisted_after": ("缴费后资助", "given back after payment"),
    "due_outcome": ("应缴", "due"),
    "no_due": ("无需缴费", "nothing due"),
    "refer": ("转他地参保", "referred"),
    "closed": ("不受理", "closed"),
    "undetermined": ("未确定", "undetermined"),
}
"""Chinese and English words for the rows of the tables."""


def rules_report(changes: tuple[RuleChange, ...]) -> list[dict[str, Any]]:
    """The changes of rules, each with its fields before and after."""
    return [
        {
            "change": one.change,
            "kind": one.kind,
            "rule": one.rule.id,
            "was_called": one.before.id if one.before and one.before.id != one.rule.id else None,
            "clauses": list(one.rule.clauses),
            "summary": one.rule.summary.model_dump(),
            "natures": list(one.natures),
            "fields": [_field(part) for part in one.fields],
        }
        for one in changes
    ]


def fields_report(changes: tuple[FieldChange, ...]) -> list[dict[str, Any]]:
    """Changes outside of the rules."""
    return [_field(part) for part in changes]


def _field(part: FieldChange) -> dict[str, Any]:
    sides = {"before": part.before, "after": part.after}
    values = {name: shown_value(side.value) if side else None for name, side in sides.items()}
    shown = {lang: {name: side.shown(lang) if side else None for name, side in sides.items()} for lang in ("zh", "en")}
    return {"path": part.path, "nature": part.nature, **values, "shown": shown}


def impact_report(before: Notice, after: Notice, found: Impact) -> dict[str, Any]:
    """People and money before and after, and the difference; amounts in fen."""
    return {
        "people": found.people,
        "affected": found.affected,
        "cover_changed": found.cover_changed,
        "levied_once": found.levied_once,
        "uncertain": found.uncertain,
        "years": [before.insured_year, after.insured_year],
        "pay_more": vars_of(found.pay_more),
        "pay_less": vars_of(found.pay_less),
        "pay_same": found.pay_same,
        "outcomes": _rows(
            "outcomes",
            {name: Amount(people) for name, people in found.before.outcomes.items()},
            {name: Amount(people) for name, people in found.after.outcomes.items()},
        ),
        "moves": [{"from": was, "to": now, "people": people} for (was, now), people in sorted(found.moves.items())],
        **{
            group: _rows(group, _group(found.before, group), _group(found.after, group))
            for group in ("money", "clause", "category", "source")
        },
    }


def vars_of(amount: Amount) -> dict[str, int]:
    """People and fen of an amount."""
    return {"people": amount.people, "fen": amount.fen}


def _group(tally: Tally, group: str) -> dict[str, Amount]:
    found: dict[str, Amount] = getattr(tally, group)
    return found


def _in_order(group: str, names: Iterable[str]) -> list[str]:
    """Clauses as they stand in the text, words as the vocabulary has them."""
    each = dict.fromkeys(names)
    if group == "clause":
        return sorted(each, key=clause_order)
    words = {"category": CATEGORIES, "source": SOURCES}.get(group, tuple(each))
    return [word for word in words if word in each]


def _rows(group: str, before: dict[str, Amount], after: dict[str, Amount]) -> list[dict[str, Any]]:
    """A row a name; names without anybody on either side are left out."""
    rows = []
    for name in _in_order(group, (*before, *after)):
        was, now = before.get(name, Amount()), after.get(name, Amount())
        if was.people or now.people:
            difference = {"people": now.people - was.people, "fen": now.fen - was.fen}
            rows.append({"name": name, "before": vars_of(was), "after": vars_of(now), "difference": difference})
    return rows


def row_name(group: str, name: str, lang: str) -> str:
    """What a row is called in ``zh`` or ``en``."""
    key = "due_outcome" if (group, name) == ("outcomes", "due") else name
    zh, en = _WORDS.get(key, (name_zh(name), name_en(name)))
    return zh if lang == "zh" else en
