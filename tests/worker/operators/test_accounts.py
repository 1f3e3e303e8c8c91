"""`levy operators`, and what accounts change for the other commands: who acts is somebody, and may."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.worker.flows.conftest import stage
from tests.worker.flows.refunding import asked_back, cases
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import Desk, desk, environment
from tests.worker.jobs.stopped import levy_jobs, stopped
from worker.cli.failures import sentence_of
from worker.cli.operators import command as operators
from worker.cli.refund import command as refunds
from worker.operators.passwords import fits
from worker.operators.rights import EVERYBODY, RIGHTS, may

__all__ = ["desk", "environment", "stage"]

pytestmark = pytest.mark.usefixtures("cheap_passwords")
VIEWER = ["--role", "viewer", "--generate", "--by", "chen"]
GOOD = "correct horse battery"


def levy(*arguments: str, typed: str = "", group: object = operators) -> tuple[int, str]:
    """Exit code, and what a command of accounts says; a refusal is a sentence."""
    told: Result = CliRunner().invoke(group, list(arguments), input=typed, env={"COLUMNS": "200"})  # type: ignore[arg-type]
    if isinstance(told.exception, Exception):
        return 1, str(sentence_of(told.exception))
    return told.exit_code, told.output


def accounts(desk: Desk) -> list[tuple[str, list[str], bool]]:
    return [(a, b, c) for a, b, c in desk.rows("SELECT login, roles, disabled_at IS NOT NULL FROM operator ORDER BY 1")]


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    """An admin, two operators, and one person who is clerk and reviewer."""
    assert levy("add", "Chen", "--name", "陈静", "--role", "admin", "--generate")[0] == 0
    for login, *roles in (("bao", "operator"), ("gu", "operator"), ("he", "clerk", "reviewer")):
        given = [f"--role={role}" for role in roles]
        assert levy("add", login, "--name", login, *given, "--by", "chen", "--generate")[0] == 0
    return desk


def test_the_first_account_is_an_admin_and_is_asked_for_a_password(desk: Desk) -> None:
    assert levy("add", "he", "--name", "何", "--role", "clerk", "--generate") == (
        1,
        "the first account must be an admin: nobody else could manage accounts",
    )
    assert "tried first" in levy("add", "chen", "--name", "陈静", "--role", "admin", typed="password1234\n" * 2)[1]
    code, said = levy("add", "chen", "--name", "陈静", "--role", "admin", typed=f"{GOOD}\n" * 2)
    assert (code, GOOD in said) == (0, False)
    kept, must_change = desk.rows("SELECT password, must_change FROM operator")[0]
    assert fits(kept, GOOD)
    assert not must_change


def test_a_made_up_password_is_shown_once_and_is_to_be_changed(staffed: Desk) -> None:
    said = levy("password", "bao", "--generate", "--by", "chen")[1]
    given = said.split("first login: ")[1].strip()
    kept, must_change = staffed.rows("SELECT password, must_change FROM operator WHERE login = 'bao'")[0]
    assert fits(kept, given)
    assert must_change
    events = staffed.rows("SELECT action, facts FROM audit_event")
    assert given not in str(events)
    assert "陈静" not in str(events)


def test_every_change_of_an_account_is_an_event_of_who_made_it(staffed: Desk) -> None:
    for arguments in (["roles", "he", "--role", "viewer"], ["disable", "he"], ["enable", "he"]):
        assert levy(*arguments, "--by", "CHEN")[0] == 0
    assert accounts(staffed)[2:] == [("gu", ["operator"], False), ("he", ["viewer"], False)]
    told = staffed.rows(
        "SELECT s.origin::jsonb->>'actor', e.action, e.facts::jsonb FROM audit_event e"
        " JOIN audit_segment s USING (chain, segment) WHERE e.chain = 'house' ORDER BY position"
    )
    assert [row[1] for row in told] == ["operator.added"] * 4 + [
        "operator.roles_changed", "operator.disabled", "operator.enabled",
    ]  # fmt: skip
    assert {row[0] for row in told[1:]} == {"operator:chen"}
    assert told[4][2] == {"login": "he", "before": ["clerk", "reviewer"], "roles": ["viewer"]}
    assert staffed.chain_is_whole()
    assert "陈静" in levy("list")[1]


REFUSED = {
    "nobody said who": (["disable", "he"], "Say with --by which admin you are"),
    "not an admin": (["disable", "he", "--by", "bao"], "bao (operator) may not manage accounts: that needs"),
    "nobody": (["disable", "he", "--by", "zhou"], "'zhou' is no account here"),
    "the only admin": (["disable", "chen", "--by", "chen"], "chen is the only admin"),
    "the only admin's roles": (["roles", "chen", "--role", "viewer", "--by", "chen"], "chen is the only admin"),
    "twice": (["add", "bao", "--name", "x", *VIEWER], "there is an account bao"),
    "no login": (["add", "鲍", "--name", "x", *VIEWER], "is no login"),
    "no name": (["add", "lu", "--name", "\x1b[2J", *VIEWER], "control characters"),
    "not there": (["enable", "zhou", "--by", "chen"], "there is no account 'zhou'"),
}  # fmt: skip


def test_what_cannot_be_done_with_an_account_is_said_and_not_done(staffed: Desk) -> None:
    before = accounts(staffed)
    for what, (arguments, sentence) in REFUSED.items():
        code, said = levy(*arguments)
        assert code != 0, what
        assert sentence in said, what
    assert accounts(staffed) == before
    with pytest.raises(IntegrityError, match="never deleted"), staffed.engine.begin() as connection:
        connection.execute(text("DELETE FROM operator WHERE login = 'he'"))


def test_without_accounts_names_are_free_text_and_with_them_who_acts_may_do_it(desk: Desk) -> None:
    stopped(desk.engine, 2)
    assert levy_jobs("replay", "1", "--reason", "试", "--by", "谁都行").exit_code == 0
    assert levy("add", "chen", "--name", "陈静", "--role", "admin", "--generate")[0] == 0
    assert levy("add", "bao", "--name", "鲍", "--role", "operator", "--generate", "--by", "chen")[0] == 0
    for by, sentence in (
        (["--by", "谁都行"], "'谁都行' is no account here"),
        ([], "is no account here: say with --by who you are"),
        (["--by", "chen"], "chen (admin) may not ask about, replay and discard jobs, and call for a round: that needs"),
    ):
        assert sentence in str(levy_jobs("replay", "2", "--reason", "试", *by).exception), by
    assert levy("disable", "bao", "--by", "chen")[0] == 0
    assert "bao is disabled" in str(levy_jobs("replay", "2", "--reason", "试", "--by", "bao").exception)
    assert levy("enable", "bao", "--by", "chen")[0] == 0
    assert levy_jobs("replay", "2", "--reason", "试", "--by", "Bao").exit_code == 0
    assert desk.rows("SELECT requested_by FROM intervention ORDER BY id") == [("谁都行",), ("bao",)]


def test_two_persons_are_two_accounts(staffed: Desk) -> None:
    stopped(staffed.engine, 1)
    assert levy_jobs("discard", "1", "--reason", "试", "--by", "bao").exit_code == 0
    assert "own: another person confirms it" in str(levy_jobs("confirm", "1", "--by", " BAO ").exception)
    assert "he (clerk, reviewer) may not" in str(levy_jobs("confirm", "1", "--by", "he").exception)
    assert levy_jobs("confirm", "1", "--by", "gu").exit_code == 0
    assert staffed.rows("SELECT requested_by, confirmed_by FROM intervention") == [("bao", "gu")]


def test_who_reviews_a_refund_is_a_reviewer(stage: Stage) -> None:
    stage.pay(2, date(2020, 10, 15))
    stage.tick(date(2020, 10, 15), "pull_payments")
    asked_back(stage, 2, "joined_employee_scheme", date(2020, 11, 1), event_on=date(2020, 9, 20))
    assert levy("add", "chen", "--name", "陈静", "--role", "admin", "--generate")[0] == 0
    assert levy("add", "he", "--name", "何", "--role", "reviewer", "--generate", "--by", "chen")[0] == 0
    answer = ("review", "1", "--approve", "--reason", "已核")
    assert levy(*answer, "--by", "chen", group=refunds) == (
        1,
        "chen (admin) may not review refunds: that needs the role reviewer",
    )
    assert levy(*answer, "--by", "He", group=refunds)[0] == 0
    assert cases(stage) == [("joined_employee_scheme", "approved")]
    assert stage.desk.one("SELECT reviewed_by FROM refund_case") == "he"


def test_the_page_of_rights_is_the_table_of_the_code() -> None:
    page = Path("docs/console.md").read_text("utf-8")
    for act, right in RIGHTS.items():
        cells = " | ".join("●" if role in right.roles else " " for role in EVERYBODY)
        assert f"| `{act}` | {right.what} | {cells} |" in page


def test_every_right_is_somebodys_and_every_role_has_one() -> None:
    for act, right in RIGHTS.items():
        assert set(right.roles) <= set(EVERYBODY), act
        assert [may([role], act) for role in EVERYBODY] == [role in right.roles for role in EVERYBODY]
    assert {role for right in RIGHTS.values() for role in right.roles} == set(EVERYBODY)
    assert set(RIGHTS["refund.enter"].roles).isdisjoint(RIGHTS["refund.review"].roles)
