"""A tax side without an API: jobs wait for result files, and a worker killed in between doubles nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.tax.files.client import TaxFiles, Waits
from adapters.tax.files.drop import Drop
from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.adapters.office_by_hand import accepted, names, paid, payments, result
from tests.worker.flows.conftest import ASSESSED, LI
from tests.worker.flows.stage import AREA, YEAR, Stage
from tests.worker.intake.conftest import Desk
from worker.dues.reference import due_reference


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "drop"


@pytest.fixture
def county(desk: Desk, root: Path) -> Stage:
    """Two people, assessed; their batch lies in the drop directory and nobody has answered it."""
    stage = Stage(desk)
    stage.house.tax = TaxFiles(root, Waits(answer=0, poll=60))
    desk.take(lines_of(ENROLMENT, ENROLMENT | LI))
    stage.tick(ASSESSED, "assess")
    return stage


def push(stage: Stage) -> Sequence[object]:
    """How the job that waits for the answer stands."""
    return stage.desk.rows("SELECT state, attempts, fence FROM job WHERE kind = 'push'")[0]


def again(stage: Stage) -> None:
    """The time has come to look again."""
    with stage.desk.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE job SET next_attempt_at = now() WHERE kind = 'push' AND state = 'ready'")
    stage.tick(ASSESSED, "sponsor")


def answer(root: Path, serial: str, *rows: int) -> None:
    [batch] = (root / "out").glob("dues-*.csv")
    key = batch.read_text("utf-8").split(",", 3)[2]
    lines = [accepted(row, due_reference(AREA, YEAR, row)) for row in rows]
    (root / "results" / f"dues-{key}.{serial}.csv").write_bytes(result(key, batch.read_bytes(), *lines))


def test_a_push_waits_for_its_result_without_failing_and_is_booked_when_all_of_it_has_come(
    county: Stage, root: Path
) -> None:
    assert push(county) == ("ready", 0, 1)
    assert county.dues() == {1: ("assessed", 28000, 0), 2: ("assessed", 28000, 0)}
    answer(root, "1", 2)
    again(county)
    assert push(county) == ("ready", 0, 2), "half an answer is none"
    assert county.dues()[2] == ("assessed", 28000, 0)
    answer(root, "2", 1)
    again(county)
    assert push(county)[0] == "done"
    assert county.dues() == {1: ("accepted", 28000, 0), 2: ("accepted", 28000, 0)}
    county.assert_books_hold()


class Killed(BaseException):
    """What a worker dies of."""


def test_a_worker_killed_when_the_file_was_just_written_writes_no_other(
    desk: Desk, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, write = Stage(desk), Drop.write
    stage.house.tax = TaxFiles(root, Waits(answer=0, poll=60))
    desk.take(lines_of(ENROLMENT, ENROLMENT | LI))

    def write_and_die(*told: object) -> None:
        write(*told)  # type: ignore[arg-type]
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Drop, "write", write_and_die)
        with pytest.raises(Killed):
            stage.tick(ASSESSED, "assess")
    [written] = names(root, "out")
    before = (root / "out" / written).stat()
    assert push(stage)[0] == "running", "as the dead worker left it"
    with desk.engine.begin() as connection:  # its lease runs out
        connection.exec_driver_sql("UPDATE job SET state = 'ready', lease_until = NULL WHERE state = 'running'")
    again(stage)
    assert names(root, "out") == [written]
    assert (root / "out" / written).stat().st_ino == before.st_ino
    answer(root, "1", 1, 2)
    again(stage)
    assert stage.dues() == {1: ("accepted", 28000, 0), 2: ("accepted", 28000, 0)}
    stage.assert_books_hold()


def test_payments_files_clear_the_dues_and_a_file_before_them_is_waited_for(county: Stage, root: Path) -> None:
    answer(root, "1", 1, 2)
    again(county)
    references = [due_reference(AREA, YEAR, number) for number in (1, 2)]
    people = [person for (person,) in county.desk.rows("SELECT person_no FROM person ORDER BY id")]
    lines = [
        paid(at, reference).replace("person-1", person)
        for at, (reference, person) in enumerate(zip(references, people, strict=True), start=1)
    ]
    (root / "payments" / "payments-000002.csv").write_bytes(payments(2, "2020-09-04", lines[1]))
    county.tick(ASSESSED, "pull_payments")
    assert county.dues()[2] == ("accepted", 28000, 0)
    reason = county.desk.one("SELECT outcome->>'reason' FROM job WHERE kind = 'tick.pull_payments'")
    assert reason == "payments-000001.csv has not come and later ones have: it is waited for"
    (root / "payments" / "payments-000001.csv").write_bytes(payments(1, "2020-09-03", lines[0]))
    county.tick(ASSESSED, "pull_payments")
    assert county.dues() == {1: ("paid", 28000, 28000), 2: ("paid", 28000, 28000)}
    county.tick(ASSESSED, "pull_payments")
    assert county.desk.one("SELECT count(*) FROM payment") == 2
    county.assert_books_hold()
