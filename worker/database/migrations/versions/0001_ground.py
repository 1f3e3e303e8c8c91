"""The ground: all tables, and the guards that keep ledger and audit log append-only."""

from alembic import op

from worker.database.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("transfer", "audit_event", "audit_segment", "job_attempt", "payment", "identity_flag", "bank_account")
NEVER_DELETED = ("intake_file", "quarantined_row", "person", "enrolment")


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: a correction is another row', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        """
        CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of % are never deleted: other tables refer to them', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in NEVER_DELETED:
        op.execute(
            f"CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete()"
        )
