"""`levy logs` and `levy trace`: whose lines, of which file, in the order of time; files that are renamed lose none."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from config.logfile import LogFile
from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import Desk, desk, environment
from tests.worker.test_nobody_in_clear import log_into
from worker.cli import logs, trace
from worker.logfiles import turn_over
from worker.logs.lines import as_they_come, files_of, in_order

__all__ = ["desk", "environment"]
SEPTEMBER, OCTOBER = date(2020, 9, 2), date(2020, 10, 15)


@pytest.fixture
def county(desk: Desk, tmp_path: Path) -> Stage:
    """Zhang has paid and is assisted; Li came with another list and has not paid; both were logged."""
    place = desk.house.settings.home / "logs"
    place.mkdir(parents=True, exist_ok=True)
    log_into(LogFile(place / "worker.log"))  # type: ignore[arg-type]
    structlog.contextvars.bind_contextvars(process="celery")
    for name, rows in (("first.csv", [ENROLMENT]), ("flags.csv", [FLAG]), ("accounts.csv", [ACCOUNT])):
        assert desk.take(lines_of(*rows), f"2020-08-31/{name}").outcome == "taken"
    made = Stage(desk)
    made.tick(SEPTEMBER, "assess")
    assert desk.take(lines_of(ENROLMENT | LI), "2020-09-02/second.csv", SEPTEMBER).outcome == "taken"
    made.tick(SEPTEMBER, "assess")
    made.pay(1, OCTOBER)
    made.tick(OCTOBER, "pull_payments", "disburse")
    return made


def told(*arguments: str) -> list[dict[str, object]]:
    done = CliRunner().invoke(logs.command, ["--json", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_lines_are_found_by_person_file_batch_job_kind_and_level(county: Stage) -> None:
    everything = told()
    assert [line["timestamp"] for line in everything] == sorted(str(line["timestamp"]) for line in everything)
    assert {line["process"] for line in everything} == {"celery"}
    assert ENROLMENT["person_no"] not in json.dumps(everything), "no line says who"
    zhang = {(line["job"], line["kind"]) for line in told("--person", ENROLMENT["cert_no"])}
    li = {(line["job"], line["kind"]) for line in told("--person", LI["person_no"])}
    assert {kind for _, kind in zhang} >= {"assess", "push", "disburse", "tick.pull_payments"}
    assert {kind for _, kind in li} == {"assess", "push"}
    assert not zhang & li
    (job, kind) = min(li)
    assert {(line["job"], line["kind"]) for line in told("--job", str(job))} == {(job, kind)}
    assert {line["kind"] for line in told("--kind", "push")} == {"push"}
    batch = county.desk.one("SELECT batch FROM due WHERE id = 2")
    assert {line["kind"] for line in told("--batch", batch, "--event", "job.ended")} >= {"push"}
    assert told("--level", "warning") == told("--event", "no.such") == told("--process", "api") == []
    assert told("--limit", "1") == everything[-1:]
    assert told("--since", "1h") == everything
    plain = CliRunner().invoke(logs.command, ["--job", str(job), "--event", "job.ended"]).output
    assert "celery job.ended outcome=done reason=null key=" in plain
    assert "ask for less" in CliRunner().invoke(logs.command, ["--job", "987654"]).stderr
    piped = CliRunner().invoke(logs.command, ["-", "--json", "--kind", "push"], input=read(county))
    assert [json.loads(line) for line in piped.output.splitlines()] == told("--kind", "push")


def read(county: Stage) -> str:
    text = (county.house.settings.home / "logs" / "worker.log").read_text("utf-8")
    return f"Traceback of something else\n{text}"


def test_a_file_is_followed_from_its_rows_to_the_last_fen(county: Stage) -> None:
    shown = json.loads(CliRunner().invoke(trace.command, ["first.csv", "--json"], catch_exceptions=False).output)
    assert [(file["name"], file["rows_added"]) for file in shown["files"]] == [("2020-08-31/first.csv", 1)]
    steps = {step["step"]: step for step in shown["steps"]}
    told = [(name, steps[name]["items"], steps[name]["fen"]) for name in ("due.accepted", "payment.settled")]
    assert told == [("due.accepted", 1, 28000), ("payment.settled", 1, 28000)]
    assert (steps["assistance.granted"]["fen"], steps["order.accepted"]["fen"]) == (12000, 12000)
    kinds = dict(county.desk.rows("SELECT id, kind FROM job"))
    by = {name: {kinds[job] for job in step["jobs"] or ()} for name, step in steps.items()}
    assert (by["levy.assessed"], by["due.accepted"], by["order.accepted"]) == ({"assess"}, {"push"}, {"disburse"})
    assert by["payment.settled"] == by["assistance.granted"] == {"tick.pull_payments"}
    second = json.loads(CliRunner().invoke(trace.command, ["second.csv", "--json"]).output)
    assert "payment.settled" not in {step["step"] for step in second["steps"]}
    person = CliRunner().invoke(trace.command, ["--person", ENROLMENT["cert_no"]]).output
    assert "2020-08-31/accounts.csv" in person
    assert ENROLMENT["name"] not in person
    assert CliRunner().invoke(trace.command, ["nothing.csv"]).exit_code == 1


_WRITE = (
    "import sys; from pathlib import Path; from config.logfile import LogFile\n"
    "out = LogFile(Path(sys.argv[1]))\n"
    'for n in range(3000): out.write(f\'{{"timestamp": "t", "by": {sys.argv[2]}, "n": {n}}}\\n\')\n'
)


def test_processes_share_a_file_that_is_put_away_under_them_and_no_line_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    writers = [subprocess.Popen([sys.executable, "-c", _WRITE, str(path), str(n)]) for n in (1, 2)]
    while any(writer.poll() is None for writer in writers):
        turn_over(path, 20_000)
    assert [writer.returncode for writer in writers] == [0, 0]
    turn_over(path, 0)
    assert len(files_of(tmp_path)) > 1
    assert {file.stat().st_mode & 0o077 for file in files_of(tmp_path)} == {0}
    seen = sorted((line["by"], line["n"]) for line in in_order(files_of(tmp_path)))
    assert seen == [(by, n) for by in (1, 2) for n in range(3000)]


def test_following_goes_on_in_the_file_that_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    out, rounds = LogFile(path), 0
    out.write('{"timestamp": "0"}\n')

    def stop() -> bool:
        nonlocal rounds
        rounds += 1
        if rounds == 2:
            turn_over(path, 0)
        out.write(f'{{"timestamp": "{rounds}"}}\n')
        return rounds == 4

    assert [line["timestamp"] for line in as_they_come(tmp_path, stop, every=0)] == ["1", "2", "3"]
