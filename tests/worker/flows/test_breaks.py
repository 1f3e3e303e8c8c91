"""What people do about breaks: each is a step that stays, and money of nobody goes to its due to the fen."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.worker.flows.stage import AREA, YEAR, Stage, after
from tests.worker.flows.statements import Statements
from worker.cli import breaks, reconcile
from worker.dues.reference import due_reference
from worker.report.breaks import ages

OCTOBER = date(2020, 10, 15)
NEXT = after(OCTOBER, 1)
ZHANG, LI = (due_reference(AREA, YEAR, due) for due in (1, 2))


@pytest.fixture
def stated(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Statements:
    return Statements(stage).install(monkeypatch)


def levy(*arguments: str) -> Result:
    return CliRunner().invoke(breaks.command, [*arguments], env={"COLUMNS": "80"})


def nobodys(stated: Statements, amount: int = 28000, due: int = 1, **other: Any) -> str:
    """A payment of the due's person that came under a reference that is not ours, found by comparing its day."""
    voucher = stated.stage.pay(due, OCTOBER, amount, reference="NOBODYS", **other)
    stated.stage.tick(NEXT, "pull_payments", "reconcile")
    return voucher


def ledger(stage: Stage) -> list[tuple[Any, ...]]:
    """What moved for reasons of allocation, by debit and credit account."""
    return stage.desk.rows(
        "SELECT t.code, d.code, c.code, t.amount, t.due_id FROM transfer t JOIN account d ON d.id = t.debit_id"
        " JOIN account c ON c.id = t.credit_id WHERE t.code LIKE 'allocation.%' ORDER BY t.subject_id"
    )


def test_money_of_nobody_given_to_its_due_pays_it_and_brings_cover_and_assistance(stated: Statements) -> None:
    stage = stated.stage
    nobodys(stated)
    assert stage.desk.rows("SELECT id, kind FROM break_found") == [(1, "unidentified")]
    said = levy("allocate", "1", "--due", ZHANG, "--reason", "the slip names the household")
    assert said.exit_code == 0, said.output
    assert "280.00 yuan went to" in said.output
    assert stage.dues()[1] == ("paid", 28000, 28000)
    assert ledger(stage) == [("allocation.made", "unidentified", "receivable_person", 28000, 1)]
    assert stage.desk.rows("SELECT state, kind FROM break_found") == [("resolved", "unidentified")]
    stage.tick(after(NEXT, 3), "assess")
    assert stage.desk.one("SELECT paid_on FROM due WHERE id = 1") == OCTOBER, "cover counts from the day of the payment"
    assert stage.desk.one("SELECT benefit_start FROM enrolment ORDER BY id LIMIT 1") == date(2021, 1, 1)
    assert stage.desk.rows("SELECT category, amount FROM assistance") == [("minimum_living_allowance", 12000)]
    stage.tick(after(NEXT, 3), "pull_payments", "reconcile")
    assert stage.desk.rows("SELECT state FROM break_found") == [("resolved",)], "compared again, it stays resolved"
    stage.assert_books_hold()


@pytest.mark.parametrize(
    ("amount", "given", "left", "due"), [(27999, 27999, 0, "part_paid"), (28001, 28000, 1, "paid")]
)
def test_never_more_than_the_due_owes_and_never_more_than_came(
    stated: Statements, amount: int, given: int, left: int, due: str
) -> None:
    stage = stated.stage
    nobodys(stated, amount)
    assert levy("allocate", "1", "--due", ZHANG, "--reason", "x").exit_code == 0
    assert stage.dues()[1] == (due, 28000, given)
    assert [row[3] for row in ledger(stage)] == [given]
    assert stage.desk.rows("SELECT state, (ours->>'unclaimed')::int FROM break_found") == [
        ("open" if left else "resolved", left)
    ]
    stage.tick(after(NEXT, 1), "assess")
    stage.assert_books_hold()


