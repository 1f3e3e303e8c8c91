"""What people do in the console: look, replay, ask another person, review refunds, manage accounts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text

from config.settings import load_settings
from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import Site
from tests.worker.flows.conftest import LI, WANG
from tests.worker.flows.refunding import asked_back
from tests.worker.flows.stage import Stage
from tests.worker.jobs.stopped import message_left, stop, stopped
from worker.clock import set_season_date
from worker.jobs.queue import NewJob, enqueue
from worker.ledger.check import check_ledger
from worker.report.summary import renew

OCTOBER, NOVEMBER = date(2020, 10, 15), date(2020, 11, 1)

_SHUT = text(
    "INSERT INTO breaker (neighbour, failures, opened_at, openings, retry_at) VALUES ('tax', 5, now(), 1, now())"
    " ON CONFLICT (neighbour) DO UPDATE SET opened_at = now(), retry_at = now()"
)


@pytest.fixture(scope="module")
def county(site: Site) -> Stage:
    """Three people; Zhang and Li have paid and ask for it back, entered by 周 and, as the second, by the account lu."""
    assert site.desk.take(lines_of(ENROLMENT, ENROLMENT | LI, ENROLMENT | WANG)).quarantined == 0
    stage = Stage(site.desk)
    stage.tick(date(2020, 9, 2), "assess")
    stage.pay(1, OCTOBER)
    stage.pay(2, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    for person in (1, 2):
        asked_back(stage, person, "joined_employee_scheme", NOVEMBER, event_on=date(2020, 9, 20))
    with site.desk.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE refund_case SET entered_by = 'lu' WHERE person_id = 2")
        set_season_date(connection, NOVEMBER)
    return stage


def test_the_overview_tells_of_the_season_and_of_what_needs_somebody(site: Site, county: Stage) -> None:
    stopped(site.desk.engine, 2, cause="overview", reason="somebody 610922199003078519")
    with site.desk.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO breaker (neighbour, failures, opened_at, retry_at, reason)"
            " VALUES ('tax', 5, now(), now(), 'x')"
        )
    browser = site.begin("rong")
    assert renew(site.desk.engine, load_settings())
    assert browser.get("/").status_code == 200
    assert re.search(r'"mine"><a href="/refunds\?state=decided"><strong>2</strong> 退费待复核', browser.page)
    assert re.search(r'<li><a href="/jobs\?state=parked"><strong>2</strong>', browser.page)
    assert re.search(r'税务</th>\s*<td><span class="bad">中断', browser.page)
    assert re.search(r'国库</th>\s*<td><span class="good">正常', browser.page)
    assert re.search(r"应缴</td><td>已到账或已付</td>.*2</a></td>.*560\.00", browser.page)
    browser.get("/jobs?cause=overview")
    assert "somebody 6109**********8519" in browser.page
    assert "199003078519" not in browser.page


@pytest.mark.does("/people", "/people/{person:int}/reveal")
def test_a_person_is_found_and_shown_masked_and_in_clear_only_for_a_reason(
    site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    number, before, he = ENROLMENT["cert_no"], len(site.events()), at_keyboard(site, "he", "zh", 360)
    for given in (number, ENROLMENT["person_no"]):
        assert he.post("/people", {"given": given}).headers["location"] == "/people/1", given
    assert he.do("/people", {"given": ENROLMENT["name"]}).headers["location"] == "/people/1"
    assert he.post("/people", {"given": ENROLMENT["name"][:1]}).status_code == 404, "part of a name finds nobody"
    with site.desk.engine.begin() as connection:
        connection.execute(_SHUT)
    assert "暂停呼叫" in he.look("/people/1"), "what keeps everybody's payments is said of each person"
    assert number not in he.page
    assert ENROLMENT["name"] not in he.page
    for said in ("280.00", "已到账或已付", "税务受理", "依据 shiquan-2021", "申请退费"):
        assert said in he.page, said
    assert he.post("/people/1/reveal", {"reason": " "}).status_code == 422
    he.look("/people/1")
    assert he.do("/people/1/reveal", {"reason": "窗口核对"}).status_code == 200
    assert number in he.page
    searched, read = ("clerk:he", "person.searched", None, None), ("clerk:he", "case.read", None, False)
    assert [(who, what, facts.get("reason"), facts.get("revealed")) for who, what, facts in site.events(before)] == [
        searched, searched, searched, read, searched, read, read, ("clerk:he", "case.read", "窗口核对", True),
    ]  # fmt: skip
    assert number not in str(site.events(before))
    english = site.begin("he")
    english.get("/people/1?lang=en")
    assert "accepted by tax" in english.page
    assert not re.search("受理|到账|核定|退费", english.page)


def test_dues_and_batches_say_what_was_answered_row_by_row(site: Site, county: Stage) -> None:
    wei, he = site.begin("wei"), site.begin("he")
    wei.get("/dues?state=paid")
    assert wei.page.count("280.00") == 4, "asked and paid, of two"
    assert "/people/" not in wei.page, "a viewer reads no case"
    assert 'href="/people/1"' in (he.get("/dues?person_no=" + ENROLMENT["person_no"]), he.page)[1]
    job = site.desk.one("SELECT job_id FROM message ORDER BY job_id LIMIT 1")
    wei.get("/batches?kind=push")
    assert f'href="/batches/{job}"' in wei.page
    wei.get(f"/batches/{job}?state=paid")
    assert '<a href="?state=paid#rows">2</a>' in wei.page
    assert "已于" in wei.page
    rows = wei.get(f"/batches/{job}?format=csv&lang=en").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 4, "a heading and three people"
    wei.get("/?lang=zh")


@pytest.mark.does("/failures/act")
def test_a_job_is_replayed_after_a_look_at_what_that_does(site: Site, at_keyboard: Callable[..., AtKeyboard]) -> None:
    (job,) = stopped(site.desk.engine, 1, cause="slowday", reason="线路中断")
    before, browser = len(site.events()), at_keyboard(site, "bao", "zh", 1920)
    browser.look("/failures?cause=slowday")
    link = re.search(r'href="(/failures/plan\?[^"]*action=replay)"', browser.page)
    assert link
    assert "将涉及 1 个作业" in browser.look(link[1])
    assert site.desk.one(f"SELECT state FROM job WHERE id = {job}") == "parked", "a look changes nothing"
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', browser.page.split("/failures/act")[1]))
    assert browser.post("/failures/act", form | {"reason": ""}).status_code == 422
    assert browser.post("/failures/act", form | {"reason": "网络已恢复", "count": "7"}).status_code == 409
    assert site.desk.one(f"SELECT state FROM job WHERE id = {job}") == "parked"
    done = browser.do("/failures/act", {"reason": "网络已恢复", "per_minute": "60"})
    assert re.fullmatch(r"/requests/\d+", done.headers["location"])
    assert site.desk.one(f"SELECT state FROM job WHERE id = {job}") == "ready"
    assert "网络已恢复" in browser.page
    ((who, what, facts),) = site.events(before)
    assert (who, what, facts["reason"], facts["account"]) == ("operator:bao", "jobs.replayed", "网络已恢复", "console")
    browser.get("/acts?action=重放")
    assert "重放作业" in browser.page
    assert "登录" not in browser.page.split("<tbody>")[1], "only what the filter means"


@pytest.mark.usefixtures("county")
@pytest.mark.does("/failures/act")
def test_a_request_says_what_tax_answered_to_the_rows(site: Site, at_keyboard: Callable[..., AtKeyboard]) -> None:
    with site.desk.engine.begin() as connection:
        (job,) = enqueue(connection, [NewJob("push", "three-again", {"dues": [1, 2, 3]}, OCTOBER, "610922")])
    stop(site.desk.engine, [job])
    bao = at_keyboard(site, "bao", "zh", 360)
    bao.look(f"/failures/plan?ids={job}&action=replay")
    request = bao.do("/failures/act", {"reason": "网络已恢复"}).headers["location"]
    with site.desk.engine.begin() as connection:
        connection.execute(text("UPDATE job SET state = 'done', ended_at = now() WHERE id = :job"), {"job": job})
    assert "回执结果" in bao.look(request)
    assert f'<a href="/batches/{job}?state=paid#rows">2</a>' in bao.page


@pytest.mark.does("/failures/act")
def test_what_may_have_been_taken_is_asked_about_first(site: Site, at_keyboard: Callable[..., AtKeyboard]) -> None:
    (job,) = stopped(site.desk.engine, 1, cause="no_answer")
    message_left(site.desk.engine, job)
    browser = at_keyboard(site, "bao", "en", 360)
    assert "action=replay" not in browser.look(f"/jobs/{job}"), "nobody is offered what is refused"
    assert "no job that this can be done with" in browser.look(f"/failures/plan?ids={job}&action=replay")
    assert f'href="/failures/plan?ids={job}&action=ask"' in browser.page
    form = {"action": "replay", "ids": str(job), "count": "1", "reason": "x"}
    assert browser.post("/failures/act", form).status_code == 409
    browser.look(f"/failures/plan?ids={job}&action=ask")
    asked = browser.do("/failures/act", {"reason": "x"})
    assert asked.status_code == 303
    assert site.desk.rows(f"SELECT state, asks FROM job WHERE id = {job}") == [("unknown", True)]
    with site.desk.engine.begin() as connection:
        connection.execute(text("UPDATE message SET asked_at = now() WHERE job_id = :job"), {"job": job})
        parked = "UPDATE job SET state = 'parked', outcome = jsonb_build_object('cause', 'never_seen') WHERE id = :job"
        connection.execute(text(parked), {"job": job})
    assert f'href="/failures/plan?ids={job}&action=replay"' in browser.look(asked.headers["location"])


@pytest.mark.does("/failures/act", "/requests/{number:int}/confirm", "/requests/{number:int}/decline")
def test_discarding_needs_a_second_account(site: Site, at_keyboard: Callable[..., AtKeyboard]) -> None:
    jobs = stopped(site.desk.engine, 2, cause="givenup", reason="线路中断")
    bao, gu = at_keyboard(site, "bao", "zh", 360), at_keyboard(site, "gu", "en", 1920)
    bao.look("/failures/plan?action=discard&cause=givenup")
    request = bao.do("/failures/act", {"reason": "看错了"}).headers["location"]
    assert gu.do(f"{request}/decline", {"reason": "not these"}).headers["location"] == request
    assert site.desk.rows(f"SELECT DISTINCT state FROM job WHERE id IN {tuple(jobs)}") == [("parked",)]
    before = len(site.events())
    bao.look("/failures/plan?action=discard&cause=givenup")
    request = bao.do("/failures/act", {"reason": "重复"}).headers["location"]
    assert "须由另一账号复核" in bao.page
    assert f'action="{request}/confirm"' not in bao.page
    assert bao.post(f"{request}/confirm").status_code == 409, "nor by a form of one's own"
    assert gu.post(f"{request}/decline").status_code == 422, "not without a reason"
    assert f'action="{request}/confirm"' in gu.look(request)
    assert gu.do(f"{request}/confirm").headers["location"] == request
    assert site.desk.rows(f"SELECT DISTINCT state FROM job WHERE id IN {tuple(jobs)}") == [("discarded",)]
    assert gu.post(f"{request}/confirm").status_code == 409, "once"
    assert [(who, what) for who, what, _ in site.events(before)] == [
        ("operator:bao", "jobs.discard_requested"), ("operator:gu", "jobs.discarded"),
    ]  # fmt: skip
    facts = site.events(before)[1][2]
    assert (facts["requested_by"], facts["confirmed_by"]) == ("bao", "gu")


@pytest.mark.does("/refunds/review")
def test_a_refund_is_reviewed_by_another_account(
    site: Site, county: Stage, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    before, lu, rong = len(site.events()), at_keyboard(site, "lu", "zh", 360), at_keyboard(site, "rong", "en", 1920)
    assert "由您本人录入，不在此列： 2" in lu.look("/refunds/plan?case=1&case=2")
    assert "共 280.00 元" in lu.page
    lu.post("/refunds/review", {"answer": "approve", "case": "2", "reason": "自己批"})
    assert "案件 2 由 lu 录入：须由另一人复核" in lu.page
    assert rong.post("/refunds/review", {"answer": "approve", "case": "2", "reason": " "}).status_code == 422
    assert county.desk.rows("SELECT DISTINCT state FROM refund_case") == [("decided",)]
    rong.look("/refunds")
    rong.do("/refunds/plan", {"case": ["2"]})
    rong.do("/refunds/review", {"answer": "approve", "reason": "已核"})
    assert "1 approved:" in rong.page
    lu.look("/refunds/plan?case=1")
    lu.do("/refunds/review", {"answer": "refuse", "reason": "材料不齐"})
    assert county.desk.rows("SELECT id, state, reviewed_by FROM refund_case ORDER BY id") == [
        (1, "rejected_by_review", "lu"), (2, "approved", "rong"),
    ]  # fmt: skip
    acts = [(who, what) for who, what, _ in site.events(before)]
    assert ("clerk:rong", "refund.approved") in acts
    assert ("clerk:lu", "refund.rejected") in acts
    assert "通过退费" in (rong.get("/acts?lang=zh"), rong.page)[1]
    assert rong.get("/refunds/2").status_code == 200
    with site.desk.engine.connect() as connection:
        assert check_ledger(connection) == []


@pytest.mark.does(
    "/operators", "/operators/{login}/roles", "/operators/{login}/disable", "/operators/{login}/enable",
    "/operators/{login}/password",
)  # fmt: skip
def test_an_admin_manages_accounts_and_shows_a_password_once(
    site: Site, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    before, chen = len(site.events()), at_keyboard(site, "chen", "en", 360)
    chen.do("/operators", {"login": "Tang", "name": "唐<b>", "role": ["viewer", "auditor"]})
    given = re.search(r'<code id="given">([a-z0-9-]{23})</code>', chen.page)
    assert given
    assert given[1] not in chen.look("/operators")
    assert "<td>唐<b></td>" in chen.page, "as text: the page was unescaped to be read here"
    assert chen.do("/operators/tang/roles", {"role": ["clerk"]}).headers["location"] == "/operators"
    tang = site.begin("tang")
    assert chen.do("/operators/tang/disable").status_code == 303
    assert tang.get("/").status_code == 303
    assert chen.do("/operators/tang/enable").status_code == 303
    chen.do("/operators/tang/password")
    assert given[1] not in chen.page
    for path, form in (
        ("/operators/chen/disable", {}),
        ("/operators/chen/roles", {"role": "viewer"}),
        ("/operators/tang/roles", {"role": "king"}),
        ("/operators", {"login": "tang", "name": "x"}),
    ):
        assert chen.post(path, form).status_code == 409, path  # fmt: skip
    assert [(who, what, facts["login"]) for who, what, facts in site.events(before)] == [
        ("operator:chen", f"operator.{act}", "tang")
        for act in ("added", "roles_changed", "disabled", "enabled", "password_changed")
    ]


BAD = ("/failures?older=x", "/jobs?ids=x", "/failures/plan?action=burn&ids=1", "/failures/plan?action=replay",
       "/failures?ids=99999999999999999999", f"/jobs/{2**70}", "/requests/123456", "/failures?kind=%00")  # fmt: skip


@pytest.mark.parametrize("path", BAD)
def test_an_address_that_means_nothing_is_answered_with_a_sentence(site: Site, path: str) -> None:
    browser = site.begin("bao")
    assert browser.get(path).status_code in (400, 404, 422), browser.page
    assert '<p class="problem" role="alert">' in browser.page


def test_all_of_it_is_in_an_audit_log_that_holds(site: Site) -> None:
    assert site.desk.chain_is_whole()
    told = str(site.events())
    assert "唐" not in told
    assert "610922199003078519" not in told
