"""Each defence can still be taken out where the catalogue says, by tests that are there; one a day is."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.defences.__main__ import without
from tests.defences.catalogue import TREE, Defence, copy_tree, defences

ALL = defences()


@pytest.mark.parametrize("defence", ALL, ids=[one.what for one in ALL])
def test_a_defence_stands_where_the_catalogue_says_and_its_tests_exist(defence: Defence) -> None:
    text = defence.taken_out()
    if defence.file.endswith(".py"):
        ast.parse(text)
    for test in defence.tests:
        file, _, name = test.partition("::")
        tree = ast.parse((TREE / file).read_text("utf-8"))
        assert not name or name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}, test


def test_each_is_told_in_the_documentation() -> None:
    told = (TREE / "docs" / "defences.md").read_text("utf-8")
    missing = [one.what for one in ALL if one.what not in told or any(test not in told for test in one.tests)]
    assert missing == []


@pytest.mark.timeout(1200)
def test_without_the_defence_of_the_day_its_tests_fail(tmp_path: Path) -> None:
    defence = ALL[datetime.now(UTC).toordinal() % len(ALL)]
    print(defence.what)
    assert without(copy_tree(tmp_path), defence) is None
