"""`levy jobs ask`, `replay`, `discard`: what came to a stop is taken up or laid aside; nothing else is touched."""

import json
from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from adapters.ports import Acknowledgement, OutcomeUnknown
from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.flows.conftest import LI
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import Desk, desk, environment
from tests.worker.jobs.stopped import DAY, levy_jobs, message_left, stopped
from worker.jobs.queue import NewJob, enqueue

__all__ = ["desk", "environment"]

STATES = ("ready", "running", "unknown", "done", "rejected", "parked", "discarded")


class FallingTax:
    """Takes a batch (unless it is ``deaf``) and loses the line before it can say so; until it is ``back``."""

    def __init__(self, stage: Stage, deaf: bool = False) -> None:
        self.tax, self.taken, self.deaf = stage.tax, Counter[str](), deaf
        self.replies: dict[str, list[Acknowledgement]] = {}
        self.back = False
        self._submit = stage.tax.submit_dues
        stage.tax.submit_dues = self.submit  # type: ignore[method-assign]
        stage.tax.ask_due_batch = self.ask  # type: ignore[method-assign]

    def submit(self, key: str, body: bytes) -> list[Acknowledgement]:
        if self.back or not self.deaf:
            self.replies[key] = self._submit(key, body)
            self.taken.update(row["reference"] for row in json.loads(body)["rows"])
        if self.back:
            return self.replies[key]
        raise OutcomeUnknown(key, "the connection was lost")

    def ask(self, key: str, body: bytes) -> list[Acknowledgement] | None:
        if not self.back:
            raise OutcomeUnknown(key, "the connection was lost again")
        return self.replies.get(key)


def parked_in_the_middle(desk: Desk, deaf: bool) -> tuple[Stage, FallingTax]:
    """Job 3, a push of two dues, parked after its message may have left."""
    desk.take(lines_of(ENROLMENT, ENROLMENT | LI))
    stage = Stage(desk)
    tax = FallingTax(stage, deaf)
    stage.tick(DAY, "assess")
    assert desk.rows("SELECT id FROM job WHERE kind = 'push' AND state = 'unknown'") == [(3,)]
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE job SET state = 'ready', attempts = 7, next_attempt_at = now() WHERE id = 3")
    stage.work()
    assert desk.rows("SELECT state, outcome->>'cause' FROM job WHERE id = 3") == [("parked", "no_answer")]
    return stage, tax


@pytest.mark.parametrize("word", ["replay", "discard"])
def test_what_became_of_a_message_is_asked_for_before_anything_else(desk: Desk, word: str) -> None:
    parked_in_the_middle(desk, deaf=False)
    told = levy_jobs(word, "--kind", "push", "--reason", "back", "--by", "chen")
    assert told.exit_code == 1
    assert "nobody knows what became of their messages, so ask first: `levy jobs ask 3`" in told.output
    assert desk.one("SELECT state FROM job WHERE id = 3") == "parked"
    assert desk.one("SELECT count(*) FROM intervention") == 0


def test_a_batch_that_tax_had_taken_is_recorded_by_asking_and_nothing_is_sent_again(desk: Desk) -> None:
    stage, tax = parked_in_the_middle(desk, deaf=False)
    tax.back = True
    assert levy_jobs("ask", "--cause", "no_answer", "--reason", "tax is back").exit_code == 0
    stage.drain()
    assert stage.dues() == {1: ("accepted", 28000, 0), 2: ("accepted", 28000, 0)}
    assert set(tax.taken.values()) == {1}
    stage.assert_books_hold()


def test_a_batch_that_tax_never_saw_is_sent_by_the_replay_that_asking_allows(desk: Desk) -> None:
    stage, tax = parked_in_the_middle(desk, deaf=True)
    tax.back = True
    assert levy_jobs("ask", "3", "--reason", "tax is back").exit_code == 0
    stage.drain()
    assert tax.taken == {}, "asking sends nothing"
    assert desk.rows("SELECT state, outcome->>'cause' FROM job WHERE id = 3") == [("parked", "never_seen")]
    assert levy_jobs("replay", "3", "--reason", "tax never saw it").exit_code == 0
    assert desk.one("SELECT asked_at FROM message WHERE job_id = 3") is None, "from now on it may have left again"
    stage.drain()
    assert stage.dues() == {1: ("accepted", 28000, 0), 2: ("accepted", 28000, 0)}
    assert set(tax.taken.values()) == {1}
    shown = levy_jobs("show", "3").output
    for word in ("no_answer", "never_seen", "done", "was answered", "ask carried out", "tax never saw it"):
        assert word in shown
    stage.assert_books_hold()


