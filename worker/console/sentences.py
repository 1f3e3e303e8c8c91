"""Sentences of the service that come in English, such as refusals and reasons of jobs, in Chinese.

The functions behind the pages speak to the command line, the log and the database as well, in English.
``sentences.yaml`` has each of their sentences with the Chinese beside it; a test finds those that are missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

from config.yaml_text import read_yaml

_FACT = re.compile(r"\{(\w+)\}")
Named = Callable[[str], str]


@lru_cache(maxsize=4096)
def in_chinese(sentence: str, named: Named = str) -> str | None:
    """The sentence in Chinese; None where it is none of ours. ``named``: writes a fact that is no sentence itself."""
    for pattern, chinese in _table():
        if found := pattern.fullmatch(sentence):
            facts = {name: in_chinese(fact, named) or named(fact) for name, fact in found.groupdict().items()}
            return chinese.format(**facts)
    head, colon, rest = sentence.partition(": ")
    told = in_chinese(rest, named) if colon else None
    return f"{head}：{told}" if told else None


@cache
def _table() -> list[tuple[re.Pattern[str], str]]:
    """The most particular first: what has the most letters of its own."""
    pairs: dict[str, str] = read_yaml(Path(__file__).with_name("sentences.yaml"))
    ordered = sorted(pairs, key=lambda english: -len(_FACT.sub("", english)))
    return [(_pattern(english), pairs[english]) for english in ordered]


def _pattern(english: str) -> re.Pattern[str]:
    parts = _FACT.split(english)
    return re.compile("".join(f"(?P<{one}>.+?)" if at % 2 else re.escape(one) for at, one in enumerate(parts)), re.S)
