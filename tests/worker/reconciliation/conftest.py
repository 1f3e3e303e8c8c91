"""One database for all tests of a module: each test's books are of an area of their own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Engine

from worker.database.engine import open_engine


@pytest.fixture(scope="module")
def module_engine(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[Engine]:
    with new_database() as url:
        opened = open_engine(url)
        yield opened
        opened.dispose()
