"""The ground: all tables, and the guards that keep ledger and audit log append-only."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the frozen statements beside this file, the ground first; later revisions change what they made."""
    ground = Path(__file__).with_suffix(".sql")
    rest = sorted(path for path in ground.parent.glob(f"{revision}_*.sql") if path != ground)
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    for path in (ground, *rest):
        driver.execute(path.read_text(encoding="utf-8"))
