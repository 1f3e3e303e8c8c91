"""Marked people go through everything, failures included; none of their marks is in a log, an event, a job or a screen.

What passes real processes and the broker is looked through in ``tests/journeys/test_up.py``.
"""

import io
import logging
import sys
import threading
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson
import pytest
import structlog
from click.testing import CliRunner
from sqlalchemy import text

from adapters.bureau.identity_number import check_character
from adapters.ports import Acknowledgement, Malformed, OutcomeUnknown
from config.logging import configure_logging
from config.traces import without_numbers
from tests.adapters.bureau.reading import ACCOUNT, APPLICATION, ENROLMENT, FLAG, lines_of
from tests.worker.flows.conftest import desk, environment
from tests.worker.flows.refunding import asked_back, reviewed
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import Desk
from tests.worker.jobs.stopped import levy_jobs
from worker.cli import case, funds, held, jobs, quarantine, refund, why
from worker.database.tables import metadata

__all__ = ["desk", "environment"]
SEPTEMBER, OCTOBER, NOVEMBER, JANUARY = date(2020, 9, 2), date(2020, 10, 15), date(2020, 11, 20), date(2021, 1, 20)
NAME, OTHER_NAME = "甄隐私", "贾露白"
NUMBER = "61092219870605001" + check_character("61092219870605001")
OTHER_NUMBER = "61092219650403002" + check_character("61092219650403002")
CARD, OTHER_CARD = "6217009988776655443", "6217001122334455667"
MARKS = (NAME, OTHER_NAME, NUMBER, OTHER_NUMBER, CARD, OTHER_CARD)
PERSON = ENROLMENT | {"cert_no": NUMBER, "name": NAME, "birth_date": "1987-06-05"}
OTHER = ENROLMENT | {
    "person_no": "6109220000000002", "cert_no": OTHER_NUMBER, "name": OTHER_NAME, "birth_date": "1965-04-03",
}  # fmt: skip
ITS_FLAG, ITS_ACCOUNT = (
    FLAG | {"cert_no": NUMBER},
    ACCOUNT | {"cert_no": NUMBER, "account_no": CARD, "account_name": NAME},
)
BAD_LISTS = {
    "in the wrong column": lines_of(PERSON | {"household_no": NUMBER, "person_no": NAME}),
    "no such day": lines_of(ITS_FLAG | {"recognised_on": NAME}),
    "no such category": lines_of(ITS_FLAG | {"category": f"{NAME}{NUMBER}"}),
    "no such bank card": lines_of(ITS_ACCOUNT | {"account_no": f"{CARD}{NAME}"}),
    "no such year": lines_of(APPLICATION | {"cert_no": NUMBER, "insured_year": NAME}),
    "contradicts the roster": lines_of(PERSON | {"person_no": "6109220000000099"}),
    "no header of ours": f"{NAME},{NUMBER}\n{CARD},x\n",
}


@dataclass
class Watched:
    """A house that is being watched: its stage, and all that was logged."""

    stage: Stage
    logged: io.StringIO
    screens: list[str] = field(default_factory=list)

    def in_clear(self) -> list[tuple[str, str]]:
        """Where a mark stands: the table, the log or a screen, and the line."""
        places = [("log", line) for line in self.logged.getvalue().splitlines()]
        places += [("screen", line) for screen in self.screens for line in screen.splitlines()]
        with self.stage.house.engine.connect() as connection:
            for table in metadata.sorted_tables:
                rows = connection.execute(text(f'SELECT t::text FROM "{table.name}" t')).scalars()
                places += [(table.name, row) for row in rows]
        return [(place, line) for place, line in places if any(mark in line or hexed(mark) in line for mark in MARKS)]

    def run(self, command: Any, *arguments: str) -> None:
        self.screens.append(CliRunner().invoke(command, list(arguments)).output)


def log_into(logged: io.StringIO) -> None:
    configure_logging("test", logged, level="debug")


def hexed(mark: str) -> str:
    return mark.encode().hex()


