"""`levy jobs replay` and `discard`: what came to a stop is done once more or laid aside; nothing else is touched."""

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapters.ports import Acknowledgement, OutcomeUnknown
from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import Desk, desk, environment
from worker.cli.jobs import command as jobs
from worker.jobs.queue import NewJob, enqueue

__all__ = ["desk", "environment"]

DAY = date(2020, 9, 2)
STATES = ("ready", "running", "unknown", "done", "rejected", "parked", "discarded")


class FallingTax:
    """Takes a batch and loses the line before it can say so; asked, it does so again until it is ``back``."""

    def __init__(self, stage: Stage) -> None:
        self.tax, self.taken = stage.tax, Counter[str]()
        self.replies: dict[str, list[Acknowledgement]] = {}
        self.back = False
        self._submit = stage.tax.submit_dues
        stage.tax.submit_dues = self.submit  # type: ignore[method-assign]
        stage.tax.ask_due_batch = self.ask  # type: ignore[method-assign]

    def submit(self, key: str, body: bytes) -> list[Acknowledgement]:
        self.replies[key] = self._submit(key, body)
        self.taken.update(row["reference"] for row in json.loads(body)["rows"])
        raise OutcomeUnknown(key, "the connection was lost")

    def ask(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        if not self.back:
            raise OutcomeUnknown(key, "the connection was lost again")
        return self.replies.get(key)


def levy_jobs(*arguments: str) -> Result:
    return CliRunner().invoke(jobs, list(arguments))


def test_a_push_that_was_parked_in_the_middle_is_replayed_and_tax_has_each_due_once(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT, ENROLMENT | LI))
    stage = Stage(desk)
    tax = FallingTax(stage)
    stage.tick(DAY, "assess")
    assert desk.rows("SELECT id FROM job WHERE kind = 'push' AND state = 'unknown'") == [(3,)]
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE job SET state = 'ready', attempts = 7, next_attempt_at = now() WHERE id = 3")
    stage.tick(DAY, "sponsor")  # whose runner takes up whatever is due
    assert desk.one("SELECT state FROM job WHERE kind = 'push'") == "parked"
    tax.back = True
    told = levy_jobs("replay", "--kind", "push", "--state", "parked", "--cause", "After 8 attempts", "--reason", "back")
    assert told.exit_code == 0, told.output
    assert "1 job replayed: push 1." in told.output
    assert "sweeper finds them" in told.output
    assert desk.rows("SELECT state, attempts, ended_at FROM job WHERE id = 3") == [("ready", 0, None)]
    stage.tick(DAY, "sponsor")
    assert stage.dues() == {1: ("accepted", 28000, 0), 2: ("accepted", 28000, 0)}
    assert set(tax.taken.values()) == {1}, "it was asked by key, and nothing was sent again"
    facts = desk.facts("jobs.replayed")
    assert facts == [{"jobs": [3], "kinds": ["push"], "reason": "back"}]
    stage.assert_books_hold()


@pytest.fixture
def seven(desk: Desk) -> Desk:
    """A job in each state, numbered from 1; those stopped have a reason."""
    with desk.engine.begin() as connection:
        enqueue(connection, [NewJob("push", state, {}, DAY, "610922") for state in STATES])
        connection.exec_driver_sql(
            "UPDATE job SET state = key, attempts = 3,"
            " outcome = jsonb_build_object('cause', key, 'reason', 'It is ' || key)"
        )
    return desk


def states(desk: Desk) -> dict[str, str]:
    return dict(desk.rows("SELECT key, state FROM job ORDER BY id"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("word", "after"), [("replay", "ready"), ("discard", "discarded")])
def test_only_what_is_parked_or_rejected_is_ever_touched(seven: Desk, word: str, after: str) -> None:
    told = levy_jobs(word, *map(str, range(1, 9)), "--reason", "all")
    assert told.exit_code == 1, "not all that was named could be done"
    assert "job 1 is left alone: it is ready" in told.output
    assert "job 8 is left alone: there is none" in told.output
    assert states(seven) == {state: after if state in ("parked", "rejected") else state for state in STATES}
    assert seven.facts(f"jobs.{word}ed")[0]["jobs"] == [5, 6]
    assert seven.chain_is_whole()


@pytest.mark.parametrize(
    ("described", "meant"),
    [
        (["--state", "rejected"], [5]),
        (["--cause", "it is PARKED"], [6]),
        (["--kind", "void"], []),
        (["--area", "610923"], []),
        (["--area", "610922", "--kind", "push"], [5, 6]),
        (["5", "6", "--state", "parked"], [6]),
    ],
)
def test_filters_apply_together_and_a_dry_run_changes_nothing(
    seven: Desk, described: list[str], meant: list[int]
) -> None:
    before = states(seven)
    told = levy_jobs("replay", "--dry-run", *described)
    assert f"{len(meant)} {'job' if len(meant) == 1 else 'jobs'} would be replayed" in told.output
    assert [line.split()[0] for line in told.output.splitlines() if line.startswith("  ")] == [str(n) for n in meant]
    assert states(seven) == before
    assert seven.facts("jobs.replayed") == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--reason", "all"], "by their ids"), (["5"], "--reason"), (["5", "--reason", " "], "why")],
)
def test_neither_everything_at_once_nor_anything_without_a_reason(
    seven: Desk, arguments: list[str], named: str
) -> None:
    before = states(seven)
    told = levy_jobs("replay", *arguments)
    assert told.exit_code == 2
    assert named in told.output
    assert states(seven) == before


@pytest.mark.parametrize("arguments", [[], ["list"]])
def test_without_a_command_jobs_are_listed_as_before(seven: Desk, arguments: list[str]) -> None:
    listed: list[dict[str, Any]] = [json.loads(line) for line in levy_jobs(*arguments, "--json").output.splitlines()]
    assert {row["state"] for row in listed} == set(STATES) - {"done", "discarded"}
