"""A case file as one HTML page that prints well: no script, nothing from elsewhere, every text escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from worker.casefile.read import CaseRecord
from worker.casefile.sections import Section
from worker.casefile.words import cell, heading
from worker.foreign_text import plain

_STYLE = """
body { font: 11pt/1.45 "Noto Serif CJK SC", "Songti SC", SimSun, serif; margin: 2em; color: #111 }
h1 { font-size: 17pt; margin: 0 }
h2 { font-size: 12.5pt; margin: 1.4em 0 .3em } h2 small { color: #666; font-weight: 400 }
table { border-collapse: collapse; width: 100%; font-size: 9pt } th, td { border: 1px solid #999; padding: 2px 5px }
th { background: #eef; text-align: left }
td { vertical-align: top; overflow-wrap: anywhere } td.fen { text-align: right }
thead { display: table-header-group } tr { break-inside: avoid } .none { color: #888 }
footer { margin-top: 2em; font-size: 9pt }
@page { size: A4 landscape; margin: 14mm }
"""


def render_page(record: CaseRecord) -> str:
    """The whole page."""
    return "\n".join(_parts(record)) + "\n"


def _parts(record: CaseRecord) -> Iterator[str]:
    who = {name: _text(value) for name, value in record.case.person.items()}
    yield f'<!doctype html>\n<html lang="zh"><head><meta charset="utf-8"><title>案卷 {who["person_no"]}</title>'
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>个人案卷</h1><p>{who['name']}　证件 {who['cert_no']}"
    yield f"　人员编号 {who['person_no']}　出生 {who['birth_date']}</p>"
    yield "<h2>现状 <small>How the case stands</small></h2><ul>"
    yield from (f"<li>{_text(sentence)}</li>" for sentence in record.case.now)
    yield "</ul><h2>登记信息 <small>What the bureau said</small></h2>"
    said = tuple((row["business_date"], row["says"], row["file"]) for row in record.case.roster)
    yield from _table(Section("", "", ("business_date", "what", "file"), said))
    for section in (record.steps, *record.sections):
        yield f"<h2>{_text(section.zh)} <small>{_text(section.en)}</small></h2>"
        yield from _table(section)
    yield "<h2>决定理由 <small>Decisions and their reasons</small></h2>"
    for number, decision in record.case.decisions.items():
        yield f"<p>{number}：{_text(decision['notice'])}，{_text('、'.join(decision['clauses']))}</p><ul>"
        yield from (f"<li>{_text(sentence)}</li>" for sentence in decision["why"])
        yield "</ul>"
    yield "<footer>" + "<br>".join(map(_text, record.notes)) + "</footer></body></html>"


def _table(section: Section) -> Iterator[str]:
    if not section.rows:
        yield '<p class="none">无 none</p>'
        return
    yield "<table><thead><tr>" + "".join(f"<th>{_text(heading(one))}</th>" for one in section.columns) + "</tr></thead>"
    for row in section.rows:
        cells = zip(section.columns, row, strict=True)
        yield "<tr>" + "".join(f"<td{_class(name)}>{_text(cell(name, value))}</td>" for name, value in cells) + "</tr>"
    yield "</table>"


def _class(column: str) -> str:
    return ' class="fen"' if column.endswith("_fen") else ""


def _text(value: object) -> str:
    return escape(plain("" if value is None else str(value)))
