"""What a clerk and an operator do at their pages: mend rows that were set aside, ask about messages, see who works."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from tests.adapters.bureau.reading import DAY, FLAG, lines_of
from tests.worker.console.keyboard import AtKeyboard
from tests.worker.console.site import Browser, Site
from tests.worker.intake.test_correction_sheets import BAD, MENDED, mend
from tests.worker.jobs.stopped import message_left, stopped
from worker.console.held import TABLES
from worker.console.sheets import Sheets
from worker.jobs.queue import NewJob, enqueue
from worker.operators.sessions import form_token
from worker.report.held import LISTS, listed


def upload(browser: Browser, name: str, content: bytes, token: str | None = None) -> int:
    given = {"form_token": form_token(browser.token) if token is None else token}
    files = {"sheet": (name, content, "application/octet-stream")}
    url = browser.site.url + "/quarantine/upload"
    return browser._took(browser.session.post(url, given, files=files, timeout=60, allow_redirects=False)).status_code


@pytest.fixture(scope="module")
def set_aside(site: Site) -> None:
    assert site.desk.take(lines_of(BAD)).quarantined == 1


@pytest.mark.does("/quarantine/sheet", "/quarantine/upload")
def test_a_row_set_aside_is_taken_as_a_sheet_mended_and_taken_in_again(
    site: Site, set_aside: None, tmp_path: Path, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    before, he = len(site.events()), at_keyboard(site, "he", "zh", 1920)
    assert "乡镇" in he.look("/quarantine")
    assert BAD["cert_no"] not in he.page
    assert site.begin("wei").get("/quarantine").status_code == 200
    assert he.post("/quarantine/sheet", {"kind": "flags"}).status_code == 404
    assert "参保登记（1 行）" in he.look("/quarantine")
    named = he.post("/quarantine/sheet", {"kind": "enrolments"}).headers["content-disposition"]
    assert f"filename*=UTF-8''{quote('更正表-参保登记-')}" in named
    sheet = tmp_path / "sheet.xlsx"
    sheet.write_bytes(he.take("/quarantine/sheet", {"kind": "enrolments"}))
    path = mend(sheet, MENDED, tmp_path / "更正.xlsx")
    assert upload(he, "mended.xlsx", path.read_bytes(), token="0" * 64) == 403
    assert upload(he, "", b"") == 422
    assert upload(he, "note.txt", b"hello") == 422
    assert "未入库" in he.page
    assert upload(he, "as-it-was.xlsx", sheet.read_bytes()) == 200
    assert "确认：无一行入库，1 行隔离" in he.page
    assert he.post("/quarantine/upload", {"sure": "0" * 64}).status_code == 409, "nothing was looked at"
    assert upload(he, "..\\x/别名.xlsx", path.read_bytes()) == 200
    assert "将入库：别名.xlsx" in he.page
    he.look("/quarantine")
    assert he.do("/quarantine/upload", {"sheet": path}).status_code == 200
    assert "将入库：更正.xlsx（参保登记）" in he.page
    assert "1 行入库：新增 1，变更 0，无变化 0" in he.page
    assert site.desk.rows("SELECT state FROM quarantined_row") == [("open",)], "a look takes nothing in"
    assert site.desk.rows("SELECT count(*) FROM person") == [(0,)]
    assert he.do("/quarantine/upload").status_code == 200
    assert "新增 1" in he.page
    assert "了结 1" in he.page
    assert "更正.xlsx" in he.page
    assert site.desk.rows("SELECT state FROM quarantined_row") == [("fixed",)]
    assert site.desk.one("SELECT count(*) FROM person") == 1
    assert he.post("/quarantine/upload", {"sure": "0" * 64}).status_code == 409, "once"
    assert [(who, what) for who, what, _ in site.events(before)] == [
        ("clerk:he", "quarantine.exported"),
        ("clerk:he", "quarantine.exported"),
        ("clerk:he", "intake.taken"),
    ]


def test_a_list_that_comes_to_something_else_by_the_click_is_shown_again(site: Site) -> None:
    he, rows = site.begin("he"), lines_of(FLAG, FLAG | {"category": "特困"}).encode()
    assert upload(he, "flags.csv", rows) == 200
    assert "2 行入库：新增 2，变更 0，无变化 0" in he.page
    sure = {"sure": re.findall(r'name="sure" value="(\w+)"', he.page)[0]}
    assert site.desk.take(lines_of(FLAG), name="earlier.csv").added == 1
    before = len(site.events())
    assert he.post("/quarantine/upload", sure).status_code == 409
    assert "情况与刚才显示的不同，未办理" in he.page
    assert "2 行入库：新增 1，变更 0，无变化 1" in he.page
    assert site.events(before) == []
    assert he.post("/quarantine/upload", sure).status_code == 200
    assert "新增 1，变更 0，无变化 1" in he.page
    assert upload(he, "again.csv", rows) == 200
    assert "内容先前已入库" in he.page, "nothing to click on"
    assert 'name="sure"' not in he.page


def test_files_wait_for_their_click_within_bounds() -> None:
    sheets = Sheets()
    for at in range(10):
        sheets.keep(f"session-{at}", 32 * 1024 * 1024, at)
    assert [sheets.take(f"session-{at}") for at in range(10)] == [None, None, *range(2, 10)]
    assert sheets.take("session-9") is None, "once"


@pytest.mark.does("/quarantine/dismiss")
def test_a_row_that_needs_no_correction_is_laid_aside_for_a_reason(
    site: Site, set_aside: None, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    other = BAD | {"person_no": "6109220000000002"}
    assert site.desk.take(lines_of(other), name="second.csv").quarantined == 1
    row, he = str(site.desk.one("SELECT max(id) FROM quarantined_row")), at_keyboard(site, "he", "en", 360)
    assert he.post("/quarantine/dismiss", {"row": row, "reason": " "}).status_code == 422
    there = {"Referer": f"{site.url}/quarantine?code=missing", "Host": site.url.removeprefix("http://")}
    assert he.post("/quarantine/dismiss", {"reason": "重复"}, headers=there).status_code == 422
    assert 'href="/quarantine?code=missing"' in he.page, "back to where the rows are to be ticked"
    for elsewhere in (f"{site.url}//other.example/", "http://other.example/quarantine"):
        he.post("/quarantine/dismiss", {"reason": "重复"}, headers=there | {"Referer": elsewhere})
        assert "other.example" not in he.page
    form = {"row": row, "reason": "重复"}
    assert he.do("/quarantine/dismiss", form).status_code == 200
    assert "1 rows would be closed" in he.page
    assert "second.csv" in he.page
    assert he.post("/quarantine/dismiss", form | {"sure": "0"}).status_code == 409
    assert site.desk.one(f"SELECT state FROM quarantined_row WHERE id = {row}") == "open", "a look closes nothing"
    assert he.do("/quarantine/dismiss").status_code == 303
    assert he.post("/quarantine/dismiss", form | {"sure": row}).status_code == 409, "once"
    assert site.desk.rows(f"SELECT state, closed_by FROM quarantined_row WHERE id = {row}") == [
        ("dismissed", "he: 重复")
    ]
    assert "second.csv" in he.look("/quarantine?state=dismissed")


@pytest.mark.does("/unknown/{job:int}/ask")
def test_what_is_not_known_of_a_message_is_told_and_asked_for_now(
    site: Site, at_keyboard: Callable[..., AtKeyboard]
) -> None:
    (parked,) = stopped(site.desk.engine, 1, cause="no_answer")
    message_left(site.desk.engine, parked)
    with site.desk.engine.begin() as connection:
        (waiting,) = enqueue(connection, [NewJob("push", "w", {"batch": "w"}, DAY, "610922")])
        connection.execute(
            text("UPDATE job SET state = 'unknown', next_attempt_at = now() + interval '1 hour' WHERE id = :id"),
            {"id": waiting},
        )
    message_left(site.desk.engine, waiting)
    before, bao = len(site.events()), at_keyboard(site, "bao", "zh", 360)
    assert bao.look("/unknown").count("不知对方是否已办") == 2
    assert bao.do(f"/unknown/{parked}/ask").headers["location"] == f"/failures/plan?action=ask&ids={parked}"
    assert bao.do(f"/unknown/{waiting}/ask").headers["location"] == f"/jobs/{waiting}"
    assert site.desk.one(f"SELECT next_attempt_at <= now() FROM job WHERE id = {waiting}")
    assert bao.post("/unknown/999999/ask").status_code == 404
    ((who, what, facts),) = site.events(before)
    assert (who, what, facts["jobs"]) == ("operator:bao", "jobs.hurried", [waiting])


def test_schedule_workers_and_queue_say_what_runs_and_what_comes_next(site: Site) -> None:
    with site.desk.engine.begin() as connection:
        (tick,) = enqueue(connection, [NewJob("tick.assess", "30s-1", {}, DAY, "610922")])
        connection.execute(
            text(
                "UPDATE job SET state = 'running', worker = 'host-a/4711/1.00', lease_until = now() + interval '1 hour'"
                " WHERE id = :id"
            ),
            {"id": tick},
        )
    wei = site.begin("wei")
    wei.get("/schedule")
    assert 'data-again="15"' in wei.page
    assert f'href="/jobs/{tick}"' in wei.page
    assert "没有作业进程或调度在运行" in wei.page, "nobody sweeps here"
    wei.get("/workers")
    assert "host-a" in wei.page
    assert "4711" in wei.page
    wei.get("/queue?sort=kind")
    assert "定时：核定" in wei.page
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(wei.get("/schedule?format=xlsx").content))
    assert len(sheet.get_sheet_by_index(0).to_python()) == 14, "a heading and every tick"


def test_each_list_of_what_is_held_is_a_table(site: Site) -> None:
    """The same rows as ``levy held``; one that could not be read leads to its job."""
    job = stopped(site.desk.engine, 1)[0]
    with site.desk.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO held_row (feed, digest, reason, body, job_id)"
                " VALUES ('tax.payments', 'made', 'no due has this number', '', :job)"
            ),
            {"job": job},
        )
    he = site.begin("he")
    for name in LISTS:
        assert he.get(f"/held/{name}").status_code == 200, name
        assert 'aria-current="page"' in he.page
        for order in TABLES[name].columns:
            assert he.get(f"/held/{name}?sort=-{order.key}").status_code == 200, (name, order.key)
        with site.desk.engine.connect() as connection:
            told = connection.execute(text(listed(name)), {"limit": 100}).all()
        sent = he.get(f"/held/{name}?format=csv").content.decode("utf-8-sig").splitlines()
        assert len(sent) == len(told) + 1, name
    assert f'href="/jobs/{job}"' in (he.get("/held/rows"), he.page)[1]
    assert 'href="/held/rows"' in (he.get("/"), he.page)[1]
    assert he.get("/held").headers["location"] == "/held/assistance"
    assert he.get("/held/nothing").status_code == 404
