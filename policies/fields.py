"""The fields of a rule by dotted path, as a notice file writes them, each with what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from pydantic import BaseModel

from policies.money import yuan
from policies.rule import Rule

Leaf = str | int | bool | date | tuple[object, ...]
Nature = Literal["amount", "date", "condition", "effect", "clause", "reading", "words", "source"]
_NATURES: Final[dict[str, Nature]] = {
    "clauses": "clause",
    "readings": "reading",
    "summary": "words",
    "reason": "words",
    "took": "source",
    "figures_of": "source",
}
_UNITS: Final = {
    "wait_days": ("天", "days"),
    "registered_within_days": ("天", "days"),
    "paid_within_days": ("天", "days"),
    "wait_months": ("个月", "months"),
    "months_at_least": ("个月", "months"),
    "paid_within_months": ("个月", "months"),
}
_LABELS: Final = {
    "amount": ("金额", "amount"),
    "first_day": ("起始日", "first day"),
    "not_before": ("不早于", "not before"),
    "until": ("至", "until"),
    "recognised_by": ("认定不晚于", "recognised by"),
    "wait_days": ("等待", "wait"),
    "wait_months": ("等待", "wait"),
    "months_at_least": ("至少", "at least"),
    "registered_within_days": ("出生后登记期限", "registered after birth within"),
    "paid_within_days": ("出生后缴费期限", "paid after birth within"),
    "paid_within_months": ("中断后缴费期限", "paid after the interruption within"),
    "share": ("比例", "share"),
    "local": ("由当地参数确定", "set by the local parameter"),
    "born.first": ("出生不早于", "born from"),
    "born.last": ("出生不晚于", "born up to"),
    "paid.first": ("缴费不早于", "paid from"),
    "paid.last": ("缴费不晚于", "paid up to"),
    "revoked.first": ("身份终止不早于", "ended from"),
    "revoked.last": ("身份终止不晚于", "ended up to"),
    "recognised.first": ("认定不早于", "recognised from"),
    "recognised.last": ("认定不晚于", "recognised up to"),
    "ended.first": ("原待遇停止不早于", "earlier cover ended from"),
    "ended.last": ("原待遇停止不晚于", "earlier cover ended up to"),
    "enrolled_at_school.first": ("入学不早于", "enrolled at school from"),
    "enrolled_at_school.last": ("入学不晚于", "enrolled at school up to"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a rule: where it stands, what it is (fen, days, a day, a word), and what it is about."""

    path: str
    value: Leaf
    nature: Nature

    @property
    def is_figure(self) -> bool:
        """Whether it is an amount, a date or a number, or an amount left to the locality."""
        number = isinstance(self.value, int) and not isinstance(self.value, bool)
        share = isinstance(self.value, str) and self.value.endswith("%")
        return self.nature in {"amount", "date"} or (self.nature in {"condition", "effect"} and (number or share))

    def shown(self, lang: str) -> str:
        """The value with its unit, in ``zh`` or ``en``."""
        return shown(self.path, self.value, lang)

    def label(self, lang: str) -> str:
        """What the value says, in ``zh`` or ``en``, or its path where no word is kept."""
        parts = [part for part in self.path.split(".") if not part.isdigit()]
        found = _LABELS.get(".".join(parts[-2:])) or _LABELS.get(parts[-1])
        return (found[0] if lang == "zh" else found[1]) if found else self.path


def shown(path: str, value: Leaf | None, lang: str) -> str:
    """A value of a rule with its unit; ``None`` is nothing."""
    name, place = path.rpartition(".")[2], 0 if lang == "zh" else 1
    if value is None:
        return ("无", "nothing")[place]
    if isinstance(value, bool):
        return (("否", "no"), ("是", "yes"))[value][place]
    if isinstance(value, int) and name in {"amount", "full_funding_standard"}:
        return f"{yuan(value)}{('元', ' yuan')[place]}"
    if isinstance(value, int) and name in _UNITS:
        return f"{value}{'' if lang == 'zh' else ' '}{_UNITS[name][place]}"
    if isinstance(value, tuple):
        return ("、", ", ")[place].join(str(item) for item in value)
    if value in ("full", "local") and name == "amount":
        words = {"full": ("全额", "in full"), "local": ("由当地确定", "set locally")}
        return words[str(value)][place]
    return str(value)


def fields_of(rule: Rule) -> dict[str, Field]:
    """Every field of a rule that says something, by path, in the order of the file; the rule's id is not among them."""
    found = leaves(rule, "")
    return {path: field for path, field in found.items() if path != "id"}


def leaves(part: object, path: str) -> dict[str, Field]:
    """Every value inside a part of a notice that stands under ``path``."""
    return {name: Field(name, value, _nature(name, value)) for name, value in _leaves(part, path)}


def kind_of(rule: Rule) -> str:
    """The kind of a rule: the name of its class in small letters, such as ``rate`` or ``assistance_rule``."""
    name = type(rule).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _leaves(part: object, path: str) -> Iterator[tuple[str, Leaf]]:
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _leaves(getattr(part, name), f"{path}.{name}".lstrip("."))
    elif isinstance(part, Mapping):
        for name, value in part.items():
            yield from _leaves(value, f"{path}.{name}")
    elif isinstance(part, tuple) and any(isinstance(item, BaseModel) for item in part):
        for position, item in enumerate(part):
            yield from _leaves(item, f"{path}.{position}")
    elif isinstance(part, str | int | date) or (isinstance(part, tuple) and part):
        yield path, part


def _nature(path: str, value: Leaf) -> Nature:
    first, last = path.partition(".")[0], path.rpartition(".")[2]
    if first in _NATURES:
        return _NATURES[first]
    if isinstance(value, date):
        return "date"
    if last in {"amount", "local", "share"} and first != "when":
        return "amount"
    return "condition" if first in {"when", "revoked", "paid", "identity", "categories", "rate_class"} else "effect"
