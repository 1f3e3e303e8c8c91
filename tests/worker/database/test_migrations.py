"""The migrated database is the one the code describes, and guards what must not change."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from worker.database.engine import migrate
from worker.database.tables import metadata
from worker.database.versions import misfit


def test_the_migrated_database_has_just_the_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        assert misfit(connection) is None
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        assert misfit(connection) is None


@pytest.mark.parametrize(
    "table",
    [
        "transfer",
        "audit_event",
        "payment",
        "identity_flag",
        "bank_account",
        "application",
        "job_attempt",
        "break_step",
        "allocation",
    ],
)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_is_append_only_refuses_to_forget(engine: Engine, table: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement.format(table)))


@pytest.mark.parametrize("table", ["due", "assistance", "disbursement", "statement", "audit_chain", "held_row", "job"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_may_change_is_still_never_deleted(engine: Engine, table: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match="never deleted"), engine.begin() as connection:
        connection.execute(text(statement.format(table)))


ONCE = ("uq_payment_voucher_no_line", "uq_payment_reversed_once", "uq_due_current", "uq_job_kind_key", "pk_message")


@pytest.mark.parametrize("name", ONCE)
def test_what_may_stand_once_stands_once(engine: Engine, name: str) -> None:
    with engine.connect() as connection:
        unique = text("SELECT indisunique AND indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
        assert connection.execute(unique, {"name": name}).scalar_one_or_none() is True


def test_a_transfer_needs_two_accounts_and_a_positive_amount(engine: Engine) -> None:
    for debit, credit, amount in ((1, 1, 5), (1, 2, 0), (1, 2, -5)):
        with pytest.raises(IntegrityError):
            _transfer(engine, debit, credit, amount)


def _transfer(engine: Engine, debit: int, credit: int, amount: int) -> None:
    with engine.begin() as connection:
        for number in (1, 2):
            connection.execute(
                text("INSERT INTO account (id, area, code, insurance) VALUES (:n, '610922', :code, 'x')"),
                {"n": number, "code": f"c{number}"},
            )
        connection.execute(
            text(
                "INSERT INTO transfer (code, subject_id, debit_id, credit_id, amount, business_date)"
                " VALUES ('due.assessed', 1, :debit, :credit, :amount, DATE '2020-09-01')"
            ),
            {"debit": debit, "credit": credit, "amount": amount},
        )


def test_the_same_posting_is_refused_the_second_time(engine: Engine) -> None:
    _transfer(engine, 1, 2, 28000)
    with pytest.raises(IntegrityError, match="pk_transfer"), engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO transfer (code, subject_id, debit_id, credit_id, amount, business_date)"
                " SELECT code, subject_id, debit_id, credit_id, amount, business_date FROM transfer"
            )
        )
