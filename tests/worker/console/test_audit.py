"""The pages of the audit log: search, an event with its place, how the chains stand, and verifying now."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text

from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import Site
from tests.worker.flows.conftest import LI
from tests.worker.flows.stage import Stage
from worker.audit.anchors import append_heads, read_heads
from worker.audit.verify import verify


@pytest.fixture(scope="module")
def county(site: Site) -> Stage:
    """Two people, assessed and accepted by tax; the heads of the chains are anchored."""
    assert site.desk.take(lines_of(ENROLMENT, ENROLMENT | LI)).quarantined == 0
    stage = Stage(site.desk)
    stage.tick(date(2020, 9, 2), "assess")
    with site.desk.engine.connect() as connection:
        append_heads(site.desk.house.settings.anchors, read_heads(connection, site.clock.now()))
    return stage


def rows(page: str) -> int:
    return page.count("<tr>") - 1


def test_events_are_found_by_person_job_act_actor_and_day(site: Site, county: Stage) -> None:
    browser = site.begin("shen")
    assert browser.get("/audit").status_code == 200
    assert "核定应缴" in browser.page
    browser.get("/audit?action=levy")
    assert rows(browser.page) == 2
    assert rows((browser.get("/audit?action=levy.assessed&day=2020-09-02"), browser.page)[1]) == 2
    assert "清除筛选" in (browser.get("/audit?day=2020-09-03"), browser.page)[1]
    job = site.desk.one("SELECT id FROM job WHERE kind = 'assess'")
    assert rows((browser.get(f"/audit?job={job}"), browser.page)[1]) == 2
    assert rows((browser.get("/audit?actor=worker&action=due"), browser.page)[1]) == 2
    before = site.desk.one("SELECT events FROM audit_chain WHERE chain = '610922'")
    browser.get("/audit?person=6109220000000001&action=levy")
    assert rows(browser.page) == 1
    assert "6109220000000001" not in re.sub(r'value="[^"]*"|href="[^"]*"', "", browser.page)
    assert site.desk.one("SELECT events FROM audit_chain WHERE chain = '610922'") == before + 1, "a look is kept"
    (said,) = site.desk.rows("SELECT action, person_id FROM audit_event ORDER BY chain = '610922' DESC, position DESC")[
        :1
    ]
    assert said == ("audit.searched", 1)


def test_an_event_has_its_place_and_fits_the_one_before(site: Site, county: Stage) -> None:
    browser = site.begin("shen")
    found = "SELECT position FROM audit_event WHERE chain = '610922' AND action = 'levy.assessed' ORDER BY position"
    place = site.desk.one(found)
    assert browser.get(f"/audit/610922/{place}").status_code == 200
    assert "与前一条相接，摘要相符" in browser.page
    for word in ("worker:assess", f'href="/audit/610922/{place - 1}"', f'href="/audit/610922/{place + 1}"', "28000"):
        assert word in browser.page
    assert browser.get("/audit/610922/1").status_code == 200
    assert "摘要相符" in browser.page, "the first of all"
    assert browser.get("/audit/610922/99999").status_code == 404
    assert browser.get("/audit/nowhere/1").status_code == 404


@pytest.mark.does("/audit/verify")
def test_the_chains_are_shown_with_what_was_anchored_and_verified(
    site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    shen = at_keyboard(site, "shen", "en", 1920)
    assert 'href="/audit?chain=610922"' in shen.look("/audit/chains")
    assert site.desk.one("SELECT encode(head, 'hex') FROM audit_chain WHERE chain = '610922'")[:8] in shen.page
    assert shen.do("/audit/verify").status_code == 200
    assert "events were verified: the chains hold" in shen.page


def test_the_newest_events_are_verified_and_what_was_changed_there_is_named(site: Site, county: Stage) -> None:
    """Of the last two events only; an edit among them is found, one before them is for the whole walk."""
    place = site.desk.one("SELECT max(position) FROM audit_event WHERE chain = '610922'")
    keychain = site.desk.house.keychain
    edit = text("UPDATE audit_event SET facts = :facts WHERE chain = '610922' AND position = :place")
    with site.desk.engine.connect() as connection:
        assert verify(connection, keychain, newest=2)[1] == []
        for at, found in ((place, True), (place - 3, False)):
            connection.exec_driver_sql("ALTER TABLE audit_event DISABLE TRIGGER append_only")
            connection.execute(edit, {"facts": '{"made": "up"}', "place": at})
            flaws = [flaw.position for flaw in verify(connection, keychain, newest=2)[1]]
            assert (at in flaws) is found, (at, flaws)
            assert at in [flaw.position for flaw in verify(connection, keychain)[1]]
            connection.rollback()
