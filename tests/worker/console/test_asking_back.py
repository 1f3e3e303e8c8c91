"""A refund is entered after a look at what the notice says of it, and what is held of it is ordered again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import Site
from tests.worker.flows.conftest import LI, WANG
from tests.worker.flows.refunding import asked_back, cases, reviewed
from tests.worker.flows.stage import Stage
from worker.clock import SeasonClock, set_season_date

OCTOBER, NOVEMBER = date(2020, 10, 15), date(2020, 11, 3)


@pytest.fixture(scope="module")
def county(site: Site) -> Stage:
    """Zhang has paid, Li has not."""
    assert site.desk.take(lines_of(ENROLMENT, ENROLMENT | LI)).quarantined == 0
    stage = Stage(site.desk)
    stage.tick(date(2020, 9, 2), "assess")
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    with site.desk.engine.begin() as connection:
        set_season_date(connection, NOVEMBER)
    site.desk.house.clock = SeasonClock(site.desk.engine)
    return stage


@pytest.mark.does("/refunds/open", "/refunds/{case:int}/release")
def test_a_refund_is_entered_after_a_look_and_ordered_again_when_it_was_held(
    site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    he, before = at_keyboard(site, "he", "zh", 360), len(site.events())
    form = {
        "given": ENROLMENT["cert_no"], "reason": "joined_employee_scheme", "event_on": "2020-09-20",
        "benefits_used": "no", "own_fault": "no",
    }  # fmt: skip
    he.look("/refunds")
    assert he.do("/refunds/open", form).status_code == 200
    assert "将录入 1 件退费，共 280.00 元" in he.page
    assert "280.00 → 本人" in he.page
    assert cases(county) == [], "a look enters nothing"
    assert he.post("/refunds/open", form | {"named_by": "person", "sure": "[]"}).status_code == 409
    assert "情况与刚才显示的不同" in he.page
    assert site.events(before) == []
    page = he.do("/refunds/open").headers["location"]
    case = int(page.removeprefix("/refunds/"))
    assert cases(county) == [("joined_employee_scheme", "decided")]
    assert he.post("/refunds/open", form | {"named_by": "person"}).status_code == 409
    assert f"此前已申请：案件 {case}" in he.page
    reviewed(county, case, NOVEMBER)
    county.tick(NOVEMBER, "disburse")
    assert cases(county) == [("joined_employee_scheme", "held")]
    assert he.post(f"{page}/release", {"reason": ""}).status_code == 422
    assert "被扣留的 1 项、共 280.00 元将再次下达" in he.look(page)
    assert he.do(f"{page}/release", {"reason": "账户已更正"}).headers["location"] == page
    assert cases(county) == [("joined_employee_scheme", "approved")]
    assert he.post(f"{page}/release", {"reason": "再来"}).status_code == 409, "once"
    acts = [what for who, what, _ in site.events(before) if who == "clerk:he"]
    assert acts == ["refund.applied", "refund.decided", "refund.released"]
    county.assert_books_hold()


@pytest.mark.does("/refunds/sheet")
def test_refunds_are_reviewed_by_a_sheet_after_a_look(
    site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard], tmp_path: Path
) -> None:
    assert site.desk.take(lines_of(ENROLMENT | WANG)).quarantined == 0
    county.tick(NOVEMBER, "assess")
    (due,) = (one for (one,) in county.desk.rows("SELECT max(id) FROM due"))
    county.pay(due, NOVEMBER)
    county.tick(NOVEMBER, "pull_payments")
    person = county.desk.one(f"SELECT person_id FROM due WHERE id = {due}")
    (case,) = asked_back(county, person, "joined_employee_scheme", NOVEMBER, event_on=date(2020, 9, 20)).cases
    sheet, rong, before = tmp_path / "reviews.csv", at_keyboard(site, "rong", "zh", 360), len(site.events())
    sheet.write_text(f"案件,结论,理由\n{case},通过,已核\n{case},退回,再看\n999,通过,没有\n", "utf-8")
    rong.look("/refunds")
    rong.do("/refunds/sheet", {"sheet": str(sheet)})
    for said in ("1 件，共 280.00 元", "第 3 行： 案件", "已在第 2 行", "第 4 行： 没有案件 999。"):
        assert said in rong.page, said
    assert county.desk.one(f"SELECT state FROM refund_case WHERE id = {case}") == "decided", "a look decides nothing"
    assert site.events(before) == []
    assert rong.post("/refunds/sheet", {"sure": "0" * 64}).status_code == 409, "nor does what was not shown"
    rong.look("/refunds")
    rong.do("/refunds/sheet", {"sheet": str(sheet)})
    rong.do("/refunds/sheet")
    assert "已通过 1 件，共 280.00 元" in rong.page
    assert county.desk.one(f"SELECT state FROM refund_case WHERE id = {case}") == "approved"
    assert [(who, what) for who, what, _ in site.events(before)] == [("clerk:rong", "refund.approved")]
    rong.look("/refunds")
    rong.do("/refunds/sheet", {"sheet": str(sheet)})
    assert "此前已同样复核 1" in " ".join(re.sub(r"<[^>]+>", " ", rong.page).split())
    for content, sentence in ((b"a,b\n", "这不是复核表"), (b"", "没有选择文件")):
        files = {"sheet": ("x.csv", content)}
        assert rong.post("/refunds/sheet", files=files).status_code in (409, 422)
        assert sentence in rong.page


WRONG: list[Any] = [
    ({"given": ""}, 422, "请填写"),
    ({"named_by": "king"}, 422, "没有选定"),
    ({"reason": "overpaid"}, 422, "没有选定"),
    ({"line": "x"}, 422, "没有选定"),
    ({"event_on": "gestern"}, 422, "gestern"),
    ({"given": "110101199003070011"}, 409, "没有此人员编号或证件号码"),
    ({"reason": ""}, 409, "请选择退费原因"),
    ({}, 409, "尚未缴费"),
    ({"named_by": "voucher", "given": "V-none"}, 409, "没有凭证 V-none"),
    ({"named_by": "reference", "given": "610922-1"}, 409, "不是我方应缴号"),
]


@pytest.mark.parametrize(("changed", "status", "sentence"), WRONG)
def test_what_cannot_be_entered_is_told(
    site: Site, county: Stage, changed: dict[str, str], status: int, sentence: str
) -> None:
    he = site.begin("he")
    form = {"named_by": "person", "given": LI["cert_no"], "reason": "enrolled_elsewhere", "event_on": "2020-10-01"}
    assert he.post("/refunds/open", form | changed).status_code == status
    assert sentence in re.sub(r"<[^>]+>", "", he.page)
