"""A season's files go in whole: counts as the manifest says, a second time nothing, what is none of ours nowhere."""

import os
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.simulators.bureau.season import synthesize
from config.areas import load_areas
from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.worker.intake.conftest import Desk
from worker.cli import jobs
from worker.flows.intake.drop import plan, take_in
from worker.jobs.queue import NewJob, claim, enqueue
from worker.jobs.work import Work

OTHER_NUMBER = "110105194912310021"


def run_jobs(desk: Desk, today: date) -> list[str]:
    """Run the intake tick and the jobs it calls for, as a worker would; the job states that come of it."""
    with desk.engine.begin() as connection:
        enqueue(connection, [NewJob("tick.intake", f"{today}", {}, today, "610922")])
    while True:
        with desk.engine.begin() as connection:
            due = desk.rows("SELECT id FROM job WHERE state = 'ready' ORDER BY id LIMIT 1")
            job = claim(connection, due[0][0], "test", 60) if due else None
        if job is None:
            return [row[0] for row in desk.rows("SELECT state FROM job WHERE kind = 'intake' ORDER BY id")]
        (plan if job.kind == "tick.intake" else take_in)(Work(job, desk.engine, "test", 60), desk.house)


def test_a_season_goes_in_as_its_manifest_says_and_only_once(desk: Desk, environment: dict[str, str]) -> None:
    drop = Path(environment["LEVY_DROP_DIR"])
    manifest = synthesize(load_areas()["610922"], 2021, seed=3, share=0.01, directory=drop)
    states = run_jobs(desk, date(2021, 12, 31))
    assert (states.count("rejected"), len(states)) == (3, len(manifest["files"]))

    # Nobody has paid here, so that nothing can be asked back.
    files = [entry for entry in manifest["files"] if entry.get("kind", "refunds") != "refunds"]
    taken = {
        row[0]: row[1:]
        for row in desk.rows(
            "SELECT name, kind, rows_read, rows_quarantined, rows_added + rows_changed + rows_unchanged"
            " FROM intake_file WHERE state = 'taken' AND kind <> 'refunds'"
        )
    }
    assert taken == {entry["path"]: (entry["kind"], entry["rows"], len(entry["bad"]), entry["good"]) for entry in files}
    found = set(
        desk.rows(
            "SELECT f.name, q.line, p->>'field', p->>'code' FROM quarantined_row q"
            " JOIN intake_file f ON f.id = q.file_id CROSS JOIN LATERAL jsonb_array_elements(q.problems) AS p"
            " WHERE f.kind <> 'refunds'"
        )
    )
    assert found == {(entry["path"], bad["line"], bad["field"], bad["code"]) for entry in files for bad in entry["bad"]}
    assert desk.events().count("intake.repeated") == 1
    assert desk.one("SELECT count(*) FROM enrolment WHERE NOT stale AND closed_because IS NULL") == 0  # but the dead
    assert desk.chain_is_whole()

    before, events = desk.counts(), desk.events()
    for entry in files:
        assert desk.take((drop / entry["path"]).read_bytes(), "again.csv").outcome == "repeated"
    assert desk.counts() == before
    assert desk.events() == events + ["intake.repeated"] * len(files)
    assert run_jobs(desk, date(2022, 1, 1)) == states


def test_a_file_of_a_later_day_waits_and_one_that_is_still_being_written_too(
    desk: Desk, environment: dict[str, str]
) -> None:
    folder = Path(environment["LEVY_DROP_DIR"]) / "2020-09-01"
    folder.mkdir(parents=True)
    (folder / "list.csv").write_text("x", encoding="utf-8")
    (folder / "list.csv.part").write_text("x", encoding="utf-8")
    (folder / "~$list.xlsx").write_text("x", encoding="utf-8")
    assert run_jobs(desk, date(2020, 8, 31)) == []
    assert run_jobs(desk, date(2020, 9, 1)) == ["rejected"]


def test_files_with_unusable_names_and_links_are_reported_and_the_others_taken_in(
    desk: Desk, environment: dict[str, str], tmp_path: Path
) -> None:
    drop = Path(environment["LEVY_DROP_DIR"])
    (drop / "2020-08-31").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text(lines_of(ENROLMENT | {"town": "石头镇"}))
    for name in (b"\xff\xfe-bad.csv", "城关镇.csv".encode("gbk"), b"a\x1b[2J.csv"):
        Path(os.fsdecode(bytes(drop / "2020-08-31") + b"/" + name)).write_text(lines_of(ENROLMENT))
    (drop / "2020-08-31" / "link.csv").symlink_to(tmp_path / "secret.csv")
    (drop / "2020-08-30").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(drop / "2020-08-31" / "pipe.csv")
    (drop / "2020-08-31" / "zz.csv").write_text(lines_of(ENROLMENT))

    assert sorted(run_jobs(desk, date(2020, 9, 1))) == ["done", *["rejected"] * 5]
    assert desk.rows("SELECT state FROM job WHERE kind = 'tick.intake'") == [("done",)]
    assert desk.rows("SELECT name, state FROM intake_file") == [("2020-08-31/zz.csv", "taken")]
    reported = {facts["file"]: facts["notes"][0] for facts in desk.facts("intake.refused")}
    assert sorted(reported) == [
        "2020-08-30",
        r"2020-08-31/\xb3ǹ\xd8\xd5\xf2.csv",
        r"2020-08-31/\xff\xfe-bad.csv",
        r"2020-08-31/a\x1b[2J.csv",
        "2020-08-31/link.csv",
    ]
    assert "links are not followed" in reported["2020-08-31/link.csv"]
    assert "give it another name" in reported[r"2020-08-31/\xff\xfe-bad.csv"]
    told = CliRunner().invoke(jobs.command, ["--kind", "intake"], catch_exceptions=False).output
    assert told.count("give it another name") + told.count("rejected") >= 5
    assert "\x1b" not in told
    assert sorted(run_jobs(desk, date(2020, 9, 2))) == ["done", *["rejected"] * 5], "each is reported once"


