"""The catalogue of defences, and taking one of them out of a copy of the tree."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

TREE = Path(__file__).resolve().parents[2]
_PARTS = ("adapters", "config", "policies", "tests", "worker", "pyproject.toml")


@dataclass(frozen=True)
class Defence:
    """What it is, how it is taken out of ``file`` (``old`` becomes ``new``), and the tests that then fail."""

    what: str
    file: str
    old: str
    new: str
    tests: list[str]

    def taken_out(self) -> str:
        """The file without it. Raises ``ValueError`` when ``old`` does not stand in it just once."""
        text = (TREE / self.file).read_text("utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.what}: its text stands {text.count(self.old)} times in {self.file}, not once")
        return text.replace(self.old, self.new)


def defences() -> list[Defence]:
    """All of them, in the order of the file."""
    return [Defence(**one) for one in yaml.safe_load(Path(__file__).with_name("defences.yaml").read_text("utf-8"))]


def copy_tree(place: Path) -> Path:
    """A copy of what the tests need; they import from it, and not from the checkout."""
    for name in _PARTS:
        if (TREE / name).is_dir():
            shutil.copytree(TREE / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(TREE / name, place / name)
    return place
