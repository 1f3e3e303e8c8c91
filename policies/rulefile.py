"""Reading a YAML file into a checked model, so that every mistake names file, line and field in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

_SIZE_LIMIT: Final = 4 * 1024 * 1024
_WANTED: Final = {
    "tuple_type": "a list",
    "model_type": "an object with fields of its own",
    "dict_type": "an object with fields of its own",
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "date_type": "a day such as 2020-12-31",
}
"""What a field should hold, by the kind of pydantic error."""
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
    _refuse_repeated_keys(path, tree, "")
    try:
        document = yaml.SafeLoader("").construct_document(tree)
    except (yaml.YAMLError, ValueError):
        raise _unreadable(path, tree, "") from None
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = worst(error)
        line, field = _find(tree, first["loc"])
        raise RuleFileError(path, line, field, sentence(first)) from None


def worst(error: ValidationError) -> Any:
    """The mistake to tell first: a field that does not exist explains one that is missing."""
    found = error.errors(include_url=False)
    return next((one for one in found if one["type"] == "extra_forbidden"), found[0])


def sentence(error: Any) -> str:
    """What is wrong with one field, in plain words, from a pydantic error."""
    kind, given = error["type"], error["input"]
    if kind == "missing":
        return "this field is missing"
    if kind == "extra_forbidden":
        return "there is no such field; check its spelling"
    if kind in _WANTED:
        return f"this should be {_WANTED[kind]}{_found(given)}"
    text = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "this should be")
    return text + _found(given)


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
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "the text is malformed"
        raise RuleFileError(path, mark.line + 1 if mark else None, "", f"this is not YAML: {problem}") from None


def _refuse_repeated_keys(path: Path, node: yaml.Node, field: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                name = f"{field}.{key.value}".lstrip(".")
                raise RuleFileError(path, key.start_mark.line + 1, name, "this field is written twice")
            seen.add(key.value)
    for name, part in _parts(node, field):
        _refuse_repeated_keys(path, part, name)


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
