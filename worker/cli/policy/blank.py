"""Sentences on what is still blank in a file."""

from __future__ import annotations

from collections.abc import Sequence


def told_blanks(blanks: Sequence[tuple[int, str, str]]) -> list[str]:
    """A sentence for each blank: its line, its field and what belongs there."""
    return [f"  第{line}行 line {line}, {field}: 待填 still blank: {wanted}" for line, field, wanted in blanks]
