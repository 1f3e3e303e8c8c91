"""A pair of installations of one's own for each test."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.worker.handoff.two_houses import Pair, lasting_houses, two_houses


@pytest.fixture
def pair(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pair]:
    with two_houses(new_database, tmp_path, monkeypatch) as both:
        yield both
        both.hold()


@pytest.fixture
def one_sided(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pair]:
    """A pair to which a test tells a case on one side only, so that they do not agree at its end."""
    with two_houses(new_database, tmp_path, monkeypatch) as both:
        yield both


@pytest.fixture(scope="module")
def shared_pair(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """A pair for tests that leave nothing behind."""
    with lasting_houses(new_database, tmp_path_factory.mktemp("pair")) as both:
        yield both
        both.hold()
