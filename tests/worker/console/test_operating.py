"""What is done on pages to run the exchange: rounds, checks, keys, case files, dues that a department refused."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date

import pytest
from click.testing import CliRunner

from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.numbers import unlike
from tests.worker.console.site import Site
from tests.worker.flows.conftest import LI
from tests.worker.flows.stage import Stage
from worker.api.keys import NotAdmitted, admit
from worker.asked_round import newest_round
from worker.audit.anchors import read_anchors
from worker.cli.held import command as held
from worker.clock import SeasonClock, set_season_date
from worker.keys import new_key
from worker.ledger.check import CHECKS
from worker.operators.accounts import NotAllowed

SEPTEMBER = date(2020, 9, 2)


@pytest.fixture(scope="module")
def stage(site: Site) -> Stage:
    """Zhang is taken in, and nothing is decided yet."""
    assert site.desk.take(lines_of(ENROLMENT)).quarantined == 0
    with site.desk.engine.begin() as connection:
        set_season_date(connection, SEPTEMBER)
    site.desk.house.clock = SeasonClock(site.desk.engine)
    return Stage(site.desk)


def worked_to_its_end(stage: Stage) -> None:
    """Do what the round calls for until it has ended."""
    until = time.monotonic() + 120
    while True:
        stage.work()
        with stage.house.engine.connect() as connection:
            newest = newest_round(connection)
        assert newest is not None
        if newest["ended_at"] is not None:
            return
        assert time.monotonic() < until, f"the round did not end: {newest}"
        time.sleep(0.02)


@pytest.mark.does("/schedule/round")
def test_a_round_is_called_for_after_a_look_goes_on_beside_the_pages_and_is_alone(
    site: Site, stage: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    bao, before = at_keyboard(site, "bao", "zh", 360), len(site.events())
    assert 'href="/schedule/round?tick=assess"' in bao.look("/schedule")
    bao.look("/schedule/round")
    assert "分 3 步" in bao.page
    assert stage.desk.rows("SELECT kind FROM job") == [], "a look calls for nothing"
    assert bao.do("/schedule/round").headers["location"] == "/schedule/round"
    assert "bao 于" in bao.page
    assert bao.post("/schedule/round", {"tick": "assess"}).status_code == 409
    assert "bao 提出的一轮正在进行" in bao.page
    worked_to_its_end(stage)
    assert "已完成" in bao.look("/schedule/round")
    assert stage.dues() == {1: ("accepted", 28000, 0)}, "assessed, and presented to tax"
    gu = at_keyboard(site, "gu", "en", 1920)
    gu.look("/schedule/round?tick=reconcile")
    assert gu.do("/schedule/round").status_code == 303
    worked_to_its_end(stage)
    assert "reconcile: done" in "".join(gu.look("/schedule/round").replace("</a>", "").split("\n"))
    assert gu.post("/schedule/round", {"tick": "burn"}).status_code == 409
    events = [(who, what, facts.get("reason")) for who, what, facts in site.events(before)]
    assert [one for one in events if one[1].startswith("round.")] == [
        ("operator:bao", "round.asked", None), ("operator:bao", "round.ended", None),
        ("operator:gu", "round.asked", None), ("operator:gu", "round.ended", None),
    ]  # fmt: skip
    assert "round-" in stage.desk.one("SELECT max(key) FROM job WHERE kind = 'tick.reconcile'")


@pytest.mark.does("/held/{what}/release")
def test_what_a_department_refused_is_declared_again_after_a_look(
    site: Site, stage: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    assert site.desk.take(lines_of(ENROLMENT | LI)).quarantined == 0
    assert site.desk.take(lines_of(FLAG | {"cert_no": LI["cert_no"], "category": "特困"}), "flags.csv").quarantined == 0
    stage.tick(SEPTEMBER, "assess")
    stage.tax.refuses = "certificate_mismatch"
    stage.tick(SEPTEMBER, "sponsor")
    stage.tax.refuses = None
    (due,) = (one for (one,) in stage.desk.rows("SELECT id FROM due WHERE reject_code = 'certificate_mismatch'"))
    he, before = at_keyboard(site, "he", "zh", 360), len(site.events())
    he.look("/held/sponsors")
    he.do("/held/sponsors/release", {"due": [str(due)], "reason": "名册已更正"})
    assert "将重新申报 1 笔应缴，共 280.00 元" in he.page
    assert stage.desk.one(f"SELECT reject_code FROM due WHERE id = {due}") is not None, "a look releases nothing"
    form = {"due": str(due), "reason": "名册已更正"}
    assert he.post("/held/sponsors/release", form | {"sure": "7"}).status_code == 409
    assert he.post("/held/sponsors/release", form | {"due": "x"}).status_code == 422
    assert he.post("/held/sponsors/release", form | {"reason": ""}).status_code == 422
    assert he.post("/held/rows/release", form).status_code == 404
    assert he.do("/held/sponsors/release").headers["location"] == "/held/sponsors"
    assert he.post("/held/sponsors/release", form).status_code == 409, "once"
    assert [(who, what, facts["due"], facts["reason"]) for who, what, facts in site.events(before)] == [
        ("clerk:he", "sponsor.released", due, "名册已更正")
    ]
    stage.tick(SEPTEMBER, "sponsor")
    assert stage.desk.rows(f"SELECT reject_code, declaration IS NOT NULL FROM due WHERE id = {due}") == [(None, True)]
    again = CliRunner().invoke(held, ["sponsors", "--release", str(due), "--reason", "x", "--by", "rong"])
    assert isinstance(again.exception, NotAllowed), "the command asks for the same right"


def read_to_its_end(browser: AtKeyboard, path: str) -> str:
    """Look at a page until what is read beside it is over."""
    until = time.monotonic() + 120
    while "进行中" in browser.look(path):
        assert time.monotonic() < until, browser.page
        time.sleep(0.05)
    return browser.page


@pytest.mark.does("/check", "/doctor", "/audit/anchor")
def test_checks_and_diagnosis_are_read_beside_the_pages_and_heads_anchored(
    site: Site, stage: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    stage.tick(SEPTEMBER, "assess")
    bao, shen = at_keyboard(site, "bao", "zh", 1920), at_keyboard(site, "shen", "zh", 360)
    assert "还没有核查结果" in bao.look("/check")
    assert bao.do("/check").headers["location"] == "/check"
    assert "一切正常" in read_to_its_end(bao, "/check")
    assert bao.page.count("<td>正常</td>") == len(CHECKS) + 1
    with stage.house.engine.begin() as connection:  # past the service
        connection.exec_driver_sql("UPDATE due SET amount = amount - 100 WHERE id = 1")
    assert "一切正常" in bao.look("/check"), "what was found then"
    bao.do("/check")
    assert "需要处理" in read_to_its_end(bao, "/check")
    assert "应缴 1（税务已接收）尚欠 279.00 元，总账记 280.00 元。" in bao.page
    with stage.house.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE due SET amount = amount + 100 WHERE id = 1")
    assert bao.do("/doctor").headers["location"] == "/doctor"
    page = read_to_its_end(bao, "/doctor")
    assert "有管理员可以登录" in page
    assert "没有应答" in page, "nobody answers at the neighbours' addresses of the tests"
    before = len(site.events())
    shen.look("/audit/chains")
    assert shen.do("/audit/anchor").status_code == 200
    assert "已把" in shen.page
    assert [(who, what) for who, what, _ in site.events(before)] == [("operator:shen", "audit.anchored")]
    kept, flaws = read_anchors(stage.house.settings.anchors)
    assert {one.chain for one in kept} == {"610922"}
    assert flaws == []


@pytest.mark.does(
    "/service-keys", "/service-keys/{key}/revoke", "/keys/{purpose}/rotate", "/keys/{purpose}/{number:int}/retire"
)
def test_an_admin_gives_out_keys_for_the_api_and_changes_our_own(
    site: Site, stage: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    chen, before = at_keyboard(site, "chen", "zh", 360), len(site.events())
    assert chen.post("/service-keys", {"client": "X", "role": "ask", "days": "9"}).status_code == 409
    assert chen.post("/service-keys", {"client": "civil-affairs", "days": "9"}).status_code == 409
    assert chen.post("/service-keys", {"client": "civil-affairs", "role": "ask", "days": "x"}).status_code == 422
    chen.look("/service-keys")
    chen.do("/service-keys", {"client": "civil-affairs", "role": ["ask", "read"], "days": "30"})
    given = re.search(r'<code id="given">(levy_([0-9a-f]{12})_[0-9a-f]{64})</code>', chen.page)
    assert given
    assert given[1] not in chen.look("/service-keys")
    assert "问政策决定, 查询状态" in chen.page
    today, now = site.clock.today(), site.clock.now()
    with stage.house.engine.begin() as connection:
        assert admit(connection, f"Bearer {given[1]}", "610922", today, now).client == "civil-affairs"
    assert chen.do(f"/service-keys/{given[2]}/revoke").headers["location"] == "/service-keys"
    assert chen.post(f"/service-keys/{given[2]}/revoke").status_code == 409, "once"
    with stage.house.engine.begin() as connection, pytest.raises(NotAdmitted):
        admit(connection, f"Bearer {given[1]}", "610922", today, now)
    assert chen.post("/keys/data/rotate").status_code == 409, "there is no newer key yet"
    assert "levy keys make data" in chen.page
    assert chen.post("/keys/none/rotate").status_code == 404
    ring = stage.house.keychain.ring("data")
    ring[2] = new_key("data", 2, ring[1].algorithm)  # type: ignore[index] # of this module's house alone
    chen.look("/keys")
    assert chen.do("/keys/data/rotate").headers["location"] == "/keys"
    assert stage.desk.rows("SELECT number, state FROM crypto_key WHERE purpose = 'data' ORDER BY 1") == [
        (1, "former"), (2, "current"),
    ]  # fmt: skip
    assert chen.post("/keys/data/1/retire").status_code == 409, "it still reads values"
    looking, until = site.begin("chen"), time.monotonic() + 60
    while not (led := unlike(looking, "/keys"))[0]:  # counted beside the page
        assert time.monotonic() < until
    assert led == (1, []), "as many values as the tables have that are listed"
    stage.tick(SEPTEMBER, "keys")
    stage.drain()
    chen.look("/keys")
    assert chen.do("/keys/data/1/retire").headers["location"] == "/keys"
    assert "已停用" in chen.look("/keys")
    assert [(who, what) for who, what, _ in site.events(before)] == [
        ("operator:chen", one)
        for one in ("service_key.added", "service_key.revoked", "keys.rotated", "table.exported", "keys.retired")
    ]


@pytest.mark.does("/people/{person:int}/file")
def test_a_case_file_is_taken_masked_or_in_clear_for_a_reason(
    site: Site, stage: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    he, before, number = at_keyboard(site, "he", "zh", 360), len(site.events()), ENROLMENT["cert_no"]
    he.look("/people/1")
    masked = he.take("/people/1/file", {"form": "html"}).decode()
    assert "个人案卷" in masked
    assert number not in masked
    assert he.post("/people/1/file", {"form": "html", "reveal": "yes"}).status_code == 422
    assert he.post("/people/1/file", {"form": "exe"}).status_code == 422
    assert he.post("/people/99/file", {"form": "html"}).status_code == 404
    clear = he.post("/people/1/file", {"form": "html", "reveal": "yes", "reason": "窗口核对"}).text
    assert number in clear
    assert he.post("/people/1/file", {"form": "xlsx"}).content[:2] == b"PK"
    assert [(facts["form"], facts["revealed"], facts["reason"]) for _, _, facts in site.events(before)] == [
        ("console", False, None), ("html", False, None), ("html", True, "窗口核对"), ("xlsx", False, None),
    ]  # fmt: skip
