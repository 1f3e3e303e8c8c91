"""A change of a notice that is only considered, checked like a notice file: ``RULE.field=value``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic import ValidationError

from policies.local import LocalParameters, bound_problems
from policies.money import parse_yuan
from policies.notice import Notice
from policies.rulefile import PolicyError, sentence, worst

_SETTING = re.compile(r"([a-z][a-z0-9-]*)\.([a-z0-9_.-]+)=(.*)", re.DOTALL)
LOCAL = "local"
"""Instead of a rule: the local parameters, such as ``local.late_payers=standard``."""


class RefusedChange(PolicyError):
    """A considered change that no notice file could hold: which setting, and why."""

    def __init__(self, setting: str, problem: str) -> None:
        self.setting, self.problem = setting, problem
        super().__init__(f"{setting}: {problem}")


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of one rule (or of the local parameters) set to a value; ``None`` leaves the field out."""

    rule: str
    path: tuple[str, ...]
    value: Any

    @property
    def name(self) -> str:
        """Rule and field."""
        return ".".join((self.rule, *self.path))


def setting_of(text: str) -> Setting:
    """A setting as it is typed: amounts in fen, or in yuan with 元 behind. Raises ``RefusedChange``."""
    match = _SETTING.fullmatch(text)
    if match is None:
        raise RefusedChange(
            text, "write RULE.FIELD=VALUE, such as assist-130.amount=15000 or window.when.paid.last=2021-01-31"
        )
    return Setting(match[1], tuple(match[2].split(".")), _value(match[2], match[3].strip()))


def settings_of(fields: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Settings that stand in a file: field and value."""
    made = []
    for name, value in fields.items():
        match = _SETTING.fullmatch(f"{name}=")
        if match is None:
            raise RefusedChange(name, "write RULE.FIELD, such as assist-130.amount")
        made.append(Setting(match[1], tuple(match[2].split(".")), value))
    return tuple(made)


def _value(name: str, text: str) -> Any:
    try:
        return parse_yuan(text.removesuffix("元")) if text.endswith("元") else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise RefusedChange(name, f"{text!r} is no value: {' '.join(str(error).split())}") from None


def proposed(notice: Notice, settings: Iterable[Setting]) -> Notice:
    """The notice with these fields changed. Raises ``RefusedChange`` where a notice file would be refused."""
    wanted = [one for one in settings if one.rule != LOCAL]
    document = notice.model_dump(exclude_unset=True)
    for one in wanted:
        rule = next((rule for rule in _rules(document) if rule["id"] == one.rule), None)
        if rule is None:
            near = get_close_matches(one.rule, [rule.id for rule in notice.rules()], 3, 0.3)
            known = f"did you mean {', '.join(near)}?" if near else f"levy policy show {notice.notice} lists them"
            raise RefusedChange(one.name, f"{notice.notice} has no such rule; {known}")
        _put(rule, _spelled(rule, one), one)
    try:
        changed = Notice.model_validate(document)
    except ValidationError as error:
        first = worst(error)
        raise RefusedChange(_place(document, first["loc"]) or notice.notice, sentence(first)) from None
    if wanted and list(changed.rules()) == list(notice.rules()):
        raise RefusedChange(wanted[0].name, "it says so already, so nothing changes")
    return changed


def proposed_local(
    notice: Notice, local: LocalParameters | None, area: str, settings: Iterable[Setting]
) -> LocalParameters | None:
    """The local parameters of an area with those of the settings that begin with ``local.``, checked like a file."""
    wanted = [one for one in settings if one.rule == LOCAL]
    if not wanted:
        return local
    document: dict[str, Any]
    document = local.model_dump(exclude_unset=True) if local else {"notice": notice.notice, "areas": (area,)}
    for one in wanted:
        _put(document, one.path, one)
    try:
        changed = LocalParameters.model_validate(document)
    except ValidationError as error:
        first = worst(error)
        raise RefusedChange(".".join((LOCAL, *map(str, first["loc"]))), sentence(first)) from None
    for field, problem in bound_problems(changed, notice):
        raise RefusedChange(f"{LOCAL}.{field}", problem)
    return changed


def _spelled(rule: dict[str, Any], setting: Setting) -> tuple[str, ...]:
    """The path of a field; ``amount`` of an assistance from one source is the amount of its only share."""
    if setting.path != ("amount",) or "shares" not in rule:
        return setting.path
    if len(rule["shares"]) > 1:
        paths = [f"{setting.rule}.shares.{place}.amount ({one['source']})" for place, one in enumerate(rule["shares"])]
        raise RefusedChange(setting.name, f"several sources share it; set one of {', '.join(paths)}")
    return ("shares", "0", "amount")


def _put(part: dict[str, Any], path: tuple[str, ...], setting: Setting) -> None:
    """Set a field inside nested mappings and tuples, which are copied on the way down."""
    name, rest = path[0], path[1:]
    if not rest:
        if setting.value is None:
            part.pop(name, None)
        else:
            part[name] = tuple(setting.value) if isinstance(setting.value, list) else setting.value
        return
    inner = part.get(name)
    if isinstance(inner, tuple):
        if not rest[0].isdigit() or int(rest[0]) >= len(inner):
            raise RefusedChange(setting.name, f"{name} has entries 0 to {len(inner) - 1}")
        items = list(inner)
        if len(rest) == 1:
            items[int(rest[0])] = setting.value
        elif isinstance(items[int(rest[0])], dict):
            items[int(rest[0])] = dict(items[int(rest[0])])
            _put(items[int(rest[0])], rest[1:], setting)
        else:
            raise RefusedChange(setting.name, f"{name}.{rest[0]} has no fields of its own")
        part[name] = tuple(items)
        return
    if inner is not None and not isinstance(inner, dict):
        raise RefusedChange(setting.name, f"{name} has no fields of its own")
    part[name] = dict(inner or {})
    _put(part[name], rest, setting)


def _rules(part: Any) -> Iterator[dict[str, Any]]:
    """Every rule inside a notice's document."""
    if isinstance(part, dict):
        if "id" in part and "clauses" in part:
            yield part
        else:
            for inner in part.values():
                yield from _rules(inner)
    elif isinstance(part, tuple):
        for inner in part:
            yield from _rules(inner)


def _place(document: Any, location: tuple[str | int, ...]) -> str:
    """Where a mistake is, named by its rule where it is inside one."""
    names: list[str] = []
    for part in location:
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            # A field that is missing ends the place; what stands behind a value is pydantic's own name of a type.
            return ".".join((*names, str(part)) if isinstance(document, dict) else names)
        names = [document["id"]] if isinstance(document, dict) and "clauses" in document else [*names, str(part)]
    return ".".join(names)
