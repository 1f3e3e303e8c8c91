"""``levy held``: assistance that could not be paid out, and rows of feeds that could not be booked."""

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

_ROWS = "SELECT id, feed, recorded_at::timestamp(0) AS came, reason FROM held_row ORDER BY id LIMIT :limit"


@click.command(
    "held", help="List assistance that is held: no account, or the bank returned it. A new account frees it."
)
@click.option("--rows", "of_feeds", is_flag=True, help="Rows of tax's or the treasury's feed that could not be booked.")
@click.option("--limit", default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen.")
def command(of_feeds: bool, limit: int, as_json: bool) -> None:
    """List what is held with the reason; `levy intake` of an accounts file with a corrected account pays it again."""
    if of_feeds:
        print_rows(rows_of(_ROWS, {"limit": limit}), as_json, "Every row of the feeds was booked.")
        return
    rows = rows_of(_HELD, {"limit": limit})
    if not as_json:
        shown = ("assistance", "person_no", "category", "because", "attempts")
        rows = [{name: row[name] for name in shown} | {"yuan": yuan(row["yuan"])} for row in rows]
    print_rows(rows, as_json, "Nothing is held.")
