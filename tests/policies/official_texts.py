"""The texts that the proof of source is tried on: an invented city's, and the official ones where they are kept."""

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from config.yaml_text import read_yaml
from policies.load import NOTICES
from policies.notice import Notice
from policies.official.finding import Finding
from policies.official.verify import verify

HERE = Path(__file__).parent
SAMPLE = HERE / "official"
"""Text and rules of an invented city, made for these tests."""
SAMPLE_NAME = "qingshan-2030"
_BESIDE = HERE.parents[2] / "shared" / "notices"
REAL_TEXTS = Path(os.environ.get("LEVY_NOTICE_TEXTS") or _BESIDE)
"""The official texts of the notices that come with the project; they are not part of it."""


def sample_text() -> str:
    """The invented official text as a PDF would give it."""
    return (SAMPLE / f"{SAMPLE_NAME}.txt").read_text(encoding="utf-8")


def sample_document() -> dict[str, Any]:
    """The rules of the invented notice, to be changed at will."""
    return document(SAMPLE / f"{SAMPLE_NAME}.yaml")


def document(path: Path) -> dict[str, Any]:
    """A notice file as YAML gives it."""
    loaded: dict[str, Any] = read_yaml(path)
    return loaded


def problems(rules: dict[str, Any], text: str) -> list[Finding]:
    """What the proof finds wrong."""
    return problems_of(Notice.model_validate(rules), text)


def problems_of(notice: Notice, text: str) -> list[Finding]:
    """What the proof finds wrong with a notice that was read."""
    return [finding for finding in verify(notice, text) if finding.problem is not None]


def known_sources() -> list[tuple[Path, Path]]:
    """Rules and official text of every notice whose text is at hand; always those of the invented city."""
    names = sorted(path.stem for path in NOTICES.glob("*.yaml"))
    real = [(NOTICES / f"{name}.yaml", REAL_TEXTS / f"{name}.txt") for name in names]
    sample = (SAMPLE / f"{SAMPLE_NAME}.yaml", SAMPLE / f"{SAMPLE_NAME}.txt")
    return [sample, *((rules, text) for rules, text in real if text.exists())]


_SOURCE = {"took", "id", "clauses", "summary", "readings", "figures_of", "reason", "missing", "title"}
_OF_THE_NOTICE = {"not_encoded", "fingerprints", "insured_year", "period_first", "period_last"}


def spots(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    """Every amount, span, share and day by which the rules decide, with the way to it."""
    found: list[tuple[tuple[Any, ...], Any]] = []
    if isinstance(part, dict):
        for name, value in part.items():
            if name not in _SOURCE | _OF_THE_NOTICE:
                found += spots(value, (*path, name))
    elif isinstance(part, list):
        for position, value in enumerate(part):
            found += spots(value, (*path, position))
    elif type(part) in (int, date) or (isinstance(part, str) and part.endswith("%")):
        found.append((path, part))
    return found


def nearby(value: Any) -> list[Any]:
    """Wrong values that a slip of the pen could write instead."""
    if isinstance(value, date):
        return [value - timedelta(days=1), value + timedelta(days=1)]
    if isinstance(value, str):
        return ["40%", "5%"]
    return [value + 1, value * 10, *([value // 10] if value >= 10 else [])]


def with_value(part: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The rules with one value changed; they share all else with those given, which stay as they are."""
    if not path:
        return value
    changed = part.copy()
    changed[path[0]] = with_value(part[path[0]], path[1:], value)
    return changed
