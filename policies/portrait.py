"""A notice as a reader wants to see it: clause by clause, with figures, open parameters and readings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from policies.clause import clause_order
from policies.fields import Field, fields_of, kind_of
from policies.local import LocalParameters
from policies.notice import Notice
from policies.resolution import Resolution
from policies.rule import Rule
from policies.vocabulary import name_en, name_zh


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure left to the locality: under which clauses, within which bounds, and what was set (``None``: open)."""

    name: str
    clauses: tuple[str, ...]
    bounds: dict[str, Any]
    value: Any


def parameters(notice: Notice, local: LocalParameters | None) -> Iterator[Parameter]:
    """Every local parameter of a notice, set or open. Amounts are fen, or a share of the standard."""
    for name, bound in notice.local_parameters:
        if name == "assistance":
            for category, one in bound.items():
                value = local.amount_for(category) if local else None
                yield _parameter(f"assistance.{category}", one, value)
        elif bound is not None:
            yield _parameter(name, bound, getattr(local, name) if local else None)


def _parameter(name: str, bound: BaseModel, value: Any) -> Parameter:
    bounds = bound.model_dump(mode="json", exclude_unset=True)
    return Parameter(name, tuple(bounds.pop("clauses")), bounds, value)


def by_clause(notice: Notice) -> dict[str, list[Rule]]:
    """The rules under the first clause each cites, in the order of the text."""
    clauses: dict[str, list[Rule]] = {}
    for rule in notice.rules():
        clauses.setdefault(rule.clauses[0], []).append(rule)
    return dict(sorted(clauses.items(), key=lambda item: clause_order(item[0])))


def portrait(notice: Notice, local: LocalParameters | None, found: Resolution | None) -> dict[str, Any]:
    """All of it as JSON-ready values, sentences in both languages."""
    return {
        "notice": notice.notice,
        "title": notice.title.model_dump(),
        "document_number": notice.document_number,
        "areas": list(notice.areas),
        "insured_year": notice.insured_year,
        "period_first": notice.period_first.isoformat(),
        "period_last": notice.period_last.isoformat(),
        "resolution": _resolution(found) if found else None,
        "local_parameters": [
            {
                "name": one.name,
                "clauses": list(one.clauses),
                "bounds": one.bounds,
                "set": one.value is not None,
                "value": shown_value(one.value),
            }
            for one in parameters(notice, local)
        ],
        "clauses": [
            {"clause": clause, "rules": [_rule(rule) for rule in rules]} for clause, rules in by_clause(notice).items()
        ],
        "readings": [reading.model_dump(mode="json") for reading in notice.readings],
    }


def shown_value(value: Any) -> Any:
    """A parameter's value as JSON: days as ISO text, all else as it is."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _resolution(found: Resolution) -> dict[str, Any]:
    return {
        "area": found.area,
        "year": found.year,
        "levels": [
            {"prefix": one.prefix, "level": one.name.model_dump(), "notices": one.notices} for one in found.levels
        ],
        "inherits_from": found.notice.notice if found.level.prefix != found.area else None,
        "overrides": [
            {"notice": wider.notice, "not_inherited": list(found.silent_on(wider))} for wider in found.set_aside
        ],
        "not_carried_over": [notice.notice for notice in found.other_years],
        "why": [reason.model_dump() for reason in found.reasons()],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "kind": kind_of(rule),
        "clauses": list(rule.clauses),
        "summary": rule.summary.model_dump(),
        "readings": list(rule.readings),
        "figures": told_figures(rule),
    }


def told_figures(rule: Rule) -> list[dict[str, Any]]:
    """The figures of a rule: path, value, and in words in both languages."""
    return [_figure(rule, field) for field in fields_of(rule).values() if field.is_figure]


def _figure(rule: Rule, field: Field) -> dict[str, Any]:
    """One figure in words; of a share of assistance its funder is told too."""
    funder = fields_of(rule).get(field.path.partition(".amount")[0] + ".source")
    source = str(funder.value) if funder else ""
    zh, en = f"{field.label('zh')} {field.shown('zh')}", f"{field.label('en')} {field.shown('en')}"
    if source:
        zh, en = f"{name_zh(source)} {field.shown('zh')}", f"{name_en(source)} {field.shown('en')}"
    return {"path": field.path, "value": shown_value(field.value), "zh": zh, "en": en}
