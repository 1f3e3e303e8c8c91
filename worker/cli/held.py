"""``levy held``: money that waits for a person to look, by what holds it."""

from __future__ import annotations

import click

from config.settings import load_settings
from policies.money import yuan
from worker.audit.log import Origin
from worker.cli.listing import print_rows, rows_of
from worker.cli.who import who
from worker.dues.release import release
from worker.report.held import LISTS, listed
from worker.wiring import build_house


@click.command("held")
@click.argument("what", type=click.Choice(list(LISTS)), default="assistance")
@click.option("--release", "released", multiple=True, type=int, help="A due of `sponsors`: declare it once more.")
@click.option("--reason", help="Why it is released; kept in the audit log.")
@click.option("--by", help="Who releases it; kept in the audit log. Else the user of this machine.")
@click.option("--limit", default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen.")
def command(
    what: str, released: tuple[int, ...], reason: str | None, by: str | None, limit: int, as_json: bool
) -> None:
    """List what is held or owed back, and why.

    WHAT is assistance that could not be paid out (a corrected account, taken in, pays it again; so does a cover that
    runs again), dues that a department refused (sponsors), assistance to reclaim since its payment was reversed, or
    given both here and on a claim (twice), what a clerk asks back and another person reviews (asked), money overpaid,
    refunds that came back (`levy refund release`) or that tax has given back as well, people who owe more but cannot be
    asked now (short), dues paid only in part after their last day (part_paid), enrolments that are closed although the
    refund of their premium was rejected (closed), who paid by another tier than what is known now (tiers), whose
    identity ended and the notice does not say what follows (rulings), or rows of feeds that could not be booked.
    """
    if released:
        _release(what, released, reason, by)
        return
    rows = rows_of(listed(what), {"limit": limit})
    if not as_json:
        rows = [row | ({"yuan": yuan(int(row["yuan"]))} if "yuan" in row else {}) for row in rows]
    print_rows(rows, as_json, LISTS[what].none)


def _release(what: str, dues: tuple[int, ...], reason: str | None, by: str | None) -> None:
    if what != "sponsors" or not reason:
        raise click.UsageError("--release goes with `sponsors` and a --reason.")
    house = build_house(load_settings())
    name = who(house.engine, by, "dues.release")
    origin = Origin(f"clerk:{name}", house.settings.area, house.clock.today())
    with house.engine.begin() as connection:
        done = release(connection, house.audit, origin, dues, reason, house.clock.now())
    click.echo(f"{len(done)} of {len(set(dues))} will be declared again at the next sponsor tick.")
    if missing := sorted(set(dues) - set(done)):
        raise click.ClickException(f"Not refused, or no such due: {', '.join(map(str, missing))}.")
