"""The words and codes a bureau's file may use, and what each stands for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from config.yaml_text import read_yaml


def _load(name: str) -> Any:
    return read_yaml(Path(__file__).with_name(name))


@cache
def _vocabulary() -> dict[str, dict[str, list[str]]]:
    loaded: dict[str, dict[str, list[str]]] = _load("vocabulary.yaml")
    return loaded


@cache
def words(field: str) -> Mapping[str, str]:
    """Every accepted word of a coded field and its code: ``words("student_stage")["大学"] == "college"``."""
    accepted = {}
    for code, names in _vocabulary()[field].items():
        accepted[code] = code
        accepted.update(dict.fromkeys(names, code))
    return accepted


@cache
def chinese(field: str) -> Mapping[str, str]:
    """The Chinese word we write for each code of a coded field."""
    return {code: names[0] for code, names in _vocabulary()[field].items()}


@cache
def identity_codes(province: str, day: date) -> Mapping[str, str]:
    """The identity category of each code of a province (six digits), by its table in force on ``day``; empty where the
    province has none.
    """
    tables = [table for table in _load("identity_codes.yaml").get(province, ()) if table["from"] <= day]
    return max(tables, key=lambda table: table["from"])["codes"] if tables else {}


@cache
def identity_words(province: str, day: date) -> Mapping[str, str]:
    """Accepted words for an identity category in a province on ``day``: ours, the Chinese name, the province's code."""
    return {**words("category"), **identity_codes(province, day)}
