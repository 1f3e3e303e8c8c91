"""``levy held``: assistance that could not be paid out."""

from __future__ import annotations

import click

from policies.money import yuan
from worker.cli.listing import print_rows, rows_of

_HELD = (
    "SELECT a.id AS assistance, p.person_no, e.town, a.category, a.source, a.amount AS yuan,"
    " a.held_because AS because, (SELECT count(*) FROM disbursement d WHERE d.assistance_id = a.id) AS attempts"
    " FROM assistance a JOIN person p ON p.id = a.person_id JOIN enrolment e ON e.id = a.enrolment_id"
    " WHERE a.state = 'held' ORDER BY a.held_because, a.id LIMIT :limit"
)


@click.command(
    "held", help="List assistance that is held: no account, or the bank returned it. A new account frees it."
)
@click.option("--limit", default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen.")
def command(limit: int, as_json: bool) -> None:
    """List what is held with the reason; `levy intake` of an accounts file with a corrected account pays it again."""
    rows = rows_of(_HELD, {"limit": limit})
    if not as_json:
        shown = ("assistance", "person_no", "category", "because", "attempts")
        rows = [{name: row[name] for name in shown} | {"yuan": yuan(row["yuan"])} for row in rows]
    print_rows(rows, as_json, "Nothing is held.")