@pytest.fixture
def watched(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Watched:
    logged = io.StringIO()
    log_into(logged)
    for name in ("case", "why", "held", "quarantine", "refund", "jobs", "funds"):
        monkeypatch.setattr(f"worker.cli.{name}.configure_logging", lambda *_, **__: None, raising=False)
    return Watched(Stage(desk), logged)


def once_more(watched: Watched) -> None:
    """Another attempt at the push: what was parked is asked about and replayed, as an operator would."""
    if watched.stage.desk.one("SELECT state FROM job WHERE kind = 'push'") == "parked":
        for word in ("ask", "replay"):
            told = levy_jobs(word, "--kind", "push", "--reason", "again")
            assert told.exit_code == 0, told.output
            watched.screens.append(told.output)
            log_into(watched.logged)  # whoever nudges workers loads the worker, which logs for itself
            if word == "ask":
                watched.stage.drain()
    with watched.stage.house.engine.begin() as connection:
        open_push = "kind = 'push' AND state IN ('ready', 'unknown')"
        connection.execute(text(f"UPDATE job SET state = 'ready', next_attempt_at = now() WHERE {open_push}"))
    watched.stage.work()


def all_goes_wrong(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists good and bad, a rejection by tax, a crash, a failing statement, unclear replies, bad rows, bank returns."""
    stage = watched.stage
    for name, content in BAD_LISTS.items():
        stage.desk.take(content, f"{name}.csv")
    for content in (lines_of(PERSON, OTHER), lines_of(ITS_FLAG), lines_of(ITS_ACCOUNT)):
        assert stage.desk.take(content).outcome == "taken"
    stage.desk.take(BAD_LISTS["contradicts the roster"] + "\n", "again.csv")
    real, engine = stage.tax.submit_dues, stage.house.engine

    def crash(_key: str, body: bytes) -> list[Acknowledgement]:
        rows = orjson.loads(body)["rows"]
        assert NAME in str(rows), "the message to tax does name them"
        raise ValueError(f"cannot make sense of {rows[0]}")

    def sql(_key: str, body: bytes) -> list[Acknowledgement]:
        with engine.connect() as connection:
            connection.execute(text("SELECT CAST(:given AS int)"), {"given": f"{NAME}{NUMBER}"})
        return []

    def unclear(key: str, body: bytes) -> list[Acknowledgement]:
        raise OutcomeUnknown(key, "the reply was cut")

    def rejected(_key: str, body: bytes) -> list[Acknowledgement]:
        found = f"{NAME}的证件号{NUMBER}不符"
        return [Acknowledgement(row["reference"], False, None, "R102", found) for row in orjson.loads(body)["rows"]]

    monkeypatch.setattr(stage.tax, "ask_due_batch", lambda *_: None)
    monkeypatch.setattr(stage.tax, "submit_dues", crash)
    stage.tick(SEPTEMBER, "assess")
    for way in (sql, unclear, rejected):
        monkeypatch.setattr(stage.tax, "submit_dues", way)
        once_more(watched)
    assert {row[0] for row in stage.desk.rows("SELECT state FROM due")} == {"rejected"}
    monkeypatch.setattr(stage.tax, "submit_dues", real)
    with engine.begin() as connection:
        connection.execute(text("UPDATE due SET state = 'accepted', reject_code = NULL, tax_no = 'T1'"))
    stage.pay(1, OCTOBER)
    stage.pay(1, OCTOBER)
    stage.pay(2, OCTOBER, reference="610922-2021-9999999999-00")
    row = {"voucher_no": "V9", "payer": NAME, "cert_no": NUMBER}
    stage.tax.feed.rows.append(Malformed(orjson.dumps(row).decode(), "its amount is not one"))
    stage.tick(OCTOBER, "pull_payments", "disburse")
    stage.treasury.feed.rows.append(Malformed(orjson.dumps({"account": CARD, "name": NAME}).decode(), "no reference"))
    stage.result("610922-1", "returned", "name_mismatch")
    stage.tick(OCTOBER, "pull_results")
    corrected = ITS_ACCOUNT | {"account_no": OTHER_CARD, "account_name": OTHER_NAME}
    stage.desk.take(lines_of(corrected), day=NOVEMBER)
    stage.tick(NOVEMBER, "disburse", "refunds", "funds", "anchor")
    reviewed(stage, 1, NOVEMBER)
    asked_back(stage, 1, "death", NOVEMBER, event_on=NOVEMBER)
    stage.tick(JANUARY, "refunds", "disburse", "assess", "duplicates", "reconcile", "funds", "keys")


def test_nobody_is_in_clear_anywhere_whatever_fails(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    all_goes_wrong(watched, monkeypatch)
    person = "6109220000000001"
    for command, *arguments in (
        (why.command, person), (why.command, NUMBER), (case.command, person), (case.command, person, "--json"),
        (quarantine.command, "list"), (quarantine.command, "list", "--json"), (held.command, "rows"),
        (held.command,), (refund.command, "list"), (jobs.command,), (funds.command, "list"),
    ):  # fmt: skip
        watched.run(command, *arguments)
    assert all(watched.screens)
    assert watched.in_clear() == []
    said = watched.logged.getvalue()
    assert said.count("builtins.ValueError") == 1, "the crash is told, with its place, and without its message"
    assert "in crash" in said
    assert "sqlstate=22P02" in said
    assert watched.stage.desk.one("SELECT count(*) FROM quarantined_row") >= 5
    assert watched.stage.desk.one("SELECT count(*) FROM held_row") >= 2


def test_the_watch_sees_what_is_in_clear(watched: Watched) -> None:
    """The test above can fail: a mark that is put anywhere is seen there."""
    watched.stage.desk.take(lines_of(PERSON))
    structlog.get_logger("x").info("met", who=NAME)
    with watched.stage.house.engine.begin() as connection:
        connection.execute(text("UPDATE person SET name_cipher = convert_to(:name, 'UTF8')"), {"name": NAME})
    assert {place for place, _ in watched.in_clear()} == {"log", "person"}


def test_what_ends_a_process_or_comes_from_a_library_is_told_without_its_text(watched: Watched) -> None:
    def fail() -> None:
        raise RuntimeError(f"{NAME} {NUMBER}")

    try:
        fail()
    except RuntimeError as error:
        logging.getLogger("celery.app.trace").error("Task %s raised: %s", "levy.job", error, exc_info=True)
        sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    said = watched.logged.getvalue()
    assert said.count("builtins.RuntimeError") == 3
    assert watched.in_clear() == []


def test_numbers_of_people_are_masked_even_where_somebody_logs_them() -> None:
    assert without_numbers(f'{{"x":"{NUMBER}","card":"{CARD}"}}') == (
        f'{{"x":"6109{"*" * 14}","card":"6217{"*" * 15}"}}'
    )
    assert without_numbers("voucher 36109222012000001540, person 6109220000000001") == (
        "voucher 36109222012000001540, person 6109220000000001"
    )
