"""docs/logs.md names every event that the code logs, with its level and its fields, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
ALWAYS = {"timestamp", "level", "process", "event", "logger", "exception", "job", "kind", "attempt", "area"}


def _calls() -> Iterator[ast.Call]:
    for room in ("worker", "adapters", "config", "policies"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    yield node


def _logged() -> Iterator[tuple[str, str, frozenset[str]]]:
    for call in _calls():
        of = call.func.value  # type: ignore[attr-defined]
        level: str = call.func.attr  # type: ignore[attr-defined]
        if level not in LEVELS or not isinstance(of, ast.Name) or of.id not in ("_log", "log", "logger"):
            continue
        event = call.args[0]
        assert isinstance(event, ast.Constant), f"an event is a word of the vocabulary: line {call.lineno}"
        fields = {word.arg or "**" for word in call.keywords}
        traced = level == "exception" or "exc_info" in fields
        fields = (fields - {"exc_info"}) | ({"exception"} if traced else set())
        yield event.value, "error" if level == "exception" else level, frozenset(fields)


def _documented() -> dict[str, tuple[str, frozenset[str]]]:
    text = (ROOT / "docs/logs.md").read_text("utf-8").partition("## Events")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w.]+)` \| (\w+) \| ([\w, ]*) \|", text, re.MULTILINE)
    assert len(rows) == len({row[0] for row in rows}), "an event stands there once"
    return {event: (level, frozenset(filter(None, fields.split(", ")))) for event, level, fields in rows}


def test_every_event_that_is_logged_is_documented_with_its_level_and_fields_and_no_other_is() -> None:
    logged: dict[str, tuple[str, frozenset[str]]] = {}
    for event, level, fields in _logged():
        before = logged.get(event, (level, frozenset()))
        assert before[0] == level, f"{event} has one level"
        logged[event] = level, before[1] | fields
    assert logged == _documented()


def test_what_is_bound_to_lines_is_documented() -> None:
    text = (ROOT / "docs/logs.md").read_text("utf-8").partition("## Fields")[2].partition("\n## ")[0]
    told = {name for row in re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert told == ALWAYS
    bound = {
        word.arg
        for call in _calls()
        if call.func.attr in ("bind_contextvars", "bound_contextvars")  # type: ignore[attr-defined]
        for word in call.keywords
    }
    assert bound == {"process", "job", "kind", "attempt", "area"}
