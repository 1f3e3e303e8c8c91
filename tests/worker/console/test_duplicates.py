"""People enrolled twice: found, ruled on by a clerk, undone by two people, by the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.adapters.bureau.reading import ENROLMENT, OTHER_COVER, lines_of
from tests.worker.console.chromium import unclean
from tests.worker.console.keyboard import WIDTHS, AtKeyboard
from tests.worker.console.site import Site
from tests.worker.flows.conftest import LI, WANG
from tests.worker.flows.stage import Stage
from worker.clock import SeasonClock, set_season_date

OCTOBER = date(2020, 10, 15)


@pytest.fixture(scope="module")
def county(site: Site) -> Stage:
    """Li and Wang have been in the employee scheme for fourteen months; the notice of Shiquan has no rule on that."""
    assert site.desk.take(lines_of(ENROLMENT, ENROLMENT | LI, ENROLMENT | WANG)).quarantined == 0
    stage = Stage(site.desk)
    stage.tick(date(2020, 9, 2), "assess")
    both = [OTHER_COVER | {"cert_no": one["cert_no"], "since": "2020-09-20"} for one in (LI, WANG)]
    site.desk.take(lines_of(*both), "other.csv", OCTOBER)
    stage.tick(OCTOBER, "duplicates", "duplicates")
    with site.desk.engine.begin() as connection:
        set_season_date(connection, OCTOBER)
    site.desk.house.clock = SeasonClock(site.desk.engine)
    return stage


def stands(site: Site, case: str) -> tuple[Any, ...]:
    return site.desk.rows(f"SELECT state, outcome, review FROM duplicate_case WHERE id = {case}")[0]


def case_of(site: Site, person: dict[str, str]) -> str:
    found = "SELECT c.id FROM duplicate_case c JOIN person p ON p.id = c.person_id WHERE p.person_no = '{}'"
    return str(site.desk.one(found.format(person["person_no"])))


@pytest.mark.does(
    "/duplicates/{duplicate:int}/decide", "/duplicates/{duplicate:int}/undo", "/duplicates/{duplicate:int}/review"
)
def test_a_case_is_ruled_on_and_undone_by_two_people(
    site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    case, before = case_of(site, LI), len(site.events())
    page = f"/duplicates/{case}"
    he, lu = at_keyboard(site, "he", "zh", 360), at_keyboard(site, "lu", "en", 1920)
    he.look("/duplicates")
    he.follow(f"a[href='{page}']")
    assert "本通知未规定此种重复参保如何清理" in he.page
    assert he.do(f"{page}/decide", {"usual_residence": "ours", "months": "15"}).headers["location"] == page
    county.tick(OCTOBER, "duplicates")
    assert stands(site, case) == ("undetermined", None, None), "the notice has no rule whatever the facts"
    assert he.post(f"{page}/decide", {"outcome": "terminate", "reason": ""}).status_code == 422
    he.look(page)
    assert he.do(f"{page}/decide", {"outcome": "terminate", "reason": "已参加职工医保"}).headers["location"] == page
    assert stands(site, case) == ("undetermined", None, "asked")
    assert "须由另一账号复核" in he.page
    assert he.post(f"{page}/review", {"answer": "approve", "reason": "x"}).status_code == 403
    lu.look(page)
    assert lu.do(f"{page}/review", {"answer": "approve", "reason": "seen"}).headers["location"] == page
    assert stands(site, case) == ("resolved", "terminate", "approved")
    assert he.post(f"{page}/undo", {"reason": "早了"}).status_code == 409, "it is not carried out yet"
    county.tick(OCTOBER, "duplicates")
    assert he.do(f"{page}/undo", {"reason": "名单有误"}).headers["location"] == page
    assert "须由另一账号复核" in he.page
    lu.look(page)
    assert lu.do(f"{page}/review", {"answer": "refuse", "reason": "no proof"}).headers["location"] == page
    assert stands(site, case) == ("resolved", "terminate", "rejected")
    assert he.post(f"{page}/undo", {"reason": "已补证明"}).status_code == 303
    assert site.begin("rong").post(f"{page}/review", {"answer": "approve", "reason": "已核"}).status_code == 303
    assert stands(site, case) == ("resolved", "keep", "approved")
    assert [what for _, what, _ in site.events(before) if what.startswith("duplicate.")] == [
        "duplicate.facts_added", "duplicate.ruling_asked", "duplicate.ruled", "duplicate.undo_asked",
        "duplicate.undo_rejected",
        "duplicate.undo_asked", "duplicate.undone",
    ]  # fmt: skip
    assert site.desk.chain_is_whole()


WRONG: list[Any] = [
    ("decide", {}, 422, "没有选定"),
    ("decide", {"months": "viel"}, 422, "没有选定"),
    ("decide", {"months": "2000"}, 422, "没有选定"),
    ("decide", {"usual_residence": "mars"}, 422, "没有选定"),
    ("decide", {"outcome": "burn", "reason": "x"}, 422, "没有选定"),
    ("undo", {"reason": "x"}, 409, "未终止或暂停"),
]


@pytest.mark.parametrize(("act", "form", "status", "sentence"), WRONG)
def test_what_cannot_be_done_is_told(
    site: Site, county: Stage, act: str, form: dict[str, str], status: int, sentence: str
) -> None:
    he = site.begin("he")
    assert he.post(f"/duplicates/{case_of(site, WANG)}/{act}", form).status_code == status
    assert sentence in he.page
    assert stands(site, case_of(site, WANG)) == ("undetermined", None, None)
    assert he.get("/duplicates/99").status_code == 404


def test_who_only_looks_decides_nothing(site: Site, county: Stage) -> None:
    viewer, case = site.begin("wei"), case_of(site, WANG)
    viewer.get(f"/duplicates/{case}")
    assert "/decide" not in viewer.page
    assert f'href="/duplicates/{case}"' in (viewer.get("/duplicates?waits=yes"), viewer.page)[1]
    assert f'href="/duplicates/{case}"' not in (viewer.get("/duplicates?waits=no"), viewer.page)[1]


@pytest.mark.long
@pytest.mark.does
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing_here(
    site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard], language: str, width: int
) -> None:
    person = at_keyboard(site, "he", language, width)
    for path in ("/duplicates", f"/duplicates/{case_of(site, LI)}", f"/duplicates/{case_of(site, WANG)}"):
        person.look(path)
        person.wrong += unclean(person.window, path)
