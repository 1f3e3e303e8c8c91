"""Reading a YAML file into a checked model, so that every mistake names file, line and field in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from policies.consistency import Problem

_FAST: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SIZE_LIMIT: Final = 4 * 1024 * 1024
_WANTED: Final = {
    "tuple_type": "a list",
    "model_type": "an object with fields of its own",
    "dict_type": "an object with fields of its own",
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "date_type": "a day such as 2020-12-31, without quotes",
}
"""What a field should hold, by the kind of pydantic error."""
_FIELD: Final = re.compile(r"[a-z0-9_]+")
_BLANK: Final = re.compile(r"<([^<>]+)>")
"""What stands in a new notice where something is still to be written."""
_Model = TypeVar("_Model", bound=BaseModel)


class PolicyError(Exception):
    """Something is wrong with a notice or with local parameters; the root of what this room raises."""


class RuleFileError(PolicyError):
    """A rule file cannot be used: where, which field, and why, in a sentence."""

    def __init__(self, path: Path, line: int | None, field: str, problem: str) -> None:
        self.path, self.line, self.field, self.problem = path, line, field, problem
        place = f"{path}, line {line}" if line is not None else str(path)
        super().__init__(f"{place}, {field}: {problem}" if field else f"{place}: {problem}")


def read_model(path: Path, model: type[_Model]) -> _Model:
    """The file as a frozen model. Raises ``RuleFileError`` naming the first mistake."""
    tree = _parse(path)
    if not isinstance(tree, yaml.MappingNode):
        raise RuleFileError(path, 1, "", "a file of rules is a mapping of fields, such as `notice: ...`")
    _refuse_odd_keys(path, tree, "")
    empty = blanks(tree)
    if empty:
        line, field, wanted = empty[0]
        more = f"; {len(empty)} such places are left in the file" if len(empty) > 1 else ""
        raise RuleFileError(path, line, field, f"this is still blank; here goes: {wanted}{more}")
    try:
        document = yaml.SafeLoader("").construct_document(tree)
    except (yaml.YAMLError, ValueError):
        raise _unreadable(path, tree, "") from None
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = worst(error)
        problem = getattr(first.get("ctx", {}).get("error"), "problem", None)
        if isinstance(problem, Problem):
            line, field = _find_rule(tree, problem)
        else:
            line, field = _find(tree, first["loc"])
        raise RuleFileError(path, line, field, sentence(first)) from None


def line_of(path: Path, field: str) -> int | None:
    """The line of a file on which a field stands, given by its dotted name, or its nearest parent."""
    tree = _parse(path)
    return None if tree is None else _find(tree, tuple(field.split(".")))[0]


def blanks_in(path: Path) -> list[tuple[int, str, str]]:
    """Line, field and what belongs there, for every blank of a file that nobody has filled in yet.

    Raises ``RuleFileError`` for a file that cannot be read.
    """
    tree = _parse(path)
    return blanks(tree) if tree is not None else []


def blanks(node: yaml.Node, field: str = "") -> list[tuple[int, str, str]]:
    """The places where ``<what belongs here>`` still stands: line, field and the words between the brackets."""
    if isinstance(node, yaml.ScalarNode):
        blank = _BLANK.fullmatch(node.value)
        return [(node.start_mark.line + 1, field, blank[1])] if blank else []
    return [found for name, part in _parts(node, field) for found in blanks(part, name)]


def worst(error: ValidationError) -> Any:
    """The mistake to tell first: a field that does not exist explains one that is missing.

    Where a field may hold things of several kinds, the kind that came furthest is told, or all that were possible.
    """
    found = error.errors(include_url=False)
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    depth = len(first["loc"])
    if depth and first["loc"][-1] == "[key]":
        return {**first, "loc": first["loc"][:-1]}
    if depth == 0 or not _is_kind(first["loc"][-1]) or first["type"] == "extra_forbidden":
        return first
    same = [one for one in found if one["loc"][: depth - 1] == first["loc"][:-1]]
    if deeper := [one for one in same if len(one["loc"]) > depth]:
        return deeper[0]
    kinds = list(dict.fromkeys(_wanted(one) for one in same))
    return {**first, "loc": first["loc"][:-1], "wanted": " or ".join(kinds)}


def _is_kind(part: str | int) -> bool:
    """Whether a part of a location is no field, but pydantic's name for one of several kinds that a field may hold."""
    return isinstance(part, str) and (part in {"int", "str", "bool"} or _FIELD.fullmatch(part) is None)


def _wanted(error: Any) -> str:
    if error["type"] == "literal_error":
        return str(error["ctx"]["expected"])
    if error["type"] == "string_pattern_mismatch":
        return 'a share such as "60%"'
    return _WANTED.get(error["type"], str(error["msg"]))