def test_what_is_left_of_a_payment_goes_to_another_due_of_another_person(stated: Statements) -> None:
    stage = stated.stage
    nobodys(stated, 56000)
    assert levy("allocate", "1", "--due", ZHANG, "--reason", "x").exit_code == 0
    refused = levy("allocate", "1", "--due", LI, "--reason", "x")
    assert "--other-person" in str(refused.exception), refused.output
    assert levy("allocate", "1", "--due", LI, "--reason", "paid for both", "--other-person").exit_code == 0
    assert stage.dues() == {1: ("paid", 28000, 28000), 2: ("paid", 28000, 28000)}
    assert stage.desk.rows("SELECT state FROM break_found") == [("resolved",)]
    stage.assert_books_hold()


REFUSALS = {
    "no such due": (None, "610922-2021-0000000009-01", "is no due of ours"),
    "another year's reference": (None, due_reference(AREA, 2022, 1), "is no due of ours"),
    "being withdrawn": ("state = 'voiding'", ZHANG, "is voiding: nobody owes it"),
    "not accepted yet": ("state = 'assessed'", ZHANG, "has not been accepted by tax yet"),
    "of another insurance": ("insurance = 'long_term_care'", ZHANG, "does not cross from one insurance to another"),
    "paid already": (None, ZHANG, "is paid"),
    "of another person": (None, LI, "--other-person"),
}


def execute(stage: Stage, statement: str) -> None:
    with stage.house.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_is_refused_in_a_sentence_and_moves_nothing(stated: Statements, case: str) -> None:
    stage = stated.stage
    changed, reference, sentence = REFUSALS[case]
    nobodys(stated)
    if case == "paid already":
        stage.pay(1, OCTOBER)
        stage.tick(NEXT, "pull_payments")
    if changed:
        execute(stage, f"UPDATE due SET {changed} WHERE id = 1")
    refused = levy("allocate", "1", "--due", reference, "--reason", "x")
    assert refused.exit_code != 0
    assert sentence in str(refused.exception)
    assert ledger(stage) == []
    assert stage.desk.rows("SELECT action FROM break_step") == [("found",)]
    if changed:
        execute(stage, "UPDATE due SET state = 'accepted', insurance = 'resident_medical' WHERE id = 1")


def test_money_that_is_all_given_away_cannot_be_given_again(stated: Statements) -> None:
    nobodys(stated)
    for due in (ZHANG, LI):
        refused = levy("allocate", "1", "--due", due, "--reason", "x", "--other-person")
    assert "break 1 is resolved" in str(refused.exception)
    assert len(ledger(stated.stage)) == 1


def test_a_break_that_is_about_no_money_of_nobody_gives_nothing_to_a_due(stated: Statements) -> None:
    stage = stated.stage
    stated.amounts[stage.pay(1, OCTOBER)] = 1
    stage.tick(NEXT, "pull_payments", "reconcile")
    assert "is no money of nobody" in str(levy("allocate", "1", "--due", LI, "--reason", "x").exception)
    assert "no break has the number 7" in str(levy("close", "7", "--reason", "x").exception)


def test_tax_reversing_the_payment_takes_back_what_was_given_to_dues(stated: Statements) -> None:
    stage = stated.stage
    voucher = nobodys(stated)
    levy("allocate", "1", "--due", ZHANG, "--reason", "x")
    stage.tick(NEXT, "assess")
    stage.pay(1, NEXT, reference="NOBODYS", kind="reversal", reverses=voucher)
    stage.tick(after(NEXT, 1), "pull_payments")
    assert stage.dues()[1] == ("accepted", 28000, 0)
    assert stage.desk.rows("SELECT state FROM assistance") == [("cancelled",)]
    assert ledger(stage)[1] == ("allocation.undone", "receivable_person", "unidentified", 28000, 1)
    assert stage.desk.one("SELECT benefit_start FROM enrolment ORDER BY id LIMIT 1") is None
    stage.assert_books_hold()
    stage.tick(after(NEXT, 1), "reconcile")
    assert stage.desk.rows("SELECT kind FROM break_found WHERE state = 'open'") == [], "nothing of it is nobody's now"


