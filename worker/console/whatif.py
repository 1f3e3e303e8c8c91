"""What-if: figures of the notice in force changed in a form, or another notice in its place, over today's roster."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy.exc import OperationalError
from starlette.responses import Response

from policies.change.proposal import LOCAL, RefusedChange, Setting, setting_of
from policies.change.report import row_name
from policies.fields import Field, fields_of
from policies.load import available_notices
from policies.local import LocalParameters
from policies.money import yuan
from policies.notice import Notice
from policies.portrait import Parameter, parameters, told_figures
from policies.rule import Rule
from worker.console.answers import address
from worker.console.chart import Chart, Pair, bars
from worker.console.policies import find
from worker.console.visit import Visit
from worker.report.whatif import Considered, NotConsidered, consider

_MOST_CHANGES = 20
_PATIENCE_SECONDS = 0.25
"""How long a page waits for what a small county is asked; of a larger one it says that it is being computed."""
_AGAIN_SECONDS = 1


def show(visit: Visit) -> Response:
    """The form; with ``set`` or ``against`` what that would mean. Fields that were left alone are dropped first."""
    house, params = visit.house, visit.request.query_params
    notice, local = house.law.in_force(house.clock.today())
    asked = [one for one in params.getlist("set") if one][:_MOST_CHANGES]
    against = visit.asked("against")
    filled = [(name, value.strip()) for name, value in params.multi_items() if "." in name]
    if filled:
        known = {one["name"]: one for one in _fields(visit, notice, local, {})}
        asked += [_typed(known[name], value) for name, value in filled if _differs(known.get(name), value)]
        return visit.go("/policies/whatif", **{"set": asked, **({"against": against} if against else {})})
    values: dict[str, Any] = {"notice": notice, "asked": asked, "against": against, "found": None, "problem": None}
    values["under_way"] = False
    try:
        if against or asked:
            other = find(visit, against) if against else None
            today = house.clock.today()
            name, told = visit.place.answers.ask(
                f"{today} {against} {asked}",
                lambda: consider(house.engine, house.law, today, _settings(asked, other), other),
                _PATIENCE_SECONDS,
            )
            values |= {"found": told.found, "rules": [] if other else told.rules, **_pictures(visit, told)}
            values |= {"behind": partial(address, name), "as_table": f"/policies/whatif/{name}"}
    except TimeoutError:
        values |= {"under_way": True, "again": _AGAIN_SECONDS}
    except (RefusedChange, NotConsidered) as refused:
        values["problem"] = visit.words.said(str(refused))
    except OperationalError:
        values["problem"] = visit.words("took_too_long")
    return visit.show(
        "whatif",
        422 if values["problem"] else 200,
        groups=_form(visit, notice, local, dict(one.partition("=")[::2] for one in asked)),
        names=[name for name in available_notices() if name != notice.notice],
        **values,
    )


def _settings(asked: list[str], other: Notice | None) -> list[Setting]:
    return [] if other else [setting_of(one) for one in asked]


def _form(
    visit: Visit, notice: Notice, local: LocalParameters | None, asked: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """The figures that decide levies, rule by rule: amounts, days and spans, and what is left to the locality."""
    each = list(_fields(visit, notice, local, asked))
    for kind in ("amounts", "days", "local"):
        fields = [one for one in each if one["kind"] == kind]
        rules = [
            {"summary": own[0]["summary"], "clauses": own[0]["clauses"], "fields": own}
            for own in (list(group) for _, group in groupby(fields, lambda one: one["name"].partition(".")[0]))
        ]
        yield {"kind": kind, "rules": rules, "changed": any(one["new"] != one["value"] for one in fields)}


def _fields(
    visit: Visit, notice: Notice, local: LocalParameters | None, asked: dict[str, str]
) -> Iterator[dict[str, Any]]:
    each = [_field(visit, rule, field) for rule in notice.levy_rules() for field in _figures(rule)]
    for one in [*each, *(_parameter(visit, one) for one in _settable(notice, local))]:
        yield one | {"new": asked.get(one["name"], one["value"]).removesuffix("元")}


def _settable(notice: Notice, local: LocalParameters | None) -> Iterator[Parameter]:
    return (one for one in parameters(notice, local) if "." not in one.name)


def _parameter(visit: Visit, one: Parameter) -> dict[str, Any]:
    name, money = f"{LOCAL}.{one.name}", one.name == "full_funding_standard"
    value = "" if one.value is None else yuan(one.value) if money else str(one.value).lower()
    flag = one.name == "long_term_care_pilot"
    return {
        "name": name,
        "value": value,
        "kind": "local",
        "money": money,
        "clauses": one.clauses,
        "summary": visit.words.value("local", one.name),
        "label": visit.words("set_to"),
        "choices": ("true", "false") if flag else one.bounds.get("choices"),
        "day": "first" in one.bounds,
        "whole": False,
    }


def _figures(rule: Rule) -> Iterator[Field]:
    return (field for field in fields_of(rule).values() if field.is_figure and not field.path.endswith("local"))


def _field(visit: Visit, rule: Rule, field: Field) -> dict[str, Any]:
    money = isinstance(field.value, int) and field.path.endswith("amount")
    label = next(one[visit.language] for one in told_figures(rule) if one["path"] == field.path)
    return {
        "name": f"{rule.id}.{field.path}",
        "value": yuan(field.value) if money else str(field.value),  # type: ignore[arg-type]
        "kind": "amounts" if money or field.nature == "amount" else "days",
        "money": money or field.nature == "amount",
        "clauses": rule.clauses,
        "summary": rule.summary.model_dump()[visit.language],
        "label": label,
        "choices": None,
        "day": field.nature == "date",
        "whole": isinstance(field.value, int) and not money,
    }


def _differs(field: dict[str, Any] | None, value: str) -> bool:
    return field is not None and value not in ("", field["value"])


def _typed(field: dict[str, Any], value: str) -> str:
    """The setting as the command line takes it: an amount in figures is yuan."""
    figures = field["money"] and value.replace(".", "", 1).isdecimal()
    return f"{field['name']}={value}{'元' if figures else ''}"


def _pictures(visit: Visit, told: Considered) -> dict[str, Any]:
    """The two charts: how the money is paid, and what becomes of the people."""
    lang = visit.language
    money = [
        Pair(row_name("money", row["name"], lang), *_sides(row, "fen"), *map(yuan, _sides(row, "fen")))
        for row in told.found["money"]
    ]
    people = [
        Pair(row_name("outcomes", row["name"], lang), *sides, *map("{:,}".format, sides))
        for row in told.found["outcomes"]
        for sides in [_sides(row, "people")]
    ]
    charts: dict[str, Chart] = {"money": bars(money), "people": bars(people)}
    named = {
        group: [row | {"shown": row_name(group, row["name"], lang)} for row in told.found[group]]
        for group in ("outcomes", "money", "clause", "category", "source")
    }
    moves = [
        move | {f"{side}_shown": row_name("outcomes", move[side], lang) for side in ("from", "to")}
        for move in told.found["moves"]
    ]
    return {"charts": charts, "named": named, "moves": moves, "seconds": f"{told.seconds:.1f}"}


def _sides(row: dict[str, Any], unit: str) -> tuple[int, int]:
    return row["before"][unit], row["after"][unit]