def sentence(error: Any) -> str:
    """What is wrong with one field, in plain words, from a pydantic error."""
    kind, given = error["type"], error["input"]
    if kind == "missing":
        return "this field is missing"
    if kind == "extra_forbidden":
        return "there is no such field; check its spelling"
    if "wanted" in error or kind in _WANTED:
        return f"this should be {error.get('wanted') or _WANTED[kind]}{_found(given)}"
    if kind == "string_pattern_mismatch":
        return f"this should be written like {error['ctx']['pattern']}{_found(given)}"
    text = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "this should be")
    return text if repr(given) in text else text + _found(given)


def _found(given: object) -> str:
    """What was found instead, shortened; nothing for lists and objects."""
    if not isinstance(given, str | int | float | bool | None):
        return ""
    shown = repr(given)
    return f" (found {shown if len(shown) <= 80 else shown[:77] + '...'})"


def _parse(path: Path) -> yaml.Node | None:
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise RuleFileError(path, None, "", "the file is larger than 4 MiB; a file of rules is small")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RuleFileError(path, None, "", f"the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RuleFileError(path, None, "", "the file is not UTF-8 text; save it as UTF-8") from None
    with suppress(yaml.YAMLError):
        return yaml.compose(text, Loader=_FAST)
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)  # whose words for a mistake are the better ones
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "the text is malformed"
        hint = "; indent with blanks, never with tabs" if "'\\t'" in problem else ""
        raise RuleFileError(path, mark.line + 1 if mark else None, "", f"this is not YAML: {problem}{hint}") from None


def _refuse_odd_keys(path: Path, node: yaml.Node, field: str) -> None:
    """Refuse a field that is written twice, and one whose name YAML takes for something else, such as ``on``."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, _ in node.value:
            name = f"{field}.{key.value}".lstrip(".")
            if key.value in seen:
                raise RuleFileError(path, key.start_mark.line + 1, name, "this field is written twice")
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:bool":
                problem = "YAML reads this name as true or false; there is no such field"
                raise RuleFileError(path, key.start_mark.line + 1, name, problem)
            seen.add(key.value)
    for name, part in _parts(node, field):
        _refuse_odd_keys(path, part, name)


def _unreadable(path: Path, node: yaml.Node, field: str) -> RuleFileError:
    """The first value, in the order of the file, that is no value: an impossible date, a foreign tag."""
    for name, part in _parts(node, field):
        try:
            yaml.SafeLoader("").construct_document(part)
        except (yaml.YAMLError, ValueError) as error:
            if isinstance(part, yaml.ScalarNode):
                problem = getattr(error, "problem", None) or error
                return RuleFileError(path, part.start_mark.line + 1, name, f"{part.value!r} cannot be read: {problem}")
            return _unreadable(path, part, name)
    return RuleFileError(path, node.start_mark.line + 1, field, "this cannot be read")


def _parts(node: yaml.Node, field: str) -> list[tuple[str, yaml.Node]]:
    """The named parts of a mapping or a list."""
    if isinstance(node, yaml.MappingNode):
        return [(f"{field}.{key.value}".lstrip("."), value) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(f"{field}.{position}".lstrip("."), item) for position, item in enumerate(node.value)]
    return []


def _find(tree: yaml.Node, location: tuple[str | int, ...]) -> tuple[int, str]:
    """The line of a location (of its nearest parent where the field is missing) and its dotted name."""
    node, line, names = tree, tree.start_mark.line + 1, []
    for part in location:
        found = _step(node, part)
        if found is None:
            if part == location[-1]:
                names.append(str(part))
            continue
        names.append(str(part))
        node, line = found
    return line, ".".join(names)


def _step(node: yaml.Node, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line + 1
    return None


def _find_rule(tree: yaml.Node, problem: Problem) -> tuple[int, str]:
    """The line of the rule or the field that a problem names, as near as the file has it, and its dotted name."""
    wanted = [part for part in problem.field.split(".") if part]
    for name, node in reversed(list(_walk(tree, ""))):
        ids = (
            [value.value for key, value in node.value if key.value == "id"]
            if isinstance(node, yaml.MappingNode)
            else []
        )
        if problem.place in ids:
            line, below = _find(node, tuple(wanted))
            return line, f"{name}.{below}".rstrip(".")
    return _find(tree, (problem.place, *wanted))


def _walk(node: yaml.Node, field: str) -> Iterator[tuple[str, yaml.Node]]:
    yield field, node
    for name, part in _parts(node, field):
        yield from _walk(part, name)
