"""A pair of installations of one's own for each test."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.worker.handoff.two_houses import Pair, two_houses


@pytest.fixture
def pair(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pair]:
    with two_houses(new_database, tmp_path, monkeypatch) as both:
        yield both
        both.hold()
