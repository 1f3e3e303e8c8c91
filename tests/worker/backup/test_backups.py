"""Backups by the command line: whole, sealed, without keys; what cannot be restored is refused beforehand."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import KEYS, Desk
from worker.cli import backup, restore

SEPTEMBER, OCTOBER = date(2020, 9, 20), date(2020, 10, 15)


@pytest.fixture
def stage(desk: Desk) -> Iterator[Stage]:
    """Zhang is enrolled, assessed and asked to pay."""
    made = Stage(desk)
    assert desk.take(lines_of(ENROLMENT)).outcome == "taken"
    made.tick(SEPTEMBER, "assess")
    desk.engine.dispose()
    yield made
    desk.engine.dispose()


@pytest.fixture
def saved(stage: Stage, tmp_path: Path) -> Path:
    """A backup of it."""
    place = tmp_path / "backup"
    answer = CliRunner().invoke(backup.command, [str(place)])
    assert answer.exit_code == 0, answer.output
    assert "the keys are NOT in it" in answer.output
    stage.desk.engine.dispose()
    return place


def put_back(place: Path) -> Result:
    return CliRunner().invoke(restore.command, ["from", str(place), "--yes"])


def test_a_backup_holds_no_key_and_no_personal_data_in_clear(saved: Path) -> None:
    files = {path.name: path.read_bytes() for path in saved.iterdir()}
    assert set(files) == {"database.dump", "manifest.json"}
    for content in files.values():
        assert not [key for key in KEYS.values() if key.removeprefix("1:").encode() in content]
        assert ENROLMENT["cert_no"].encode() not in content
        assert ENROLMENT["name"].encode() not in content
    assert {path.stat().st_mode & 0o077 for path in (saved, *saved.iterdir())} == {0}
    said = json.loads(files["manifest.json"])["manifest"]
    assert (said["area"], said["rows"]["due"], said["last_numbers"]["due_number"]) == ("610922", 1, 1)
    assert said["heads"]["610922"][0] == 3


def test_what_was_restored_is_what_was_saved_and_holds_still(stage: Stage, saved: Path) -> None:
    stage.pay(1, OCTOBER)
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues() == {1: ("paid", 28000, 28000)}
    stage.desk.engine.dispose()
    answer = put_back(saved)
    assert answer.exit_code == 0, answer.output
    assert stage.dues() == {1: ("accepted", 28000, 0)}
    stage.tick(OCTOBER, "pull_payments")
    assert stage.dues() == {1: ("accepted", 28000, 0)}, "held"
    assert stage.desk.rows("SELECT state FROM job WHERE kind = 'tick.pull_payments'") == [("ready",)]
    stage.assert_books_hold()
    assert stage.desk.one("SELECT nextval('due_number')") > 1_000_000_000
    assert "house.restored" in stage.desk.events()


def test_a_changed_dump_or_manifest_is_not_restored(stage: Stage, saved: Path) -> None:
    dump, manifest = saved / "database.dump", saved / "manifest.json"
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-1])
    assert "checksum is another one" in refusal(put_back(saved))
    dump.write_bytes(whole)
    manifest.write_text(manifest.read_text("utf-8").replace('"insured_year": 2021', '"insured_year": 2022'), "utf-8")
    assert "its seal does not fit" in refusal(put_back(saved))
    assert stage.desk.one("SELECT count(*) FROM restore") == 0


def test_without_the_keys_of_then_nothing_is_restored(
    stage: Stage, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVY_DATA_KEYS", f"1:{'9' * 64}")
    assert "data key 1" in refusal(put_back(saved))
    monkeypatch.setenv("LEVY_DATA_KEYS", f"2:{'9' * 64},{KEYS['LEVY_DATA_KEYS']}")
    assert put_back(saved).exit_code == 0, "a newer key beside it does no harm"


def test_nothing_is_replaced_under_people_who_are_at_work(stage: Stage, saved: Path) -> None:
    with stage.desk.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        assert "1 other connections" in refusal(put_back(saved))


def test_a_dump_that_breaks_half_way_changes_nothing(
    stage: Stage, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.backup.put_back._AFTER", "SELECT 1/0; {sha256} {made_at} {last_numbers} {leap}")
    assert "psql" in refusal(put_back(saved))
    assert stage.dues() == {1: ("accepted", 28000, 0)}
    assert stage.desk.one("SELECT count(*) FROM restore") == 0


def test_a_directory_that_is_there_is_not_written_over(saved: Path) -> None:
    answer = CliRunner().invoke(backup.command, [str(saved)])
    assert "is there already" in refusal(answer)


class Forgetful:
    """Tax as it is after our restore: it holds due 2, of somebody or nobody in our roster, and everything of before."""

    def __init__(self, stage: Stage, person_no: str, state: str = "open", amount: int = 28000) -> None:
        self._stage, self._held = stage, (person_no, state, amount)

    def due_states(self, references: list[str]) -> list[dict[str, Any]]:
        person_no, state, amount = self._held
        nothing = dict.fromkeys(
            ("amount", "paid", "voucher_no", "number", "person_no", "insurance", "sponsor", "deadline")
        )
        held = {
            "state": state, "amount": amount, "paid": 0, "voucher_no": None, "number": "T2", "person_no": person_no,
            "insurance": "390", "sponsor": None, "deadline": "2020-12-31",
        }  # fmt: skip
        known = {self._stage.reference(1): held | {"number": "T1"}, self._stage.reference(2): held}
        return [{"reference": one, "state": "unknown"} | nothing | known.get(one, {}) for one in references]


def restored(stage: Stage, saved: Path, monkeypatch: pytest.MonkeyPatch, person_no: str, **held: Any) -> None:
    """Restored, with li enrolled by a list that is taken in again; tax holds a due of ``person_no``."""
    stage.desk.engine.dispose()
    assert put_back(saved).exit_code == 0
    other = ENROLMENT | {"person_no": "6109220000000002", "cert_type": "04", "cert_no": "H12345678", "name": "李四"}
    assert stage.desk.take(lines_of(other | {"birth_date": "1990-03-07"}), day=OCTOBER).quarantined == 0
    monkeypatch.setattr(stage.tax, "due_states", Forgetful(stage, person_no, **held).due_states)
    monkeypatch.setattr(stage.treasury, "order_states", lambda references: [_unknown(one) for one in references])
    monkeypatch.setattr(restore, "build_house", lambda _: stage.house)
    monkeypatch.setattr(stage.house.clock, "today", lambda: OCTOBER, raising=False)


def _unknown(reference: str) -> dict[str, Any]:
    return {"reference": reference, "state": "unknown"} | dict.fromkeys(
        ("amount", "fund", "purpose", "code", "executed_on")
    )


def let_go(*more: str) -> Result:
    return CliRunner().invoke(restore.command, ["release", "--reason", "the disk was replaced", *more])


def test_a_due_that_tax_holds_of_somebody_known_is_adopted_under_its_number(
    stage: Stage, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restored(stage, saved, monkeypatch, "6109220000000002")
    looked = CliRunner().invoke(restore.command, ["look"])
    assert "tax holds, unknown here: 1 open, 280.00 yuan" in looked.output, looked.output
    assert let_go().exit_code == 0
    assert stage.dues() == {1: ("accepted", 28000, 0), 2: ("accepted", 28000, 0)}
    stage.tick(OCTOBER, "assess")
    assert stage.dues() == {1: ("accepted", 28000, 0), 2: ("accepted", 28000, 0)}, "nothing is asked for twice"
    stage.assert_books_hold()


def test_a_due_of_another_amount_is_withdrawn_at_tax_and_asked_for_anew(
    stage: Stage, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restored(stage, saved, monkeypatch, "6109220000000002", amount=25000)
    assert let_go().exit_code == 0
    stage.work()
    assert stage.tax.voided == [stage.reference(2)]
    assert stage.desk.rows("SELECT number, outcome FROM stray") == [(2, "withdrawn")]
    stage.tick(OCTOBER, "assess")
    assert [due for due in stage.dues() if due > 1_000_000_000], "under a number that was never given"
    stage.assert_books_hold()


def test_dues_of_people_whom_nobody_knows_keep_the_hold_until_somebody_says_so(
    stage: Stage, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restored(stage, saved, monkeypatch, "6109220000000009")
    assert "tax holds 1 dues of people who are not in our roster" in refusal(let_go())
    assert stage.desk.one("SELECT count(*) FROM restore WHERE released_at IS NULL") == 1
    assert let_go("--anyway").exit_code == 0
    stage.work()
    assert stage.tax.voided == [stage.reference(2)]


def refusal(answer: Result) -> str:
    """The sentence with which it was refused."""
    assert answer.exit_code != 0, answer.output
    return str(answer.exception) if answer.exception and not isinstance(answer.exception, SystemExit) else answer.output