def test_a_file_that_becomes_a_link_after_it_was_called_for_is_not_followed(
    desk: Desk, environment: dict[str, str], tmp_path: Path
) -> None:
    folder = Path(environment["LEVY_DROP_DIR"]) / "2020-08-31"
    folder.mkdir(parents=True)
    (tmp_path / "other.csv").write_text(lines_of(ENROLMENT))
    (folder / "list.csv").symlink_to(tmp_path / "other.csv")
    with desk.engine.begin() as connection:
        enqueue(connection, [NewJob("intake", "k", {"file": "2020-08-31/list.csv"}, date(2020, 8, 31), "610922")])
    assert "rejected" in run_jobs(desk, date(2020, 8, 30))
    assert desk.counts()["person"] == 0


def test_an_identity_number_in_the_wrong_column_is_nowhere_in_clear_and_its_row_is_still_settled(desk: Desk) -> None:
    slipped = ENROLMENT | {"person_no": OTHER_NUMBER, "household_no": OTHER_NUMBER}
    assert desk.take(lines_of(slipped), "8月.csv").quarantined == 1
    stored = " ".join(
        row[0] for table in (*desk.counts(), "audit_event") for row in desk.rows(f"SELECT t::text FROM {table} t")
    )
    assert OTHER_NUMBER not in stored
    assert len(bytes.fromhex(desk.one("SELECT subject FROM quarantined_row"))) == 17

    again = desk.take(lines_of(slipped | {"town": "饶峰镇"}), "9月.csv", date(2020, 9, 30))
    assert (again.quarantined, desk.rows("SELECT state FROM quarantined_row ORDER BY id")) == (
        1,
        [("replaced",), ("open",)],
    )


def test_whom_a_row_is_about_is_stored_as_a_keyed_hash_for_every_kind(desk: Desk) -> None:
    desk.take(lines_of(ENROLMENT | {"town": "石头镇"}))
    desk.take(lines_of(FLAG | {"recognised_on": ""}), "flags.csv")
    desk.take(lines_of(ACCOUNT | {"bank": ""}), "accounts.csv")
    assert all(len(bytes.fromhex(row[0])) == 17 for row in desk.rows("SELECT subject FROM quarantined_row"))
    for good in (ENROLMENT, FLAG, ACCOUNT):
        assert desk.take(lines_of(good), "later", date(2020, 9, 30)).closed == 1


def test_an_error_of_the_database_quotes_no_value(desk: Desk) -> None:
    with pytest.raises(DBAPIError) as caught, desk.engine.connect() as connection:
        connection.execute(text("SELECT nothing WHERE :number = ''"), {"number": OTHER_NUMBER})
    assert OTHER_NUMBER not in str(caught.value)


def test_a_refused_file_leaves_one_record_and_a_sentence(desk: Desk) -> None:
    for _ in range(2):
        taken = desk.take("姓名,电话\n张三,1\n", "通讯录.csv")
        assert (taken.outcome, taken.kind) == ("refused", None)
    assert desk.rows("SELECT state, cardinality(notes), rows_read FROM intake_file") == [("refused", 1, 0)]
    assert desk.events() == ["intake.refused", "intake.repeated"]
    assert desk.counts() == dict.fromkeys(desk.counts(), 0)


def test_personal_data_is_nowhere_in_clear(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    desk.take(lines_of(ENROLMENT, ENROLMENT | {"town": ENROLMENT["name"], "name": "赵六六"}))
    desk.take(lines_of(FLAG), "flags.csv")
    desk.take(lines_of(ACCOUNT), "accounts.csv")
    stored = " ".join(
        str(row)
        for table in (*desk.counts(), "intake_file", "audit_event", "job")
        for row in desk.rows(f"SELECT t::text FROM {table} t")
    )
    spoken = "".join(capfd.readouterr())
    for secret in (ENROLMENT["cert_no"], ENROLMENT["name"], "赵六六", ACCOUNT["account_no"]):
        assert secret not in stored + spoken
        assert secret.encode().hex() not in stored
    assert [row.cells["name"] for row in desk.held()] == ["赵六六"]
