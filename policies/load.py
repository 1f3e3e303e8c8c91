"""The notices that come with the project, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from policies.notice import Notice
from policies.rulefile import PolicyError, RuleFileError, line_of, read_model

NOTICES: Final = Path(__file__).parent / "notices"


class UnknownNotice(PolicyError):
    """No notice of this name is kept."""

    def __init__(self, name: str) -> None:
        self.name = name
        known = ", ".join(available_notices())
        super().__init__(f"there is no notice called {name!r}; known are {known}")


def available_notices() -> tuple[str, ...]:
    """The names of all notices, sorted."""
    return tuple(sorted(path.stem for path in NOTICES.glob("*.yaml")))


def read_notice(path: Path) -> Notice:
    """The notice of a file. Raises ``RuleFileError`` with file, line, field and a sentence."""
    notice = read_model(path, Notice)
    if notice.notice != path.stem:
        raise RuleFileError(
            path, line_of(path, "notice"), "notice", f"the file must be called {notice.notice}.yaml, after its notice"
        )
    return notice


@cache
def load_notice(name: str) -> Notice:
    """A notice by name, read once. Raises ``UnknownNotice``, or ``RuleFileError`` for a broken file."""
    if name not in available_notices():
        raise UnknownNotice(name)
    return read_notice(NOTICES / f"{name}.yaml")


def load_notices() -> tuple[Notice, ...]:
    """Every notice that comes with the project. Raises ``RuleFileError`` for a broken file."""
    return tuple(load_notice(name) for name in available_notices())
