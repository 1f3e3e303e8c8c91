"""A refund is entered after a look at what the notice says of it, and what is held of it is ordered again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import Site
from tests.worker.flows.conftest import LI
from tests.worker.flows.refunding import cases, reviewed
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
