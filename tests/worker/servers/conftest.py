"""A home of one's own for the tests that kill, move and delete servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.servers import Servers


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Servers]:
    """Servers not yet started, in a home that goes with the test."""
    servers = Servers(tmp_path / "home")
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Running servers that the tests of a module share, and may kill, since the next `ensure` brings them back."""
    servers = Servers(tmp_path_factory.mktemp("shared") / "home")
    servers.ensure(follow=True)
    yield servers
    servers.stop()
