"""One console for the tests of a module, with accounts of every role; its clock stands until a test turns it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from config.settings import load_settings
from tests.worker.console.chromium import started
from tests.worker.console.site import Hands, Site, hire, opened
from tests.worker.intake.conftest import KEYS, NEIGHBOURS, Desk
from worker.wiring import build_house


@pytest.fixture(scope="module")
def site(module_database_url: str, broker_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home: Path = tmp_path_factory.mktemp("console")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, **NEIGHBOURS, "LEVY_HOME": str(home), "LEVY_DROP_DIR": str(home / "drop")}.items():
            patch.setenv(name, value)
        patch.setenv("LEVY_DATABASE_URL", module_database_url)
        patch.setenv("LEVY_BROKER_URL", broker_url.rsplit("/", 1)[0] + "/8")
        desk = Desk(build_house(load_settings()))
        hire(desk)
        with opened(desk, Hands()) as console:
            yield console
        desk.engine.dispose()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with started() as browser:
        yield browser
