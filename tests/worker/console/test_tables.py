"""The one table of all pages: filters, order, places, links and exports, over jobs that came to a stop."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from tests.worker.console.site import Browser, Site
from tests.worker.jobs.stopped import stopped
from worker.console.tables.asked import Asked, read
from worker.console.tables.cells import address, write
from worker.console.tables.declared import Column, Filter, Table
from worker.console.tables.export import as_csv, as_xlsx
from worker.console.tables.rows import all_rows, page
from worker.console.words import words_of
from worker.operators.accounts import Operator

FORMULA = '=HYPERLINK("http://x","610922199003078519")'
PEOPLE = Table(
    "people", "人员", "People",
    "SELECT id, name_cipher, cert_cipher, id * 100 - 250 AS owed, CASE WHEN id % 2 = 0 THEN '=1+1' END AS said"
    " FROM person WHERE id <= :most",
    (
        Column("id", "编号", "No.", sort="t.id", link="/people/{id}?of={said}", needs="case.read"),
        Column("name_cipher", "姓名", "Name", masked="name"),
        Column("cert_cipher", "证件", "Document", masked="number"),
        Column("owed", "金额", "Owed", "fen", sort="t.owed"),
        Column("said", "备注", "Said", sort="coalesce(t.said, '')"),
    ),
    (Filter("least", "不少于", "At least", "yuan", "t.owed >= :least"), Filter("most", "至多", "Up to", "count")),
    key="id", first="id", empty=("无", "none"), size=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def jobs(site: Site) -> list[int]:
    """Seven that share a cause, of which one tells a formula with somebody's number in it."""
    made = stopped(site.desk.engine, 6, cause="tabled", reason="tax did not answer")
    return made + stopped(site.desk.engine, 1, cause="tabled", reason=FORMULA)


@pytest.fixture(scope="module")
def people(site: Site) -> None:
    with site.desk.engine.begin() as connection:
        seal = site.desk.house.vault.sealing(connection)
        for at in range(1, 8):
            number = f"61092219900307{at:04d}"
            connection.execute(
                text("INSERT INTO person (cert_type, cert_index, cert_cipher, name_cipher) VALUES ('01', :i, :c, :n)"),
                {"i": seal.index_one(number), "c": seal.encrypt([number])[0], "n": seal.encrypt(["王小明"])[0]},
            )


def asked(**query: str) -> Asked:
    return read(PEOPLE, {"most": "7", **query}, words_of("en"))


def ids_of(found: Browser) -> list[int]:
    return [int(one) for one in re.findall(r'<a href="/jobs/(\d+)">', found.page)]


def test_pages_go_on_from_a_row_and_back_and_none_is_lost_or_doubled(site: Site, people: None) -> None:
    def shown(**query: str) -> tuple[list[int], Any]:
        with site.desk.engine.connect() as connection:
            piece = page(connection, site.desk.house.vault, PEOPLE, asked(**query), {})
        return [row["id"] for row in piece.rows], piece

    def at(piece: Any, row: int) -> str:
        return str(piece.place(row)).replace("'", '"')

    for sort, every in (
        ("id", [1, 2, 3, 4, 5, 6, 7]),
        ("-owed", [7, 6, 5, 4, 3, 2, 1]),
        ("said", [1, 3, 5, 7, 2, 4, 6]),
    ):
        first, piece = shown(sort=sort)
        second, after = shown(sort=sort, after=at(piece, -1))
        third, last = shown(sort=sort, after=at(after, -1))
        assert [*first, *second, *third] == every
        assert [(one.earlier, one.later) for one in (piece, after, last)] == [
            (False, True),
            (True, True),
            (True, False),
        ]
        assert shown(sort=sort, before=at(last, 0))[0] == second
        assert shown(sort=sort, before=at(after, 0))[0] == first
    assert shown(least="2.50", sort="-id")[0] == [7, 6, 5]


