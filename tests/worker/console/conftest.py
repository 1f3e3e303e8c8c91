"""One console for the tests of a module, with accounts of every role; its clock stands until a test turns it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from config.settings import load_settings
from tests.worker.console.chromium import CHROMIUM, started
from tests.worker.console.keyboard import AtKeyboard, seated
from tests.worker.console.site import Hands, Site, hire, opened
from tests.worker.intake.conftest import KEYS, NEIGHBOURS, Desk
from worker.console import whatif
from worker.wiring import build_house


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "does: the forms, by their paths, that a test fills in and sends in a browser")


@pytest.fixture(scope="module")
def site(
    module_database_url: str, broker_url: str, tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None
) -> Iterator[Site]:
    home: Path = tmp_path_factory.mktemp("console")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, **NEIGHBOURS, "LEVY_HOME": str(home), "LEVY_DROP_DIR": str(home / "drop")}.items():
            patch.setenv(name, value)
        patch.setattr(whatif, "_PATIENCE_SECONDS", 60.0)  # however busy the machine is
        patch.setenv("LEVY_DATABASE_URL", module_database_url)
        patch.setenv("LEVY_BROKER_URL", broker_url.rsplit("/", 1)[0] + "/8")
        desk = Desk(build_house(load_settings()))
        hire(desk)
        with opened(desk, Hands()) as console:
            yield console
        desk.engine.dispose()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: install Debian's, or name one by LEVY_CHROMIUM")
    with started() as browser:
        yield browser


@pytest.fixture
def at_keyboard(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Callable[..., AtKeyboard]]:
    """Ask for somebody at the keyboard: ``at_keyboard(site, "he", "zh", 360)``.

    The browser complains of nothing, and what was done in it is just what the test says that it ``does``.
    """
    people: list[AtKeyboard] = []
    with ExitStack() as windows:

        def sit_down(site: Site, login: str, language: str, width: int) -> AtKeyboard:
            people.append(windows.enter_context(seated(site, chromium, login, language, width)))
            return people[-1]

        yield sit_down
    assert [wrong for one in people for wrong in one.wrong] == []
    assert {act for one in people for act in one.done} == set(request.node.get_closest_marker("does").args)