def test_a_job_without_a_message_has_nothing_to_be_asked_about(desk: Desk) -> None:
    stopped(desk.engine, 1)
    told = levy_jobs("ask", "1", "--reason", "x")
    assert told.exit_code == 1
    assert "no message of theirs is without an answer" in told.output
    assert desk.one("SELECT state FROM job") == "parked"


@pytest.fixture
def seven(desk: Desk) -> Desk:
    """A job in each state, numbered from 1; those stopped have a reason."""
    with desk.engine.begin() as connection:
        enqueue(connection, [NewJob("push", state, {"batch": f"b-{state}"}, DAY, "610922") for state in STATES])
        connection.exec_driver_sql(
            "UPDATE job SET state = key, attempts = 3, ended_at = CASE WHEN key = 'parked' THEN now() - interval '2 h'"
            " ELSE now() END, outcome = jsonb_build_object('cause', key, 'reason', 'It is ' || key)"
        )
    return desk


def states(desk: Desk) -> dict[str, str]:
    return dict(desk.rows("SELECT key, state FROM job ORDER BY id"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("word", "after"), [("replay", "ready"), ("discard", "discarded")])
def test_only_what_is_parked_or_rejected_is_ever_touched(seven: Desk, word: str, after: str) -> None:
    told = levy_jobs(word, *map(str, range(1, 9)), "--reason", "all", "--by", "chen")
    assert told.exit_code == 1, "not all that was named could be done"
    assert "job 1 is left alone: it is ready" in told.output
    assert "job 8 is left alone: there is none" in told.output
    if word == "discard":
        assert states(seven)["parked"] == "parked", "that needs a second person"
        assert levy_jobs("confirm", "1", "--by", "zhou").exit_code == 0
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
        (["--batch", "b-rejected"], [5]),
        (["--batch", "parked"], [6]),
        (["--older-than", "1h"], [6]),
        (["--younger-than", "1h"], [5]),
        (["--younger-than", "3h"], [5, 6]),
    ],
)
def test_filters_apply_together_and_a_dry_run_changes_nothing(
    seven: Desk, described: list[str], meant: list[int]
) -> None:
    before = states(seven)
    told = levy_jobs("replay", "--dry-run", *described)
    assert f"{len(meant)} {'job' if len(meant) == 1 else 'jobs'}" in told.output
    assert "would be replayed" in told.output
    assert [line.split()[0] for line in told.output.splitlines() if line.startswith("    ")] == [str(n) for n in meant]
    assert states(seven) == before
    assert seven.one("SELECT count(*) FROM intervention") == 0


@pytest.mark.parametrize("person", ["P000000000000001", ENROLMENT["cert_no"]])
def test_the_jobs_of_one_person_are_found_by_either_number(desk: Desk, person: str) -> None:
    desk.take(lines_of(ENROLMENT | {"person_no": "P000000000000001"}))
    stage = Stage(desk)
    stage.tick(DAY, "assess")
    desk.take(lines_of(ENROLMENT | LI), name="other.csv")
    stage.tick(DAY, "assess")
    listed = levy_jobs("list", "--person", person, "--state", "done", "--json").output.splitlines()
    assert [json.loads(line)["kind"] for line in listed] == ["push", "assess"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--reason", "all"], "by their ids"),
        (["5"], "--reason"),
        (["5", "--reason", " "], "why"),
        (["--older-than", "long", "--reason", "x"], "no span of time"),
        (["5", "--reason", "x", "--by", " "], "who you are"),
    ],
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
    listed = [json.loads(line) for line in levy_jobs(*arguments, "--json").output.splitlines()]
    assert {row["state"] for row in listed} == set(STATES) - {"done", "discarded"}


def test_stopped_jobs_are_counted_by_cause(desk: Desk) -> None:
    stopped(desk.engine, 12, cause="no_answer", reason="lost the line")
    stopped(desk.engine, 3, state="rejected", cause="refused", reason="no")
    groups = [json.loads(line) for line in levy_jobs("list", "--grouped", "--json").output.splitlines()]
    assert [(row["state"], row["cause"], row["jobs"]) for row in groups] == [
        ("parked", "no_answer", 12),
        ("rejected", "refused", 3),
    ]


def test_a_rate_spreads_the_jobs_over_time_and_needs_nobody_to_stay(desk: Desk) -> None:
    stopped(desk.engine, 10)
    assert levy_jobs("replay", "--kind", "push", "--per-minute", "2", "--reason", "slowly").exit_code == 0
    waits = desk.rows("SELECT round(extract(epoch FROM next_attempt_at - nudged_at))::int FROM job ORDER BY id")
    assert [row[0] for row in waits] == list(range(0, 300, 30))


