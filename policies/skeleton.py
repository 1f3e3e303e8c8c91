"""A new notice file: what follows from its name is written, all else is a blank that says what goes there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from policies.rulefile import PolicyError

_TEMPLATE: Final = Path(__file__).parent / "skeleton.yaml"
_NAME: Final = re.compile(r"([a-z]+)-(2[01][0-9]{2})")


class NoNoticeName(PolicyError):
    """A name that no notice can have."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} cannot name a notice: write the place and the insured year, such as changchun-2027")


def skeleton(name: str) -> str:
    """The text of a new notice file of this name, such as ``changchun-2027``. Raises ``NoNoticeName``."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise NoNoticeName(name)
    year = int(match[2])
    text = _TEMPLATE.read_text(encoding="utf-8")
    for word, value in (("notice", name), ("year", str(year)), ("next_year", str(year + 1))):
        text = text.replace("{{" + word + "}}", value)
    return text
