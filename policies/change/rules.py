"""Two notices compared rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from policies.fields import Field, Nature, fields_of, kind_of, leaves
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
    """A rule that was added, removed or changed, only renamed, or only moved among those of its kind.

    The order counts: the first rule whose condition holds decides, and ties go to the one that stands first.
    """

    change: Literal["added", "removed", "changed", "renamed", "moved"]
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
    return (*_changes(old, new, gone), *_moves(old, new))


def document_changes(before: Notice, after: Notice) -> tuple[FieldChange, ...]:
    """Differences outside of the rules: areas, insured period, what is left to the locality, and the readings."""
    return tuple(_leaf_changes(_document(before), _document(after)))


def _document(notice: Notice) -> dict[str, Field]:
    readings = {
        f"readings.{one.id}": {"zh": one.text.zh, "en": one.text.en, "status": one.status} for one in notice.readings
    }
    parts: dict[str, object] = {
        "areas": notice.areas,
        "insured_year": notice.insured_year,
        "period_first": notice.period_first,
        "period_last": notice.period_last,
        "local_parameters": notice.local_parameters,
        **readings,
    }
    return {path: field for name, part in parts.items() for path, field in leaves(part, name).items()}


def _moves(old: dict[tuple[str, str], Rule], new: dict[tuple[str, str], Rule]) -> Iterator[RuleChange]:
    """Rules of both notices that stand in another order among those of their kind."""
    for kind in dict.fromkeys(kind for kind, _ in new):
        was = [key for key in old if key[0] == kind and key in new]
        now = [key for key in new if key[0] == kind and key in old]
        stay = {
            was[at]
            for one in SequenceMatcher(None, was, now).get_matching_blocks()
            for at in range(one.a, one.a + one.size)
        }
        for key in now:
            if key not in stay:
                yield RuleChange("moved", kind, old[key], new[key])


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
    return _leaf_changes(fields_of(before), fields_of(after))


def _leaf_changes(old: dict[str, Field], new: dict[str, Field]) -> Iterator[FieldChange]:
    for path in dict.fromkeys((*old, *new)):
        was, now = old.get(path), new.get(path)
        if (was and was.value) != (now and now.value):
            yield FieldChange(path, (now or was).nature, was, now)  # type: ignore[union-attr]