def test_more_than_a_few_replays_wait_for_another_person(desk: Desk) -> None:
    stopped(desk.engine, 101)
    told = levy_jobs("replay", "--kind", "push", "--reason", "tax is back", "--by", "chen")
    assert told.exit_code == 0
    assert "Request 1: 101 jobs (push 101) to be replayed. Nothing is done yet" in told.output
    assert desk.one("SELECT count(*) FROM job WHERE state = 'parked'") == 101
    own = levy_jobs("confirm", "1", "--by", " CHEN")
    assert own.exit_code == 1
    assert "chen" in levy_jobs("requests").output
    assert levy_jobs("confirm", "1", "--by", "zhou").exit_code == 0
    assert levy_jobs("confirm", "1", "--by", "wu").exit_code == 1, "it is carried out once"
    assert desk.one("SELECT count(*) FROM job WHERE state = 'ready' AND attempts = 0") == 101
    (facts,) = desk.facts("jobs.replayed")
    assert (facts["requested_by"], facts["confirmed_by"], facts["reason"]) == ("chen", "zhou", "tax is back")
    assert len(facts["jobs"]) == 101
    assert "ready" in levy_jobs("progress", "1").output
    assert "Nothing waits" in levy_jobs("requests").output
    assert desk.chain_is_whole()


def test_a_request_may_be_declined_or_taken_back_and_then_nothing_moves(desk: Desk) -> None:
    stopped(desk.engine, 2)
    for by in ("zhou", "chen"):
        levy_jobs("discard", "1", "2", "--reason", "no use", "--by", "chen")
        number = str(desk.one("SELECT max(id) FROM intervention"))
        assert levy_jobs("decline", number, "--reason", "not yet", "--by", by).exit_code == 0
        assert levy_jobs("confirm", number, "--by", "zhou").exit_code == 1
    assert desk.rows("SELECT DISTINCT state FROM job") == [("parked",)]
    assert len(desk.facts("jobs.discard_declined")) == 2


def test_a_job_that_moved_between_request_and_confirmation_is_left_alone(desk: Desk) -> None:
    stopped(desk.engine, 3)
    levy_jobs("discard", "1", "2", "3", "--reason", "no use", "--by", "chen")
    levy_jobs("replay", "2", "--reason", "it is good after all", "--by", "wu")
    message_left(desk.engine, 3)
    told = levy_jobs("confirm", "1", "--by", "zhou")
    assert "2 left alone" in told.output
    assert [row[0] for row in desk.rows("SELECT state FROM job ORDER BY id")] == ["discarded", "ready", "parked"]


REFUSED = {
    "a job set ready by hand": "UPDATE job SET state = 'ready' WHERE id = 1",
    "a job discarded by hand": "UPDATE job SET state = 'discarded' WHERE id = 1",
    "a confirmation by oneself": "UPDATE intervention SET state = 'carried_out', confirmed_by = 'Chen ', closed_at ="
    " now() WHERE id = 1",
    "a discarding nobody confirmed": "UPDATE intervention SET state = 'carried_out', closed_at = now() WHERE id = 1",
    "a job named later": "INSERT INTO intervention_job VALUES (1, 2)",
    "another reason": "UPDATE intervention SET reason = 'other', state = 'declined', closed_at = now() WHERE id = 1",
    "a request taken off the books": "DELETE FROM intervention",
    "a replay of many by one": "INSERT INTO intervention (action, job_count, alone, reason, requested_by, state,"
    " closed_at) VALUES ('replay', 101, 100, 'x', 'chen', 'carried_out', now())",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED.keys())
def test_the_database_refuses_it_too(desk: Desk, statement: str) -> None:
    stopped(desk.engine, 2)
    levy_jobs("discard", "1", "--reason", "no use", "--by", "chen")
    with pytest.raises(IntegrityError), desk.engine.begin() as connection:
        connection.execute(text(statement))


def test_the_database_refuses_to_replay_what_was_not_asked_for(desk: Desk) -> None:
    stopped(desk.engine, 1)
    message_left(desk.engine, 1)
    with pytest.raises(IntegrityError, match="is unknown"), desk.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO intervention (action, job_count, alone, reason, requested_by)"
            " VALUES ('replay', 1, 9, 'x', 'a');"
            "INSERT INTO intervention_job VALUES (1, 1);"
            "UPDATE intervention SET state = 'carried_out', closed_at = now();"
            "UPDATE job SET state = 'ready'"
        )
