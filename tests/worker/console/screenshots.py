"""Pictures of the main pages, from a small season that is played for them: ``make screenshots``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from config.settings import load_settings
from tests.worker.console.chromium import started
from tests.worker.console.site import Hands, Site, hire, opened
from tests.worker.intake.conftest import Desk
from tests.worker.jobs.stopped import message_left, stopped
from worker.clock import SystemClock
from worker.console.visit import SESSION
from worker.report.summary import renew
from worker.servers import open_servers
from worker.wiring import build_house

KEPT = Path("docs/screenshots")
WIDE, NARROW = (1280, 900), (360, 760)
PAGES = (
    ("overview", "bao", "/", WIDE),
    ("overview-en", "bao", "/?lang=en", WIDE),
    ("overview-narrow", "bao", "/", NARROW),
    ("failures", "bao", "/failures", WIDE),
    ("person", "he", "/people/{person}", WIDE),
)
_SOMEBODY = (
    "SELECT person_id FROM assistance WHERE state = 'paid' AND person_id IN (SELECT person_id FROM due WHERE"
    " state = 'paid') ORDER BY id LIMIT 1"
)


def main() -> None:
    """Play the season unless ``LEVY_HOME`` holds one, and take the pictures."""
    with tempfile.TemporaryDirectory() as place:
        os.environ.setdefault("LEVY_HOME", place)
        if not (Path(os.environ["LEVY_HOME"]) / "season.json").exists():
            subprocess.run([Path(sys.executable).with_name("levy"), "season", "--share", "0.005"], check=True)
        servers = open_servers(load_settings())
        servers.ensure()
        try:
            take(Desk(build_house(load_settings())))
        finally:
            servers.stop()


def take(desk: Desk) -> None:
    """Somebody of each role, a line that was down, and the pictures."""
    if not desk.one("SELECT count(*) FROM operator"):
        hire(desk)
        stopped(desk.engine, 34, cause="unreachable", reason="The tax system cannot be reached: Read timed out.")
        jobs = stopped(
            desk.engine,
            3,
            kind="disburse",
            cause="no_answer",
            reason="The treasury gave no complete reply to disburse-1: Read timed out.; ask for it before repeating it",
        )
        message_left(desk.engine, jobs[0])
        stopped(
            desk.engine,
            2,
            kind="void",
            state="rejected",
            cause="key_conflict",
            reason="The tax system answered 409 (key void-2)",
        )
    renew(desk.engine, load_settings())
    KEPT.mkdir(exist_ok=True)
    with opened(desk, Hands(SystemClock().now())) as site, started() as browser:
        for name, login, path, (width, height) in PAGES:
            picture(site, browser.new_context(viewport={"width": width, "height": height}), name, login, path)


def picture(site: Site, context: object, name: str, login: str, path: str) -> None:
    """One page, as tall as the window."""
    token = site.begin(login).token
    context.add_cookies([{"name": SESSION, "value": token, "url": site.url}])  # type: ignore[attr-defined]
    page = context.new_page()  # type: ignore[attr-defined]
    page.goto(site.url + path.format(person=site.desk.one(_SOMEBODY)))
    page.screenshot(path=KEPT / f"{name}.png")
    context.close()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
