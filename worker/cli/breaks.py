"""``levy breaks``: what differs between tax's statements and our book."""

from __future__ import annotations

import click

from worker.cli.listing import print_rows, rows_of

_BREAKS = (
    "SELECT id, day, kind, voucher_no, reference, ours, theirs, state FROM break_found"
    " WHERE (:state = 'all' OR state = :state) AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
    " ORDER BY day, kind, voucher_no LIMIT :limit"
)


@click.command("breaks", help="List breaks: only_ours, only_theirs, amount, person, period, area, day, reversed, ...")
@click.option("--state", default="open", show_default=True, type=click.Choice(["open", "vanished", "all"]))
@click.option("--kind", help="One kind of break.")
@click.option("--limit", default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen.")
def command(state: str, kind: str | None, limit: int, as_json: bool) -> None:
    """List the breaks found by comparing statements."""
    rows = rows_of(_BREAKS, {"state": state, "kind": kind, "limit": limit})
    if not as_json:
        rows = [{name: row[name] for name in ("day", "kind", "voucher_no", "ours", "theirs")} for row in rows]
    print_rows(rows, as_json, "No breaks: every statement that was compared agrees with our book.")