def test_ownership_explanation_and_closing_are_steps_that_nobody_can_edit(stated: Statements) -> None:
    stage = stated.stage
    stated.amounts[stage.pay(1, OCTOBER)] = 27000
    stage.tick(NEXT, "pull_payments", "reconcile")
    assert levy("own", "1", "--by", "chen").output == "chen looks after 1 break.\n"
    levy("own", "1", "--by", "lin")
    levy("explain", "1", "--text", "tax rounds")
    levy("close", "1", "--reason", "written off")
    assert "break 1 is closed, not open" in str(levy("own", "1", "--by", "wu").exception)
    steps = stage.desk.rows("SELECT action, text FROM break_step ORDER BY id")
    assert steps == [
        ("found", "amount"),
        ("owned", "by chen"),
        ("owned", "by lin"),
        ("explained", "tax rounds"),
        ("closed", "written off"),
    ]
    assert stage.desk.rows("SELECT owner, state FROM break_found") == [("lin", "closed")]
    events = ["break.owned", "break.owned", "break.explained", "break.closed"]
    assert [event for event in stage.desk.events() if event.startswith("break.")] == events
    for statement in ("UPDATE break_step SET text = ''", "DELETE FROM break_step"):
        with pytest.raises(IntegrityError, match="append-only"):
            execute(stage, statement)
    told = levy("show", "1").output
    for words in ("270.00 yuan", "280.00 yuan", "tax rounds", "clerk:", "V1", "line 2"):
        assert words in told
    assert "\\x0a" not in told


def test_breaks_age_by_kind_and_the_list_is_filtered_by_side_owner_day_and_age(
    stated: Statements, tmp_path: Path
) -> None:
    stage = stated.stage
    stated.amounts[stage.pay(1, OCTOBER)] = 1
    stated.hidden.add(stage.pay(2, OCTOBER))
    stage.tick(NEXT, "pull_payments", "reconcile")
    levy("own", "1", "--by", "chen")
    execute(stage, "INSERT INTO season_clock (\"row\", today) VALUES (1, DATE '2020-10-26')")
    with stage.house.engine.connect() as connection:
        found = {row["kind"]: row for row in ages(connection)}
    assert found["amount"]["ages"] == {"0-1": 0, "2-7": 0, "8-30": 1, ">30": 0}
    assert (found["amount"]["oldest"], found["amount"]["unowned"], found["only_ours"]["unowned"]) == (10, 0, 1)

    def kinds(*filters: str) -> list[str]:
        return [json.loads(line)["kind"] for line in levy("--json", *filters).output.splitlines() if line[0] == "{"]

    assert kinds() == ["amount", "only_ours"]
    assert kinds("--kind", "amount") == kinds("--owner", "chen") == ["amount"]
    assert kinds("--unowned") == ["only_ours"]
    assert kinds("--older-than", "9") == ["amount", "only_ours"]
    assert kinds("--older-than", "10") == kinds("--side", "treasury") == kinds("--from", str(NEXT)) == []
    assert kinds("--state", "closed") == []
    shown = levy().output.splitlines()
    assert all(len(line) <= 80 for line in shown)
    assert [word for word in shown[1].split() if "." in word] == ["280.00", "0.01"]
    assert levy("--csv", str(tmp_path / "breaks.csv")).exit_code == 0
    assert len((tmp_path / "breaks.csv").read_text("utf-8-sig").splitlines()) == 3


def test_levy_reconcile_calls_for_days_and_refuses_one_that_is_not_over(
    stated: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, nudged = stated.stage, []
    monkeypatch.setattr(reconcile, "nudge_workers", nudged.extend)
    stage.tick(NEXT, "pull_payments", "pull_results")
    run = CliRunner().invoke(reconcile.command, ["2020-10-01", "--to", "2020-10-15", "--side", "tax"])
    assert run.exit_code == 0, run.output
    assert stage.desk.rows(
        "SELECT payload->>'side', jsonb_array_length(payload->'days') FROM job WHERE kind = 'reconcile'"
    ) == [("tax", 15)]
    assert len(nudged) == 1
    stage.work()
    assert stage.desk.one("SELECT count(*) FROM statement") == 15
    assert "statement.called" in stage.desk.events()
    for arguments in (["2099-01-01"], ["2020-10-02", "--to", "2020-10-01"]):
        assert CliRunner().invoke(reconcile.command, arguments).exit_code == 2
