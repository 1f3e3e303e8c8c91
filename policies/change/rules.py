"""Two notices compared rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from policies.fields import Field, Nature, fields_of, kind_of
from policies.notice import Notice
from policies.rule import Rule

_NOT_EFFECT = frozenset({"clause", "words", "source", "reading"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a rule before and after; ``None``: it says nothing there."""

    path: str
    nature: Nature
    before: Field | None
    after: Field | None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that was added, removed, changed or only renamed; ``moved`` when the order of its like changed."""

    change: Literal["added", "removed", "changed", "renamed"]
    kind: str
    before: Rule | None
    after: Rule | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def rule(self) -> Rule:
        """The rule as it is now, or as it was."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change of no rule")
        return found

    @property
    def natures(self) -> tuple[Nature, ...]:
        """What changed: amounts, dates, conditions, clauses... each once."""
        return tuple(dict.fromkeys(one.nature for one in self.fields))


def rule_changes(before: Notice, after: Notice) -> tuple[RuleChange, ...]:
    """Every difference in rules, in the order of the files. Rules match by kind and id, then by identical effect."""
    old = {(kind_of(rule), rule.id): rule for rule in before.rules()}
    new = {(kind_of(rule), rule.id): rule for rule in after.rules()}
    gone = {key: rule for key, rule in old.items() if key not in new}
    return tuple(_changes(old, new, gone))


def _changes(
    old: dict[tuple[str, str], Rule], new: dict[tuple[str, str], Rule], gone: dict[tuple[str, str], Rule]
) -> Iterator[RuleChange]:
    for key, rule in new.items():
        kind, earlier, change = key[0], old.get(key), "changed"
        if earlier is None:
            twin = next((k for k, one in gone.items() if k[0] == kind and _effect(one) == _effect(rule)), None)
            earlier, change = (gone.pop(twin), "renamed") if twin else (None, "added")
        fields = tuple(_field_changes(earlier, rule)) if earlier else ()
        if fields or change != "changed":
            yield RuleChange(change, kind, earlier, rule, fields)  # type: ignore[arg-type]
    for (kind, _), rule in gone.items():
        yield RuleChange("removed", kind, rule, None)


def _effect(rule: Rule) -> list[tuple[str, object]]:
    return [(path, field.value) for path, field in fields_of(rule).items() if field.nature not in _NOT_EFFECT]


def _field_changes(before: Rule, after: Rule) -> Iterator[FieldChange]:
    old, new = fields_of(before), fields_of(after)
    for path in dict.fromkeys((*old, *new)):
        was, now = old.get(path), new.get(path)
        if (was and was.value) != (now and now.value):
            yield FieldChange(path, (now or was).nature, was, now)  # type: ignore[union-attr]