def test_exports_have_all_rows_masked_as_on_the_page_and_nothing_that_runs(site: Site, people: None) -> None:
    words = words_of("en")
    with site.desk.engine.connect() as connection:
        parts = list(all_rows(connection, site.desk.house.vault, PEOPLE, asked(sort="-id", after='["1","1"]'), {}))
    content = b"".join(as_csv(PEOPLE, parts, words))
    assert content.startswith("﻿".encode())
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["No.", "Name", "Document", "Owed (yuan)", "Said"]
    assert rows[1:3] == [
        ["7", "王**", "6109**********0007", "4.50", ""],
        ["6", "王**", "6109**********0006", "3.50", "'=1+1"],
    ]
    assert rows[-1] == ["1", "王**", "6109**********0001", "-1.50", ""]
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(as_xlsx(PEOPLE, parts, words))))
    sheet = book.get_sheet_by_index(0).to_python()
    assert sheet[:3] == [
        rows[0],
        ["7", "王**", "6109**********0007", 4.5, ""],
        ["6", "王**", "6109**********0006", 3.5, "=1+1"],
    ]
    assert len(sheet) == len(rows) == 8


def test_a_jobs_table_filters_sorts_links_and_is_taken_as_a_file_that_is_an_event(site: Site, jobs: list[int]) -> None:
    before, browser = len(site.events()), site.begin("wei")
    browser.get("/jobs?cause=tabled")
    assert ids_of(browser) == jobs[::-1]
    assert "199003078519" not in browser.page
    browser.get("/jobs?cause=tabled&sort=reason")
    assert "不能按“reason”排序" in browser.page
    browser.get("/failures?cause=tabled")
    link = re.search(r'<a href="(/jobs\?state=parked&kind=push&cause=tabled)">7</a>', browser.page)
    assert link
    browser.get(link[1] + "&sort=id")
    assert ids_of(browser) == jobs
    reply = browser.get("/jobs?cause=tabled&sort=id&format=csv&lang=en")
    assert reply.headers["content-disposition"].startswith('attachment; filename="jobs-')
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert [int(row["Job"]) for row in rows] == jobs
    assert rows[-1]["Reason"] == '\'=HYPERLINK("http://x","6109**********8519")'
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(browser.get("/jobs?cause=tabled&format=xlsx").content))
    assert len(sheet.get_sheet_by_index(0).to_python()) == 8
    csv_event, xlsx_event = site.events(before)
    assert csv_event[:2] == ("operator:wei", "table.exported")
    assert csv_event[2] == {"table": "jobs", "form": "csv", "filters": {"cause": "tabled"}, "sort": "id"}
    assert xlsx_event[2]["form"] == "xlsx"


def test_what_cannot_be_asked_is_told_with_what_to_do_and_nothing_is_shown(site: Site, jobs: list[int]) -> None:
    browser = site.begin("wei")
    for query, said in (
        ("state=gone", "“状态”不能是“gone”：应为列表中的一项"),
        ("sort=id&after=[1]", "请从第一页重新翻起"),
        ("sort=since&after=" + '["soon","1"]', "请从第一页重新翻起"),
        ("format=pdf", "只能导出 csv 或 xlsx"),
    ):
        assert browser.get(f"/jobs?{query}").status_code == 422, query
        assert said in browser.page
        assert ids_of(browser) == []
    assert browser.get("/jobs?state=gone&format=csv").headers["content-type"].startswith("text/html")
    browser.get("/jobs?cause=tabled&area=1")
    assert "去掉一个条件" in browser.page
    assert 'href="/jobs?cause=tabled"' in browser.page, "without the area"
    assert asked(least="1.234").problems == {
        "least": "At least cannot be '1.234': it takes an amount such as 280.00. Mend it and filter again."
    }


@pytest.mark.parametrize(
    ("column", "value", "written"),
    [
        (Column("a", "", "", "fen"), -5, "-0.05"),
        (Column("a", "", "", "count"), 1234567, "1,234,567"),
        (Column("a", "", "", "date"), date(2020, 9, 2), "2020-09-02"),
        (Column("a", "", "", "place"), "610922", "石泉县 610922"),
        (Column("a", "", "", "word", words="law"), "medical_assistance", "医疗救助资金"),
        (Column("a", "", "", "facts"), {"a": 1, "b": None}, "a：1"),
        (Column("a", "", ""), None, ""),
    ],
)
def test_values_are_written_in_one_way(column: Column, value: Any, written: str) -> None:
    assert write(column, value, words_of("zh")) == written


def test_an_empty_cell_links_to_nothing() -> None:
    column, who = Column("job", "", "", link="/jobs/{job}"), Operator("he", "He", ("clerk",), "", False, None)
    assert address(column, {"job": 7}, who) == "/jobs/7"
    assert address(column, {"job": None}, who) is None
