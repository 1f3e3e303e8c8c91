"""``levy explain``: the tree behind each decision."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from policies.answering import Desk, NotAQuestion
from policies.explain.desk import explain
from policies.explain.tree import Explanation, Fact, Node
from worker.cli.decide import question_lines
from worker.cli.policy.paper import LANG, Page

_MARKS = {True: "✓", False: "✗", None: "?"}


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@LANG
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, both languages.")
def command(file: Path, lang: str, as_json: bool) -> None:
    """Explain the decision of each question of FILE, one JSON object a line as for `levy decide` (-: standard input).

    A line that is no valid question gets an error in its place; the command then exits 1.
    """
    lines = _lines(file)
    desk, page, valid = Desk(Path()), Page(lang), True
    for number, line in enumerate(lines, start=1):
        try:
            found = explain(desk, line)
        except NotAQuestion as refusal:
            valid = False
            problem = {"error": {"line": number, "field": refusal.field, "message": refusal.message}}
            told = f"{number}: {refusal.field or ''} {refusal.message}\n"
            click.echo(orjson.dumps(problem).decode() if as_json else told)
            continue
        if as_json:
            click.echo(orjson.dumps(found.document()).decode())
        else:
            _print(found, page)
    if not valid:
        raise click.exceptions.Exit(1)


def _lines(file: Path) -> list[bytes]:
    if str(file) == "-":
        return list(question_lines(sys.stdin.buffer))
    try:
        with file.open("rb") as stream:
            return list(question_lines(stream))
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}") from None


def _print(found: Explanation, page: Page) -> None:
    head = " ".join(word for word in (found.notice, found.question, found.case or "") if word)
    page.line(head, style="bold")
    for sentence in found.summary:
        page.line(page.words(sentence.zh, sentence.en), 2)
    for node in found.nodes:
        _print_node(node, page, 2)
    page.line()


def _print_node(node: Node, page: Page, indent: int) -> None:
    mark = {"decided": "●", "lost": "○", "noted": "·"}[node.verdict]
    clauses = "、".join(node.clauses)
    lead = f"{mark} {clauses}：" if clauses and page.lang == "zh" else f"{mark} {clauses}: " if clauses else f"{mark} "
    page.line(f"{lead}{page.words(node.zh, node.en)}", indent)
    for fact in node.facts:
        _print_fact(fact, page, indent + 4)
    for reading in node.readings:
        open_word = page.words("（待确认）", " (to be confirmed)") if reading.to_be_confirmed else ""
        page.line(f"[{reading.id}]{open_word} {page.words(reading.zh, reading.en)}", indent + 4)
    for child in node.children:
        _print_node(child, page, indent + 4)


def _print_fact(fact: Fact, page: Page, indent: int) -> None:
    page.line(f"{_MARKS[fact.holds]} {page.words(fact.zh, fact.en)}", indent)
