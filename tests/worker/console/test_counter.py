"""What a clerk and an operator do at their pages: mend rows that were set aside, ask about messages, see who works."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from tests.adapters.bureau.reading import DAY, lines_of
from tests.worker.console.site import Browser, Site
from tests.worker.intake.test_correction_sheets import BAD, MENDED, mend
from tests.worker.jobs.stopped import message_left, stopped
from worker.jobs.queue import NewJob, enqueue
from worker.operators.sessions import form_token


def upload(browser: Browser, name: str, content: bytes, token: str | None = None) -> int:
    given = {"form_token": form_token(browser.token) if token is None else token}
    files = {"sheet": (name, content, "application/octet-stream")}
    url = browser.site.url + "/quarantine/upload"
    return browser._took(browser.session.post(url, given, files=files, timeout=60, allow_redirects=False)).status_code


@pytest.fixture(scope="module")
def set_aside(site: Site) -> None:
    assert site.desk.take(lines_of(BAD)).quarantined == 1


def test_a_row_set_aside_is_taken_as_a_sheet_mended_and_taken_in_again(
    site: Site, set_aside: None, tmp_path: Path
) -> None:
    before, he = len(site.events()), site.begin("he")
    he.get("/quarantine")
    assert "乡镇" in he.page
    assert BAD["cert_no"] not in he.page
    assert site.begin("wei").get("/quarantine").status_code == 200
    assert he.post("/quarantine/sheet", {"kind": "flags"}).status_code == 404
    sheet = tmp_path / "sheet.xlsx"
    sheet.write_bytes(he.post("/quarantine/sheet", {"kind": "enrolments"}).content)
    mended = mend(sheet, MENDED, tmp_path / "mended.xlsx").read_bytes()
    assert upload(he, "mended.xlsx", mended, token="0" * 64) == 403
    assert upload(he, "", b"") == 422
    assert upload(he, "note.txt", b"hello") == 422
    assert "未入库" in he.page
    assert upload(he, "..\\x/更正.xlsx", mended) == 200
    assert "新增 1" in he.page
    assert "了结 1" in he.page
    assert "更正.xlsx" in he.page
    assert site.desk.rows("SELECT state FROM quarantined_row") == [("fixed",)]
    assert site.desk.one("SELECT count(*) FROM person") == 1
    assert [(who, what) for who, what, _ in site.events(before)] == [
        ("clerk:he", "quarantine.exported"),
        ("clerk:he", "intake.refused"),
        ("clerk:he", "intake.taken"),
    ]


def test_a_row_that_needs_no_correction_is_laid_aside_for_a_reason(site: Site, set_aside: None) -> None:
    other = BAD | {"person_no": "6109220000000002"}
    assert site.desk.take(lines_of(other), name="second.csv").quarantined == 1
    row, he = site.desk.one("SELECT max(id) FROM quarantined_row"), site.begin("he")
    assert he.post("/quarantine/dismiss", {"row": row, "reason": " "}).status_code == 422
    form = {"row": row, "reason": "重复"}
    assert he.post("/quarantine/dismiss", form).status_code == 200
    assert "将了结 1 行" in he.page
    assert "second.csv" in he.page
    assert he.post("/quarantine/dismiss", form | {"sure": "0"}).status_code == 409
    assert site.desk.one(f"SELECT state FROM quarantined_row WHERE id = {row}") == "open", "a look closes nothing"
    assert he.post("/quarantine/dismiss", form | {"sure": row}).status_code == 303
    assert he.post("/quarantine/dismiss", form | {"sure": row}).status_code == 409, "once"
    assert site.desk.rows(f"SELECT state, closed_by FROM quarantined_row WHERE id = {row}") == [
        ("dismissed", "he: 重复")
    ]
    he.get("/quarantine?state=dismissed")
    assert "second.csv" in he.page


def test_what_is_not_known_of_a_message_is_told_and_asked_for_now(site: Site) -> None:
    (parked,) = stopped(site.desk.engine, 1, cause="no_answer")
    message_left(site.desk.engine, parked)
    with site.desk.engine.begin() as connection:
        (waiting,) = enqueue(connection, [NewJob("push", "w", {"batch": "w"}, DAY, "610922")])
        connection.execute(
            text("UPDATE job SET state = 'unknown', next_attempt_at = now() + interval '1 hour' WHERE id = :id"),
            {"id": waiting},
        )
    message_left(site.desk.engine, waiting)
    before, bao = len(site.events()), site.begin("bao")
    bao.get("/unknown")
    assert bao.page.count("不知对方是否已办") == 2
    assert bao.post(f"/unknown/{parked}/ask").headers["location"] == f"/failures/plan?action=ask&ids={parked}"
    assert bao.post(f"/unknown/{waiting}/ask").headers["location"] == f"/jobs/{waiting}"
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
