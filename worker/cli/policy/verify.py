"""``levy policy verify``: prove notices against their official texts, from rule to text and from text to rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson

from policies.load import available_notices, load_notice, read_notice
from policies.notice import Notice
from policies.official.clauses import NoOfficialText, official_text
from policies.official.finding import FORWARD, QUESTIONS, Finding, Question
from policies.official.verify import fingerprints_of, verify


@click.command("verify")
@click.argument("notices", metavar="[NOTICE]...", nargs=-1)
@click.option(
    "--texts",
    "folder",
    required=True,
    envvar="LEVY_NOTICE_TEXTS",
    show_envvar=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of the official texts, one NOTICE.txt each.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a notice: counts and findings.")
@click.option("--fingerprints", is_flag=True, help="Print the fingerprints of the texts, to be kept once read.")
def command(notices: tuple[str, ...], folder: Path, as_json: bool, fingerprints: bool) -> None:
    """Prove notices (names or .yaml files; all by default) against their official texts, both ways.

    Forward, every clause, number and date of a rule stands in the text. Backward, every number, date and clause of the
    text is encoded, or left out for a reason given in not_encoded. Exits 1 on any finding.
    """
    broken = 0
    for name in notices or available_notices():
        notice = read_notice(Path(name)) if name.endswith(".yaml") else load_notice(name)
        text = _text(folder, notice.notice)
        if fingerprints:
            _print_fingerprints(notice.notice, fingerprints_of(text))
            continue
        findings = verify(notice, text)
        problems = [finding for finding in findings if finding.problem is not None]
        broken += len(problems)
        if as_json:
            click.echo(orjson.dumps(_as_json(notice, findings, problems)).decode())
        else:
            _print_report(notice, findings, problems)
    if not as_json and not fingerprints:
        click.echo(f"共{broken}个问题 / {broken} findings")
    if broken:
        raise click.exceptions.Exit(1)


def _text(folder: Path, name: str) -> str:
    try:
        return official_text(folder, name)
    except NoOfficialText as error:
        raise click.ClickException(str(error)) from None


def _counts(findings: tuple[Finding, ...]) -> dict[Question, tuple[int, int]]:
    """For each question how many were asked and how many are good."""
    asked: dict[Question, list[bool]] = {question: [] for question in QUESTIONS}
    for finding in findings:
        asked[finding.question].append(finding.problem is None)
    return {question: (len(answers), sum(answers)) for question, answers in asked.items()}


def _as_json(notice: Notice, findings: tuple[Finding, ...], problems: list[Finding]) -> dict[str, Any]:
    counts = {question: {"asked": asked, "good": good} for question, (asked, good) in _counts(findings).items()}
    told = [
        {"question": one.question, "clause": one.place, "zh": one.problem.zh, "en": one.problem.en}
        for one in problems
        if one.problem is not None
    ]
    return {"notice": notice.notice, "document": notice.document_number, "counts": counts, "findings": told}


def _print_report(notice: Notice, findings: tuple[Finding, ...], problems: list[Finding]) -> None:
    click.echo(f"{notice.notice} {notice.document_number}")
    counts = _counts(findings)
    for title, questions in (
        ("规则→原文 / from rule to text", FORWARD),
        ("原文→规则 / from text to rule", tuple(question for question in QUESTIONS if question not in FORWARD)),
    ):
        asked = sum(counts[question][0] for question in questions)
        good = sum(counts[question][1] for question in questions)
        click.echo(f"  {title}: {good}/{asked}, {_percent(good, asked)}")
        for question in questions:
            label = QUESTIONS[question]
            click.echo(f"    {counts[question][1]:>4}/{counts[question][0]:<4} {label.zh} / {label.en}")
    for finding in problems:
        if finding.problem is not None:
            click.echo(f"  ✗ {finding.problem.zh}\n    {finding.problem.en}")


def _percent(good: int, asked: int) -> str:
    """Whole percent, rounded down: 100 % only where nothing is missing."""
    return f"{100 * good // asked if asked else 100} %"


def _print_fingerprints(name: str, kept: dict[str, str]) -> None:
    click.echo(f"# {name}\nfingerprints:")
    for place, fingerprint in kept.items():
        click.echo(f'  {place}: "{fingerprint}"')
